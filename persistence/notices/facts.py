"""What messages tell of orders, accounts and the shop, as both sides read it: who writes a message, and who previews one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, case, func, literal, select

from domain.ids import OrderId
from domain.money import Currency
from domain.notices.model import LineFacts, OrderFacts
from persistence.access.tables import AccountRow
from persistence.carts.tables import CartRow
from persistence.channels.tables import ChannelRow
from persistence.customers.tables import CustomerRow
from persistence.orders.tables import OrderLineRow, OrderRow
from persistence.statement import Question
from persistence.tables import ShopRow

SHOP_NAME = "Vitrine"
"""What the shop is called as long as nobody has named it."""


class OrderSaid(NamedTuple):
    """An order as its letters tell it."""

    shop_name: str
    shop_language: str
    number: int
    email: str
    sms_phone: str | None
    language: str
    currency: str
    status: str
    payment_status: str
    fulfillment_status: str
    subtotal: int
    discount: int
    shipping: int
    tax_added: int
    tax_total: int
    total: int
    captured: int
    refunded: int
    shipping_address: dict[str, Any] | None
    placed_at: datetime
    edited_back: int


class AccountSaid(NamedTuple):
    shop_name: str
    email: str
    first_name: str
    language: str


class ShopSaid(NamedTuple):
    shop_name: str
    language: str


class LineSaid(NamedTuple):
    """A line of it."""

    product_name: str
    variant_name: str
    sku: str
    quantity: int
    total: int


_SHOP_NAME = func.coalesce(select(ShopRow.name).limit(1).scalar_subquery(), literal(SHOP_NAME)).label("shop_name")
ORDER = Question(
    OrderSaid,
    select(
        _SHOP_NAME,
        ChannelRow.language.label("shop_language"),
        OrderRow.number,
        OrderRow.email,
        # What the buyer said for this order, else what they said for all.
        func.coalesce(CartRow.sms_phone, case((CustomerRow.wants_sms, CustomerRow.phone))).label("sms_phone"),
        OrderRow.language,
        OrderRow.currency,
        OrderRow.status,
        OrderRow.payment_status,
        OrderRow.fulfillment_status,
        OrderRow.subtotal,
        OrderRow.discount,
        OrderRow.shipping,
        OrderRow.tax_added,
        OrderRow.tax_total,
        OrderRow.total,
        OrderRow.captured,
        OrderRow.refunded,
        OrderRow.shipping_address,
        OrderRow.placed_at,
        OrderRow.edited_back,
    )
    .join(ChannelRow, ChannelRow.id == OrderRow.channel_id)
    .outerjoin(CartRow, CartRow.id == OrderRow.cart_id)
    .outerjoin(CustomerRow, CustomerRow.id == OrderRow.customer_id)
    .where(OrderRow.id == bindparam("order_id")),
)
SHOP = Question(
    ShopSaid,
    select(
        _SHOP_NAME,
        func.coalesce(select(ChannelRow.language).where(ChannelRow.is_default).limit(1).scalar_subquery(), "en").label(
            "language"
        ),
    ),
)
LINES = Question(
    LineSaid,
    select(OrderLineRow.product_name, OrderLineRow.variant_name, OrderLineRow.sku, OrderLineRow.quantity, OrderLineRow.total)
    .where(OrderLineRow.order_id == bindparam("order_id"))
    .order_by(OrderLineRow.position),
)


ACCOUNT = Question(
    AccountSaid,
    select(
        _SHOP_NAME,
        AccountRow.email,
        func.coalesce(CustomerRow.first_name, "").label("first_name"),
        func.coalesce(CustomerRow.language, "en").label("language"),
    )
    .outerjoin(CustomerRow, CustomerRow.id == AccountRow.id)
    .where(AccountRow.id == bindparam("account_id"), AccountRow.is_active),
)


def facts_of(order_id: OrderId, order: OrderSaid, lines: Sequence[LineSaid]) -> OrderFacts:
    """What letters tell of an order, from its rows."""
    facts = order._asdict() | {"currency": Currency(order.currency)}
    return OrderFacts(id=order_id, lines=tuple(LineFacts(**line._asdict()) for line in lines), **facts)
