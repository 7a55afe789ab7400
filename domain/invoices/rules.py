"""What an invoice says, decided from the order; pure functions. The breakdown by rates is what EU invoices must show
(Directive 2006/112/EC, article 226).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from domain.invoices.model import (
    LINES_OF_SELLER_MAX,
    PREFIX_LENGTH_MAX,
    TEXT_LENGTH_MAX,
    InvoiceFacts,
    InvoiceKind,
    InvoiceLine,
    InvoiceSettings,
    SoldOrder,
    TaxShare,
)
from domain.money import rounded_ratio

DIGITS = 6


def label_of(settings: InvoiceSettings, kind: InvoiceKind, number: int) -> str:
    """The number as it is printed: the prefix and at least six digits."""
    prefix = settings.invoice_prefix if kind is InvoiceKind.INVOICE else settings.credit_note_prefix
    return f"{prefix}{number:0{DIGITS}d}"


def invoice_facts(order: SoldOrder, settings: InvoiceSettings, *, label: str, now: datetime) -> InvoiceFacts:
    """The invoice over the whole order."""
    lines = tuple(
        InvoiceLine(
            name=" · ".join(part for part in (each.product_name, each.variant_name) if part),
            sku=each.sku,
            quantity=each.quantity,
            unit_price=each.unit_price,
            discount=each.discount,
            tax_basis_points=each.tax_basis_points,
            tax=each.tax_total,
            total=each.total,
        )
        for each in order.lines
    )
    return InvoiceFacts(
        kind=InvoiceKind.INVOICE.value,
        label=label,
        issued_at=_moment(now),
        language=order.language,
        currency=order.currency,
        seller=settings.seller,
        tax_id=settings.tax_id,
        footer=settings.footer,
        buyer=buyer_lines(order.billing_address),
        country=str(order.billing_address.get("country", order.country)),
        order_number=order.number,
        placed_at=_moment(order.placed_at),
        lines=lines,
        subtotal=order.subtotal,
        discount=order.discount,
        delivery_name=str((order.delivery or {}).get("name", "")),
        shipping=order.shipping,
        tax_added=order.tax_added,
        tax_total=order.tax_total,
        total=order.total,
        taxes=tax_shares(order),
        paid=order.captured,
    )


def credit_facts(
    invoice: InvoiceFacts, settings: InvoiceSettings, *, label: str, amount: int, reason: str, now: datetime
) -> InvoiceFacts:
    """A credit note over an amount of the invoice, taxes in the invoice's own proportions, to the last minor unit."""
    tax = rounded_ratio(amount * invoice.tax_total, invoice.total) if invoice.total else 0
    return InvoiceFacts(
        kind=InvoiceKind.CREDIT_NOTE.value,
        label=label,
        issued_at=_moment(now),
        language=invoice.language,
        currency=invoice.currency,
        seller=settings.seller,
        tax_id=settings.tax_id,
        footer=settings.footer,
        buyer=invoice.buyer,
        country=invoice.country,
        order_number=invoice.order_number,
        placed_at=invoice.placed_at,
        lines=(),
        subtotal=amount,
        discount=0,
        delivery_name="",
        shipping=0,
        tax_added=0,
        tax_total=tax,
        total=amount,
        taxes=_credited(invoice.taxes, amount=amount, tax=tax, of=invoice),
        paid=amount,
        of_label=invoice.label,
        reason=reason,
    )


def tax_shares(order: SoldOrder) -> tuple[TaxShare, ...]:
    """Net and tax by rate; delivery is taxed at the rate of the order's goods. They add up to the order's total."""
    nets: dict[int, int] = {}
    taxes: dict[int, int] = {}
    for each in order.lines:
        nets[each.tax_basis_points] = nets.get(each.tax_basis_points, 0) + each.total - each.tax_total
        taxes[each.tax_basis_points] = taxes.get(each.tax_basis_points, 0) + each.tax_total
    delivery = order.total - sum(each.total for each in order.lines)
    delivery_tax = order.tax_total - sum(taxes.values())
    if delivery or delivery_tax:
        rate = max(taxes, key=lambda basis_points: (taxes[basis_points], basis_points), default=0)
        nets[rate] = nets.get(rate, 0) + delivery - delivery_tax
        taxes[rate] = taxes.get(rate, 0) + delivery_tax
    return tuple(TaxShare(basis_points=rate, net=nets[rate], tax=taxes[rate]) for rate in sorted(nets, reverse=True))


def _credited(shares: Sequence[TaxShare], *, amount: int, tax: int, of: InvoiceFacts) -> tuple[TaxShare, ...]:
    """The amount over the invoice's rates; the last one takes what rounding leaves."""
    given: list[TaxShare] = []
    left, tax_left = amount, tax
    for position, each in enumerate(shares):
        is_last = position == len(shares) - 1
        gross = left if is_last else rounded_ratio(amount * (each.net + each.tax), of.total or 1)
        part = tax_left if is_last else rounded_ratio(tax * each.tax, of.tax_total or 1)
        given.append(TaxShare(basis_points=each.basis_points, net=gross - part, tax=part))
        left, tax_left = left - gross, tax_left - part
    return tuple(given)


def settings_problem(settings: InvoiceSettings) -> tuple[str, str] | None:
    """The field that cannot be so, and why; None when all is well."""
    if not 1 <= len(settings.seller) <= LINES_OF_SELLER_MAX or not all(line.strip() for line in settings.seller):
        return "seller", f"Who sells is told in 1 to {LINES_OF_SELLER_MAX} lines, the name first."
    texts: Mapping[str, Sequence[str]] = {"seller": settings.seller, "tax_id": (settings.tax_id,), "footer": (settings.footer,)}
    for field, values in texts.items():
        if any(len(value) > TEXT_LENGTH_MAX for value in values):
            return field, f"At most {TEXT_LENGTH_MAX} characters."
    for field, prefix in (("invoice_prefix", settings.invoice_prefix), ("credit_note_prefix", settings.credit_note_prefix)):
        if len(prefix) > PREFIX_LENGTH_MAX or not prefix.isprintable():
            return field, f"A prefix has at most {PREFIX_LENGTH_MAX} printable characters."
    if settings.invoice_prefix == settings.credit_note_prefix:
        return "credit_note_prefix", "Invoices and credit notes are told apart by their prefixes."
    return None


def buyer_lines(address: Mapping[str, Any]) -> tuple[str, ...]:
    """The lines of whom the bill is for, without the country, which the paper names in its own language."""

    def joined(*names: str) -> str:
        return " ".join(str(address[name]) for name in names if address.get(name))

    street = tuple(str(line) for line in address.get("street") or ())
    lines = (joined("company"), joined("first_name", "last_name"), *street, joined("postal_code", "city"), joined("region"))
    return tuple(line for line in lines if line)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
