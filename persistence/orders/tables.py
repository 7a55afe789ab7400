"""Orders as they were agreed, their lines, and the gapless history of each."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.orders.model import NOTE_LENGTH_MAX, FulfillmentStatus, OrderStatus, PaymentStatus
from persistence.base import Created, EmptyText, Id, JsonObject, Minor, Row, belongs_to, may_point_at, one_of


class OrderRow(Row):
    """The agreement with its three states. total = subtotal - discount + shipping + tax (tax only where it is on top).

    `edited_back` is what had come in, is not owed any more since staff edited the order, and went or goes back for that.
    """

    __tablename__ = "orders"
    __table_args__ = (
        one_of("status", tuple(each.value for each in OrderStatus)),
        one_of("payment_status", tuple(each.value for each in PaymentStatus)),
        one_of("fulfillment_status", tuple(each.value for each in FulfillmentStatus)),
        CheckConstraint("total = subtotal - discount + shipping + tax_added AND total >= 0", name="total_adds_up"),
        CheckConstraint("subtotal >= 0 AND discount BETWEEN 0 AND subtotal AND shipping >= 0", name="parts_positive"),
        CheckConstraint("tax_added >= 0 AND tax_total >= tax_added", name="tax_positive"),
        CheckConstraint("0 <= refunded AND refunded <= captured AND captured <= authorized", name="money_bounds"),
        CheckConstraint("edited_back BETWEEN 0 AND captured", name="edited_back_came_in"),
        Index("uq_orders_number", "channel_id", "number", unique=True),
        Index("ix_orders_customer", "customer_id", "placed_at", "id"),
        Index("ix_orders_placed", "placed_at", "id"),
        Index("ix_orders_channel", "channel_id", "placed_at", "id"),
        Index("ix_orders_total", "currency", "total", "id"),
        Index("ix_orders_email", "email_key"),
    )

    id: Mapped[Id]
    cart_id: Mapped[UUID] = belongs_to("cart.id", ondelete="RESTRICT", unique=True)
    channel_id: Mapped[UUID] = belongs_to("channel.id", ondelete="RESTRICT")
    number: Mapped[int] = mapped_column(BigInteger)
    customer_id: Mapped[UUID | None] = may_point_at("customer.id")
    email: Mapped[str]
    email_key: Mapped[str]
    status: Mapped[str]
    payment_status: Mapped[str]
    fulfillment_status: Mapped[str]
    currency: Mapped[str]
    country: Mapped[str]
    language: Mapped[str]
    shipping_address: Mapped[JsonObject | None]
    billing_address: Mapped[JsonObject]
    delivery: Mapped[JsonObject | None]
    coupon_code: Mapped[str | None]
    note: Mapped[EmptyText]
    subtotal: Mapped[Minor]
    discount: Mapped[Minor]
    shipping: Mapped[Minor]
    tax_added: Mapped[Minor]
    tax_total: Mapped[Minor]
    total: Mapped[Minor]
    explanation: Mapped[JsonObject]
    authorized: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    captured: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    refunded: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    edited_back: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    event_seq: Mapped[int] = mapped_column(server_default=text("0"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    cancel_reason: Mapped[str | None]
    placed_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class OrderLineRow(Row):
    """A line as it was sold; `variant_id` only links back, nothing of the order is read through it."""

    __tablename__ = "order_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("total = unit_price * quantity - discount + tax_added AND total >= 0", name="total_adds_up"),
        Index("ix_order_line_order", "order_id", "position"),
        Index("ix_order_line_sku", text("lower(sku)"), "order_id"),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID] = belongs_to("orders.id", ondelete="RESTRICT")
    position: Mapped[int]
    variant_id: Mapped[UUID | None] = may_point_at("variant.id", index=True)
    product_name: Mapped[str]
    variant_name: Mapped[str]
    sku: Mapped[str]
    image_url: Mapped[str | None]
    quantity: Mapped[int]
    unit_price: Mapped[Minor]
    discount: Mapped[Minor]
    tax_basis_points: Mapped[int]
    tax_added: Mapped[Minor]
    tax_total: Mapped[Minor]
    total: Mapped[Minor]


class OrderEventRow(Row):
    """Append-only: a trigger refuses UPDATE and DELETE. `seq` runs 1, 2, 3... per order, drawn under the order's lock."""

    __tablename__ = "order_event"
    __table_args__ = (CheckConstraint("seq > 0", name="seq_positive"),)

    order_id: Mapped[UUID] = belongs_to("orders.id", ondelete="RESTRICT", primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    actor: Mapped[str]
    status: Mapped[str]
    payment_status: Mapped[str]
    fulfillment_status: Mapped[str]
    data: Mapped[JsonObject]
    created_at: Mapped[Created]


class OrderNoteRow(Row):
    """What staff wrote about an order; the buyer sees what is public. Erasing the buyer empties the text."""

    __tablename__ = "order_note"
    __table_args__ = (
        CheckConstraint(f"length(text) <= {NOTE_LENGTH_MAX}", name="text_bounded"),
        Index("ix_order_note_order", "order_id", "created_at", "id"),
    )

    id: Mapped[Id]
    order_id: Mapped[UUID] = belongs_to("orders.id", ondelete="RESTRICT")
    text: Mapped[str]
    is_public: Mapped[bool]
    author: Mapped[str]
    created_at: Mapped[Created]
