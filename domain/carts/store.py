"""What carts need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from domain.carts.model import Cart, CartState
from domain.ids import CartId, ChannelId, CustomerId, VariantId
from domain.money import Currency, Money


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCart:
    """A cart about to be kept."""

    id: CartId
    channel_id: ChannelId
    currency: Currency
    country: str
    language: str
    customer_id: CustomerId | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sellable:
    """A variant as it may be put into a cart of a channel and currency. `free` None: its stock is not counted."""

    variant_id: VariantId
    sku: str
    price: Money
    free: int | None


class CartsStore(Protocol):
    """Carts, inside one transaction."""

    async def add(self, cart: NewCart, units: Mapping[VariantId, int]) -> set[VariantId] | None:
        """Keeps a new cart with units of variants at their prices of now; of those that are sold on its channel.

        None, and nothing is kept, when the customer has an open cart on the channel already.
        """

    async def lock(self, cart_id: CartId) -> Cart | None:
        """The cart with its lines as priced and stocked now. Locks the cart until the transaction ends."""

    async def read(self, cart_id: CartId) -> Cart:
        """The cart as it is by now, with what this transaction has changed. Under its lock."""

    async def open_of_customer(self, customer_id: CustomerId, channel_id: ChannelId) -> CartId | None:
        """The customer's open cart on a channel. Locks nothing."""

    async def merged_into(self, cart_id: CartId) -> CartId | None:
        """Where a merged cart went."""

    async def sellable(
        self, variant_ids: Sequence[VariantId], *, channel_id: ChannelId, currency: Currency
    ) -> dict[VariantId, Sellable]:
        """Those of the variants that are sold on the channel in the currency now, in one read."""

    async def add_units(self, cart_id: CartId, units: Mapping[VariantId, int], *, now: datetime) -> set[VariantId]:
        """Adds units of variants, at their prices of now, to an open cart and counts its version on; which it did.

        Left out are those not sold on the cart's channel, or that would become too many of one. Locks the cart.
        """

    async def set_lines(self, cart_id: CartId, lines: Sequence[tuple[VariantId, int, Money]], *, now: datetime) -> None:
        """Sets quantities and seen prices of lines, new ones at the end; a quantity of 0 removes a line. Under the cart's lock."""

    async def clear(self, cart_id: CartId, *, now: datetime) -> None: ...

    async def change(
        self, cart_id: CartId, changes: Mapping[str, Any], *, now: datetime, within: CartState = CartState.OPEN
    ) -> Cart | None:
        """Sets columns of a cart in a state, by name, and counts its version on; as it then is, None when there is none. Locks it.

        A way of delivery that its channel does not offer becomes none.
        """

    async def merge(self, cart_id: CartId, into: CartId, *, now: datetime) -> None:
        """Marks a cart as gone into another. Under both carts' locks."""
