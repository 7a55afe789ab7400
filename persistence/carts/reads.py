"""Reading carts and the ways of delivery they may choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import any_, bindparam, literal_column, select

from domain.carts.model import Cart
from domain.shipping.model import ShippingMethod
from persistence.carts.facts import BY_ID, cart_of
from persistence.carts.tables import CartMergeRow, CartRow
from persistence.reader import Reader
from persistence.shipping.rows import METHOD_COLUMNS, KeptMethod, method_of
from persistence.shipping.tables import ShippingMethodRow
from persistence.statement import Question, ids


class MergedCart(NamedTuple):
    """Where a cart went."""

    cart_id: UUID
    into_cart_id: UUID


class ChannelMethod(NamedTuple):
    """A way of delivery with its channel."""

    channel_id: UUID
    id: UUID
    slug: str
    name: str
    description: str
    countries: list[str]
    currency: str
    price: int
    free_from: int | None
    days_min: int
    days_max: int
    is_active: bool


class _Id(NamedTuple):
    id: UUID


MERGED = Question(
    MergedCart,
    select(CartMergeRow.cart_id, CartMergeRow.into_cart_id).where(CartMergeRow.cart_id == any_(ids())),
)
OPEN_OF_CUSTOMER = Question(
    _Id,
    select(CartRow.id).where(
        CartRow.customer_id == bindparam("customer_id"),
        CartRow.channel_id == bindparam("channel_id"),
        CartRow.state == literal_column("'OPEN'"),
    ),
)
METHODS = Question(
    ChannelMethod,
    select(ShippingMethodRow.channel_id, *METHOD_COLUMNS)
    .where(ShippingMethodRow.channel_id == any_(ids()), ShippingMethodRow.is_active)
    .order_by(ShippingMethodRow.channel_id, ShippingMethodRow.position, ShippingMethodRow.slug),
    by="channel_id",
)


async def carts_by_id(reader: Reader, cart_ids: Sequence[UUID]) -> list[Cart | None]:
    """The carts with these ids, priced as of now; in the ids' order, None for each that there is not."""
    return [cart_of(row) if row is not None else None for row in await reader.one_each(BY_ID, cart_ids)]


async def merged_into(reader: Reader, cart_id: UUID) -> UUID | None:
    """Where a merged cart went."""
    found = (await reader.one_each(MERGED, [cart_id]))[0]
    return found.into_cart_id if found is not None else None


async def open_cart_of(reader: Reader, customer_id: UUID, channel_id: UUID) -> UUID | None:
    """The customer's open cart on a channel."""
    found = await reader.row(OPEN_OF_CUSTOMER, customer_id=customer_id, channel_id=channel_id)
    return found.id if found is not None else None


async def methods_of_channels(reader: Reader, channel_ids: Sequence[UUID]) -> list[list[ShippingMethod]]:
    """The active ways of delivery of each channel, in their order."""
    return [
        [method_of(KeptMethod(*row[1:])) for row in of_channel] for of_channel in await reader.many_each(METHODS, channel_ids)
    ]
