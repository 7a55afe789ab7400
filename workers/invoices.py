"""The worker's part in invoices: written when an order is paid, taken back when money went back, and printed off the event loop."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from domain.error import UserError
from domain.ids import OrderId
from domain.invoices.actions import credit_refund, issue_when_paid, keep_print, to_print
from persistence.unit import UnitOfWork
from workers.tasks import Fact, Tools


async def issue(unit: UnitOfWork, fact: Fact, _tools: Tools) -> UserError | None:
    """Money has come in: writes the invoice of an order that is paid by now."""
    await issue_when_paid(unit, order_id=OrderId(fact.id("order_id")), now=datetime.now(UTC))
    return None


async def credit(unit: UnitOfWork, fact: Fact, _tools: Tools) -> UserError | None:
    """Money has gone back: writes the credit note, where there is an invoice."""
    await credit_refund(unit, refund_id=fact.id("refund_id"), now=datetime.now(UTC))
    return None


async def print_paper(fact: Fact, tools: Tools) -> None:
    """Prints what was written, once; twice gives the same paper."""
    invoice_id = fact.id("invoice_id")
    facts = await tools.transact(to_print, invoice_id=invoice_id)
    if facts is not None:
        content = await asyncio.to_thread(tools.printer.print, facts)
        await tools.transact(keep_print, invoice_id=invoice_id, content=content)
