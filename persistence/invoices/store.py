"""The port of invoices made true on PostgreSQL."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    LargeBinary,
    Text,
    Uuid,
    bindparam,
    cast,
    exists,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import aliased

from domain.ids import ChannelId, OrderId
from domain.invoices.model import (
    InvoiceFacts,
    InvoiceKind,
    InvoiceSettings,
    NewInvoice,
    PresentInvoice,
    SettledRefund,
    SoldLine,
    SoldOrder,
    facts_of,
    kept_facts,
)
from persistence.invoices.tables import InvoicePrintRow, InvoiceRow, InvoiceSeriesRow, InvoiceSettingsRow
from persistence.orders.tables import OrderLineRow, OrderRow
from persistence.statement import Question, Statement
from persistence.transaction import Transaction


class _Settings(NamedTuple):
    seller: list[str]
    tax_id: str
    footer: str
    invoice_prefix: str
    credit_note_prefix: str
    is_automatic: bool


class _Sold(NamedTuple):
    order_id: UUID
    channel_id: UUID
    number: int
    language: str
    currency: str
    country: str
    billing_address: dict[str, Any]
    delivery: dict[str, Any] | None
    subtotal: int
    discount: int
    shipping: int
    tax_added: int
    tax_total: int
    total: int
    captured: int
    placed_at: datetime


class _Line(NamedTuple):
    product_name: str
    variant_name: str
    sku: str
    quantity: int
    unit_price: int
    discount: int
    tax_basis_points: int
    tax_total: int
    total: int


class _Kept(NamedTuple):
    id: UUID
    facts: dict[str, Any]


class _Present(NamedTuple):
    id: UUID
    edition: int
    facts: dict[str, Any]
    credited: int
    issued_at: datetime


class _Id(NamedTuple):
    id: UUID


class _Number(NamedTuple):
    last: int


class _Refund(NamedTuple):
    order_id: UUID
    reason: str
    promised_at: datetime
    amount: int


_CHANNEL = bindparam("of_channel", type_=Uuid())
_ORDER = bindparam("of_order", type_=Uuid())
SETTINGS = Question(
    _Settings,
    select(*(getattr(InvoiceSettingsRow, name) for name in _Settings._fields)).where(InvoiceSettingsRow.channel_id == _CHANNEL),
)
_NEW_SETTINGS = upsert(InvoiceSettingsRow).values(
    channel_id=bindparam("channel_id"),
    seller=bindparam("seller", type_=ARRAY(Text())),
    tax_id=bindparam("tax_id"),
    footer=bindparam("footer"),
    invoice_prefix=bindparam("invoice_prefix"),
    credit_note_prefix=bindparam("credit_note_prefix"),
    is_automatic=bindparam("is_automatic"),
)
SET_SETTINGS = Statement(
    _NEW_SETTINGS.on_conflict_do_update(
        index_elements=["channel_id"], set_={name: _NEW_SETTINGS.excluded[name] for name in _Settings._fields}
    )
)
SOLD = Question(
    _Sold,
    select(
        OrderRow.id.label("order_id"),
        *(getattr(OrderRow, name) for name in _Sold._fields[1:-2]),
        # What came in and goes back because it is owed no more is not what was paid for this.
        (OrderRow.captured - OrderRow.edited_back).label("captured"),
        OrderRow.placed_at,
    ).where(OrderRow.id == _ORDER),
)
LINES = Question(
    _Line,
    select(*(getattr(OrderLineRow, name) for name in _Line._fields))
    .where(OrderLineRow.order_id == _ORDER)
    .order_by(OrderLineRow.position),
)
_CreditNote = aliased(InvoiceRow)
_CREDITED = (
    select(func.coalesce(cast(func.sum(_CreditNote.total), BigInteger), 0))
    .where(
        _CreditNote.order_id == InvoiceRow.order_id,
        _CreditNote.edition == InvoiceRow.edition,
        _CreditNote.kind == text("'CREDIT_NOTE'"),
    )
    .correlate(InvoiceRow)
    .scalar_subquery()
)
INVOICE_OF = Question(
    _Present,
    select(InvoiceRow.id, InvoiceRow.edition, InvoiceRow.facts, _CREDITED.label("credited"), InvoiceRow.issued_at)
    .where(InvoiceRow.order_id == _ORDER, InvoiceRow.kind == text("'INVOICE'"))
    .order_by(InvoiceRow.edition.desc())
    .limit(1),
)
CREDIT_NOTE_OF = Question(_Id, select(InvoiceRow.id).where(InvoiceRow.refund_id == bindparam("of_refund", type_=Uuid())))
_SERIES = upsert(InvoiceSeriesRow).values(channel_id=bindparam("channel_id"), kind=bindparam("kind"), last=1)
NEXT_NUMBER = Question(
    _Number,
    _SERIES.on_conflict_do_update(index_elements=["channel_id", "kind"], set_={"last": InvoiceSeriesRow.last + 1}).returning(
        InvoiceSeriesRow.last
    ),
)
ADD = Statement(
    insert(InvoiceRow).values(
        id=bindparam("id"),
        order_id=bindparam("order_id"),
        channel_id=bindparam("channel_id"),
        kind=bindparam("kind"),
        number=bindparam("number"),
        label=bindparam("label"),
        edition=bindparam("edition"),
        refund_id=bindparam("refund_id", type_=Uuid()),
        corrects_id=bindparam("corrects_id", type_=Uuid()),
        currency=bindparam("currency"),
        total=bindparam("total"),
        tax_total=bindparam("tax_total"),
        facts=bindparam("facts", type_=JSONB()),
        issued_at=bindparam("issued_at", type_=DateTime(timezone=True)),
    )
)
# What went back because an edit took it off the total is not on the invoice that followed; as long as it is under way it is
# none of what is done. Of a refund whose money came back the credit note stands: what is given back in its place needs none.
REFUND = Question(
    _Refund,
    text("""
    SELECT r.order_id, r.reason, coalesce(q.created_at, r.created_at) AS promised_at,
           CAST(least(r.amount, given.done - greatest(o.edited_back - given.under_way - asked.waiting, 0) - papers.credited)
               AS bigint) AS amount
    FROM refund r JOIN orders o ON o.id = r.order_id LEFT JOIN refund_request q ON q.id = r.request_id,
    LATERAL (SELECT coalesce(sum(f.amount) FILTER (WHERE f.state = 'DONE'), 0) AS done,
                    coalesce(sum(f.amount) FILTER (WHERE f.state = 'PENDING'), 0) AS under_way
             FROM refund f WHERE f.order_id = o.id) given,
    LATERAL (SELECT coalesce(sum(w.amount), 0) AS waiting
             FROM refund_request w WHERE w.order_id = o.id AND w.state = 'WAITING') asked,
    LATERAL (SELECT coalesce(sum(i.total), 0) AS credited FROM invoice i
             WHERE i.order_id = o.id AND i.refund_id IS NOT NULL
               AND i.edition = (SELECT max(l.edition) FROM invoice l WHERE l.order_id = o.id)) papers
    WHERE r.id = CAST(:of_refund AS uuid) AND r.state = 'DONE'
    """),
)
UNPRINTED = Question(
    _Kept,
    select(InvoiceRow.id, InvoiceRow.facts).where(
        InvoiceRow.id == bindparam("of_invoice", type_=Uuid()), ~exists().where(InvoicePrintRow.invoice_id == InvoiceRow.id)
    ),
)
KEEP_PRINT = Statement(
    upsert(InvoicePrintRow)
    .values(
        invoice_id=bindparam("invoice_id"),
        content=bindparam("content", type_=LargeBinary()),
        sha256=bindparam("sha256", type_=LargeBinary()),
    )
    .on_conflict_do_nothing()
)


class InvoicesRows:
    """`domain.invoices.store.InvoicesStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def settings(self, channel_id: ChannelId) -> InvoiceSettings | None:
        found = await self._transaction.row(SETTINGS, of_channel=channel_id)
        return InvoiceSettings(**{**found._asdict(), "seller": tuple(found.seller)}) if found is not None else None

    async def set_settings(self, channel_id: ChannelId, settings: InvoiceSettings) -> None:
        await self._transaction.run(
            SET_SETTINGS,
            channel_id=channel_id,
            seller=list(settings.seller),
            tax_id=settings.tax_id,
            footer=settings.footer,
            invoice_prefix=settings.invoice_prefix,
            credit_note_prefix=settings.credit_note_prefix,
            is_automatic=settings.is_automatic,
        )

    async def sold(self, order_id: OrderId) -> SoldOrder | None:
        found = await self._transaction.row(SOLD, of_order=order_id)
        if found is None:
            return None
        lines = await self._transaction.rows(LINES, of_order=order_id)
        ids = {"order_id": OrderId(found.order_id), "channel_id": ChannelId(found.channel_id)}
        return SoldOrder(**{**found._asdict(), **ids}, lines=tuple(SoldLine(**each._asdict()) for each in lines))

    async def invoice_of(self, order_id: OrderId) -> PresentInvoice | None:
        found = await self._transaction.row(INVOICE_OF, of_order=order_id)
        return PresentInvoice(**{**found._asdict(), "facts": facts_of(found.facts)}) if found is not None else None

    async def credit_note_of(self, refund_id: UUID) -> UUID | None:
        found = await self._transaction.row(CREDIT_NOTE_OF, of_refund=refund_id)
        return found.id if found is not None else None

    async def next_number(self, channel_id: ChannelId, kind: InvoiceKind) -> int:
        found = await self._transaction.row(NEXT_NUMBER, channel_id=channel_id, kind=kind.value)
        if found is None:
            raise RuntimeError("a series always answers")
        return found.last

    async def add(self, invoice: NewInvoice) -> None:
        await self._transaction.run(
            ADD,
            id=invoice.id,
            order_id=invoice.order_id,
            channel_id=invoice.channel_id,
            kind=invoice.kind.value,
            number=invoice.number,
            label=invoice.label,
            edition=invoice.edition,
            refund_id=invoice.refund_id,
            corrects_id=invoice.corrects_id,
            currency=invoice.facts.currency,
            total=invoice.facts.total,
            tax_total=invoice.facts.tax_total,
            facts=kept_facts(invoice.facts),
            issued_at=invoice.issued_at,
        )

    async def refund(self, refund_id: UUID) -> SettledRefund | None:
        found = await self._transaction.row(REFUND, of_refund=refund_id)
        return SettledRefund(**{**found._asdict(), "order_id": OrderId(found.order_id)}) if found is not None else None

    async def facts(self, invoice_id: UUID) -> InvoiceFacts | None:
        found = await self._transaction.row(UNPRINTED, of_invoice=invoice_id)
        return facts_of(found.facts) if found is not None else None

    async def keep_print(self, invoice_id: UUID, content: bytes) -> bool:
        kept = await self._transaction.run(
            KEEP_PRINT, invoice_id=invoice_id, content=content, sha256=hashlib.sha256(content).digest()
        )
        return kept == 1
