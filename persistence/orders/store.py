"""The port of orders made true on PostgreSQL: numbers from the channel's row, history numbered under the order's lock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    Integer,
    Text,
    bindparam,
    case,
    column,
    func,
    insert,
    literal,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from domain.access.rules import email_key
from domain.ids import CartId, ChannelId, CustomerId, OrderId, PaymentId
from domain.money import Currency, Money
from domain.orders.model import (
    Entry,
    EventKind,
    FulfillmentStatus,
    NewOrder,
    Note,
    Order,
    OrderStatus,
    PaymentStatus,
    States,
)
from domain.orders.store import Sums
from persistence.channels.tables import OrderNumberRow
from persistence.orders.tables import OrderEventRow, OrderLineRow, OrderNoteRow, OrderRow
from persistence.payments.tables import PaymentRow
from persistence.statement import Question, Statement, many
from persistence.transaction import Transaction


class _Order(NamedTuple):
    id: UUID
    number: int
    channel_id: UUID
    customer_id: UUID | None
    email: str
    language: str
    currency: str
    status: str
    payment_status: str
    fulfillment_status: str
    total: int
    authorized: int
    captured: int
    refunded: int
    version: int
    placed_at: datetime
    edited_back: int


class _Id(NamedTuple):
    id: UUID


class _Number(NamedTuple):
    number: int


class _Seq(NamedTuple):
    event_seq: int


LOCK = Question(
    _Order,
    select(*(getattr(OrderRow, name) for name in _Order._fields)).where(OrderRow.id == bindparam("order_id")).with_for_update(),
)
LOCK_OF_PAYMENT = Question(
    _Order,
    select(*(getattr(OrderRow, name) for name in _Order._fields))
    .where(OrderRow.id == select(PaymentRow.order_id).where(PaymentRow.id == bindparam("payment_id")).scalar_subquery())
    .with_for_update(),
)
OF_CART = Question(_Id, select(OrderRow.id).where(OrderRow.cart_id == bindparam("cart_id")))
_FROM_CHANNEL = (
    *("number", "authorized", "captured", "refunded", "edited_back", "version", "cancel_reason", "updated_at", "event_seq"),
)
_GIVEN = [column for column in OrderRow.__table__.columns if column.name not in _FROM_CHANNEL]
_NEXT = (
    update(OrderNumberRow)
    .where(OrderNumberRow.channel_id == bindparam("channel_id"))
    .values(next=OrderNumberRow.next + 1)
    .returning((OrderNumberRow.next - 1).label("number"))
    .cte("next_number")
)
_PLACED = (
    insert(OrderRow)
    .from_select(
        [*(column.name for column in _GIVEN), "number", "updated_at", "event_seq"],
        select(
            *(bindparam(column.name, type_=column.type).label(column.name) for column in _GIVEN),
            _NEXT.c.number,
            bindparam("placed_at", type_=DateTime(timezone=True)).label("updated_at"),
            bindparam("first_seq", 1, type_=Integer()).label("event_seq"),
        ),
    )
    .returning(OrderRow.id, OrderRow.number)
    .cte("placed")
)
LINE_COLUMNS = [column for column in OrderLineRow.__table__.columns if column.name != "order_id"]
"""Of a line, what is said of it: all but its order."""
SOLD = (
    func.unnest(*(many(f"line_{each.name}", each.type) for each in LINE_COLUMNS))
    .table_valued(*(column(each.name, each.type) for each in LINE_COLUMNS), name="sold")
    .render_derived()
)
"""Lines as parameters, each column's values as `line_` and its name."""
_LINES = (
    insert(OrderLineRow)
    .from_select(
        ["order_id", *(each.name for each in LINE_COLUMNS)],
        select(_PLACED.c.id, *SOLD.c).select_from(_PLACED.join(SOLD, true())),
    )
    .cte("lines")
)
_FIRST = {
    "order_id": _PLACED.c.id,
    "seq": bindparam("first_seq", 1, type_=Integer()),
    "kind": literal(EventKind.PLACED.value, Text()),
    "actor": bindparam("actor", type_=Text()),
    **{name: bindparam(name, type_=Text()) for name in ("status", "payment_status", "fulfillment_status")},
    "data": func.jsonb_build_object(text("'number'"), _PLACED.c.number),
    "created_at": bindparam("placed_at", type_=DateTime(timezone=True)),
}
_ENTRY = insert(OrderEventRow).from_select(list(_FIRST), select(*_FIRST.values())).cte("entry")
# The number is drawn in the statement that writes the order, its lines and its history, the last one that matters: its row is
# locked only from here on.
PLACE = Question(_Number, select(_PLACED.c.number).add_cte(_LINES, _ENTRY))
_SUMS = ("authorized", "captured", "refunded")
_RECORDED = (
    update(OrderRow)
    .where(OrderRow.id == bindparam("order_id"))
    .values(
        status=bindparam("status"),
        payment_status=bindparam("payment_status"),
        fulfillment_status=bindparam("fulfillment_status"),
        cancel_reason=case(
            (bindparam("cancel_reason", type_=Text()).is_(None), OrderRow.cancel_reason),
            else_=bindparam("cancel_reason", type_=Text()),
        ),
        **{name: func.coalesce(bindparam(f"{name}_sum", type_=BigInteger()), getattr(OrderRow, name)) for name in _SUMS},
        version=OrderRow.version + 1,
        event_seq=OrderRow.event_seq + func.cardinality(many("kinds", Text())),
        updated_at=bindparam("now", type_=DateTime(timezone=True)),
    )
    .returning(
        OrderRow.id,
        OrderRow.event_seq,
        OrderRow.status,
        OrderRow.payment_status,
        OrderRow.fulfillment_status,
        OrderRow.updated_at,
    )
    .cte("recorded")
)
_TOLD = (
    func.unnest(many("kinds", Text()), many("data", JSONB()))
    .table_valued(column("kind", Text()), column("data", JSONB()), with_ordinality="place", name="told")
    .render_derived()
)
_WRITTEN = {
    "order_id": _RECORDED.c.id,
    "seq": _RECORDED.c.event_seq - func.cardinality(many("kinds", Text())) + _TOLD.c.place,
    "kind": _TOLD.c.kind,
    "actor": bindparam("actor", type_=Text()),
    **{name: _RECORDED.c[name] for name in ("status", "payment_status", "fulfillment_status")},
    "data": _TOLD.c.data,
    "created_at": _RECORDED.c.updated_at,
}
_ENTRIES = (
    insert(OrderEventRow)
    .from_select(list(_WRITTEN), select(*_WRITTEN.values()).select_from(_RECORDED.join(_TOLD, true())))
    .cte("entries")
)
RECORD = Question(_Seq, select(_RECORDED.c.event_seq).add_cte(_ENTRIES))
SET_MONEY = Statement(
    update(OrderRow)
    .where(OrderRow.id == bindparam("order_id"))
    .values(
        authorized=bindparam("authorized_sum", type_=BigInteger()),
        captured=bindparam("captured_sum", type_=BigInteger()),
        refunded=bindparam("refunded_sum", type_=BigInteger()),
    )
)
ADD_NOTE = Statement(
    insert(OrderNoteRow).values(
        **{name: bindparam(name) for name in ("id", "order_id", "text", "is_public", "author")},
        created_at=bindparam("now", type_=DateTime(timezone=True)),
    )
)


