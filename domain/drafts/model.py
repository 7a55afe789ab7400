"""The words of drafts: an order that staff puts together for somebody. It is a cart with a state of its own beside it.

So a draft is priced, taxed and completed by what prices, taxes and completes carts.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from domain.carts.model import Cart
from domain.customers.model import Address
from domain.ids import CartId, ChannelId, CustomerId, DraftId, OrderId, ShippingMethodId, VariantId
from domain.money import Currency, Money
from domain.promotions.model import Benefit

REASON_LENGTH_MAX = 500


class DraftState(enum.Enum):
    """How far a draft is: it changes until it became an order or was thrown away."""

    DRAFT = "DRAFT"
    COMPLETED = "COMPLETED"
    DELETED = "DELETED"


NEXT_STATE: dict[DraftState, frozenset[DraftState]] = {
    DraftState.DRAFT: frozenset({DraftState.COMPLETED, DraftState.DELETED}),
    DraftState.COMPLETED: frozenset(),
    DraftState.DELETED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDraft:
    """A draft about to be kept, empty."""

    id: DraftId
    channel_id: ChannelId
    currency: Currency
    country: str
    language: str
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a draft is, and why staff takes something off it."""

    id: DraftId
    state: DraftState
    order_id: OrderId | None
    reduction_reason: str
    created_by: str
    created_at: datetime
    closed_at: datetime | None

    @property
    def cart_id(self) -> CartId:
        """The cart that it is beside."""
        return CartId(self.id)


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft with all that its totals depend on."""

    standing: Standing
    cart: Cart

    @property
    def id(self) -> DraftId:
        return self.standing.id


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A line as it shall be. `own_price` is the price of one in place of the catalogue's; None: the catalogue's.

    `variant_id` None stands for an id that nobody was given.
    """

    variant_id: VariantId | None
    quantity: int
    own_price: Money | None


@dataclass(frozen=True, slots=True)
class Reduction:
    """What staff takes off the goods, and why; a benefit of None is nothing any more."""

    benefit: Benefit | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is said of a draft; None leaves a thing as it is. An empty coupon code takes the coupon off.

    `lines` are all there are from then on. E-mail address and addresses are checked and normalised before.
    """

    customer_id: CustomerId | None = None
    email: str | None = None
    lines: tuple[DraftLine, ...] | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    method_id: ShippingMethodId | None = None
    coupon_code: str | None = None
    note: str | None = None
    reduction: Reduction | None = None
