"""Invoices as buyers and staff see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from domain.invoices.model import InvoiceKind
from domain.money import Currency
from domain.money import Money as Amount
from domain.viewer import Permission
from persistence.invoices.reads import InvoiceSettingsView, InvoiceView, invoices_by_id, invoices_of_orders
from persistence.orders.reads import orders_by_id
from schema.context import Context
from schema.enums import described
from schema.execution.fields import batch, computed, plain, shows
from schema.node import Node, identity, loads_nodes
from schema.permissions import may
from schema.scalars import Money

SETTINGS = may(Permission.MANAGE_SETTINGS)
described(
    InvoiceKind,
    "InvoiceKind",
    "What a paper is.",
    INVOICE="What was bought, and what it costs.",
    CREDIT_NOTE="What of an invoice was given back.",
)


def _amount(column: str, description: str) -> Any:
    return computed(lambda invoice: Amount(getattr(invoice, column), Currency(invoice.currency)), description)


async def _urls(invoices: Sequence[InvoiceView], context: Context) -> list[str | None]:
    """Links of this moment, so whoever asks again gets fresh ones."""
    links, now = context.ports.invoice_links, context.now
    url = f"{context.ports.public_url}/invoices"
    return [f"{url}/{links.make(each.id, now=now)}.pdf" if each.is_printed else None for each in invoices]


@strawberry.type(name="Invoice", description="An invoice or a credit note. What it says never changes.")
@shows(InvoiceView)
class Invoice(Node):
    """Shown from `persistence.invoices.reads.InvoiceView`."""

    id: strawberry.ID = identity("Invoice")
    kind: InvoiceKind = plain("What it is.")
    label: str = plain("Its number as it is printed: without gaps in its channel and kind.")
    total: Money = _amount("total", "What it comes to; of a credit note, what was given back.")
    tax: Money = _amount("tax_total", "The tax in it.")
    issued_at: datetime = plain("When it was written.")
    url: str | None = batch(_urls, "Where its PDF is, for an hour; null while it is being printed.")


@strawberry.type(name="InvoiceSettings", description="How a channel writes invoices.")
@shows(InvoiceSettingsView, allow=SETTINGS)
class InvoiceSettings:
    """Shown from `persistence.invoices.reads.InvoiceSettingsView`."""

    seller: list[str] = plain("Who sells, line by line, the name first.", size=8)
    tax_id: str = plain("The seller's VAT id or tax number; empty for none.")
    footer: str = plain("What stands at the foot of every page.")
    invoice_prefix: str = plain("What numbers of invoices begin with.")
    credit_note_prefix: str = plain("What numbers of credit notes begin with.")
    is_automatic: bool = plain("Whether an invoice is written when an order is paid, and a credit note when money went back.")


async def invoices(orders: Sequence[Any], context: Context) -> list[list[InvoiceView]]:
    """The invoices of orders that the caller was let see."""
    return await invoices_of_orders(context.reader, [each.id for each in orders])


@loads_nodes("Invoice")
async def _nodes(context: Context, ids: Sequence[UUID]) -> Sequence[InvoiceView | None]:
    found = await invoices_by_id(context.reader, ids)
    order_ids = list(dict.fromkeys(each.order_id for each in found if each is not None))
    seen = dict(zip(order_ids, await orders_by_id(context.reader, order_ids, viewer=context.viewer), strict=True))
    return [each if each is not None and seen[each.order_id] is not None else None for each in found]