class OrdersRows:
    """`domain.orders.store.OrdersStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def place(self, order: NewOrder, *, actor: str) -> int:
        states = order.states
        values = {
            column.name: getattr(order, column.name, None)
            for column in _GIVEN
            if column.name not in ("status", "payment_status", "fulfillment_status", "email_key")
        }
        placed = await self._transaction.row(
            PLACE,
            **values,
            **{f"line_{each.name}": [getattr(line, each.name) for line in order.lines] for each in LINE_COLUMNS},
            email_key=email_key(order.email),
            status=states.status.value,
            payment_status=states.payment.value,
            fulfillment_status=states.fulfillment.value,
            actor=actor,
        )
        if placed is None:
            raise RuntimeError(f"channel {order.channel_id} has no order numbers")
        return placed.number

    async def of_cart(self, cart_id: CartId) -> OrderId | None:
        row = await self._transaction.row(OF_CART, cart_id=cart_id)
        return OrderId(row.id) if row is not None else None

    async def lock(self, order_id: OrderId) -> Order | None:
        row = await self._transaction.row(LOCK, order_id=order_id)
        return _order(row) if row is not None else None

    async def lock_of_payment(self, payment_id: PaymentId) -> Order | None:
        row = await self._transaction.row(LOCK_OF_PAYMENT, payment_id=payment_id)
        return _order(row) if row is not None else None

    async def record(
        self,
        order: Order,
        states: States,
        entries: Sequence[Entry],
        *,
        actor: str,
        now: datetime,
        cancel_reason: str | None = None,
        sums: Sums | None = None,
    ) -> int:
        recorded = await self._transaction.row(
            RECORD,
            order_id=order.id,
            status=states.status.value,
            payment_status=states.payment.value,
            fulfillment_status=states.fulfillment.value,
            cancel_reason=cancel_reason,
            kinds=[entry.kind.value for entry in entries],
            data=[entry.data for entry in entries],
            actor=actor,
            now=now,
            **{f"{name}_sum": getattr(sums, name).minor if sums is not None else None for name in _SUMS},
        )
        if recorded is None:
            raise RuntimeError(f"order {order.id} is gone under its own lock")
        return recorded.event_seq

    async def set_money(self, order_id: OrderId, sums: Sums) -> None:
        await self._transaction.run(
            SET_MONEY, order_id=order_id, **{f"{name}_sum": getattr(sums, name).minor for name in _SUMS}
        )

    async def add_note(self, note: Note, *, author: str, now: datetime) -> None:
        await self._transaction.run(
            ADD_NOTE,
            id=note.id,
            order_id=note.order_id,
            text=note.text,
            is_public=note.is_public,
            author=author,
            now=now,
        )


def _order(row: _Order) -> Order:
    currency = Currency(row.currency)
    return Order(
        id=OrderId(row.id),
        number=row.number,
        channel_id=ChannelId(row.channel_id),
        customer_id=CustomerId(row.customer_id) if row.customer_id is not None else None,
        email=row.email,
        language=row.language,
        currency=currency,
        states=States(OrderStatus(row.status), PaymentStatus(row.payment_status), FulfillmentStatus(row.fulfillment_status)),
        total=Money(row.total, currency),
        authorized=Money(row.authorized, currency),
        captured=Money(row.captured, currency),
        refunded=Money(row.refunded, currency),
        version=row.version,
        placed_at=row.placed_at,
        edited_back=row.edited_back,
    )
