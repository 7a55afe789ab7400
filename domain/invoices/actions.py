"""The use cases of invoices, one transaction each: to write one over an order, to take one back, and how a channel writes them.

A number is drawn in the transaction that keeps the invoice: a failure gives it back, so numbers have no gaps.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.error import Invalid, NotFound, UserError
from domain.ids import ChannelId, OrderId, new_id
from domain.invoices import rules
from domain.invoices.errors import InvoiceSettingsMissing
from domain.invoices.events import InvoiceIssued
from domain.invoices.model import InvoiceFacts, InvoiceKind, InvoiceSettings, NewInvoice
from domain.orders.model import Order, PaymentStatus
from domain.unit import Unit
from domain.viewer import Permission, Viewer, holds_in

REPLACED = "The order was changed."
"""Why an invoice is taken back whole: another one follows."""


class _Numbered(NamedTuple):
    """What a paper is, its number, and which of the order's invoices it is or takes back."""

    kind: InvoiceKind
    number: int
    edition: int


async def set_settings(unit: Unit, *, channel_id: ChannelId, settings: InvoiceSettings) -> UserError | None:
    """Says how a channel writes invoices from now on; what was written stays as it is."""
    if (problem := rules.settings_problem(settings)) is not None:
        return Invalid(path=("input", problem[0]), reason=problem[1])
    await unit.invoices.set_settings(channel_id, settings)
    return None


async def issue_invoice(unit: Unit, *, order_id: OrderId, by: Viewer, now: datetime) -> UUID | UserError:
    """Writes the invoice of an order, once: a second call gives the first one's id."""
    order = await unit.orders.lock(order_id)
    if order is None or not holds_in(by, Permission.MANAGE_ORDERS, order.channel_id):
        return NotFound(path=("input", "order_id"), what="order")
    return await _invoice(unit, order, now=now)


async def issue_when_paid(unit: Unit, *, order_id: OrderId, now: datetime) -> UUID | None:
    """Writes the invoice of an order that is paid, where the channel does so by itself."""
    order = await unit.orders.lock(order_id)
    if order is None or order.states.payment is not PaymentStatus.PAID:
        return None
    settings = await unit.invoices.settings(order.channel_id)
    if settings is None or not settings.is_automatic:
        return None
    issued = await _invoice(unit, order, now=now)
    return issued if isinstance(issued, UUID) else None


async def credit_refund(unit: Unit, *, refund_id: UUID, now: datetime) -> UUID | None:
    """Writes the credit note of a settled refund, once; None when there is no invoice to take back.

    An invoice that was written anew after the refund was promised knows of it already.
    """
    refund = await unit.invoices.refund(refund_id)
    if refund is None:
        return None
    order = await unit.orders.lock(refund.order_id)
    settings = await unit.invoices.settings(order.channel_id) if order is not None else None
    invoice = await unit.invoices.invoice_of(refund.order_id)
    if order is None or settings is None or invoice is None:
        return None
    if (known := await unit.invoices.credit_note_of(refund_id)) is not None:
        return known
    refund = await unit.invoices.refund(refund_id)
    if refund is None or refund.amount <= 0:
        return None
    if invoice.edition > 1 and refund.promised_at <= invoice.issued_at:
        return None
    number = await unit.invoices.next_number(order.channel_id, InvoiceKind.CREDIT_NOTE)
    label = rules.label_of(settings, InvoiceKind.CREDIT_NOTE, number)
    facts = rules.credit_facts(invoice.facts, settings, label=label, amount=refund.amount, reason=refund.reason, now=now)
    return await _add(
        unit, order, _Numbered(InvoiceKind.CREDIT_NOTE, number, invoice.edition), facts, refund_id=refund_id, now=now
    )


async def correct_invoice(unit: Unit, *, order_id: OrderId, now: datetime) -> UUID | None:
    """After an order was changed: takes back what is left of its invoice, and writes another; None when it had none."""
    order = await unit.orders.lock(order_id)
    invoice = await unit.invoices.invoice_of(order_id)
    settings = await unit.invoices.settings(order.channel_id) if order is not None else None
    if order is None or invoice is None or settings is None:
        return None
    left = invoice.facts.total - invoice.credited
    if left > 0:
        number = await unit.invoices.next_number(order.channel_id, InvoiceKind.CREDIT_NOTE)
        label = rules.label_of(settings, InvoiceKind.CREDIT_NOTE, number)
        facts = rules.credit_facts(invoice.facts, settings, label=label, amount=left, reason=REPLACED, now=now)
        numbered = _Numbered(InvoiceKind.CREDIT_NOTE, number, invoice.edition)
        await _add(unit, order, numbered, facts, corrects_id=invoice.id, now=now)
    return await _write(unit, order, settings, edition=invoice.edition + 1, now=now)


async def _invoice(unit: Unit, order: Order, *, now: datetime) -> UUID | UserError:
    if (known := await unit.invoices.invoice_of(order.id)) is not None:
        return known.id
    settings = await unit.invoices.settings(order.channel_id)
    written = await _write(unit, order, settings, edition=1, now=now) if settings is not None else None
    return written or InvoiceSettingsMissing(path=("input", "order_id"))


async def _write(unit: Unit, order: Order, settings: InvoiceSettings, *, edition: int, now: datetime) -> UUID | None:
    sold = await unit.invoices.sold(order.id)
    if sold is None:
        return None
    number = await unit.invoices.next_number(order.channel_id, InvoiceKind.INVOICE)
    label = rules.label_of(settings, InvoiceKind.INVOICE, number)
    facts = rules.invoice_facts(sold, settings, label=label, now=now)
    return await _add(unit, order, _Numbered(InvoiceKind.INVOICE, number, edition), facts, now=now)


async def _add(
    unit: Unit,
    order: Order,
    numbered: _Numbered,
    facts: InvoiceFacts,
    *,
    now: datetime,
    refund_id: UUID | None = None,
    corrects_id: UUID | None = None,
) -> UUID:
    invoice_id = new_id()
    await unit.invoices.add(
        NewInvoice(
            id=invoice_id,
            order_id=order.id,
            channel_id=order.channel_id,
            kind=numbered.kind,
            number=numbered.number,
            label=facts.label,
            edition=numbered.edition,
            refund_id=refund_id,
            corrects_id=corrects_id,
            facts=facts,
            issued_at=now,
        )
    )
    unit.announce(InvoiceIssued(invoice_id=invoice_id, order_id=order.id))
    return invoice_id


async def to_print(unit: Unit, *, invoice_id: UUID) -> InvoiceFacts | None:
    """What is to be printed; None when it is done."""
    return await unit.invoices.facts(invoice_id)


async def keep_print(unit: Unit, *, invoice_id: UUID, content: bytes) -> bool:
    """Keeps the paper; False when somebody else has printed it meanwhile."""
    return await unit.invoices.keep_print(invoice_id, content)
