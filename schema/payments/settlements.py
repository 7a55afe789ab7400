"""Providers' statements, with what each line was found to be."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime
from typing import Any

import strawberry

import schema.payments.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.money import Currency
from domain.money import Money as Amount
from domain.payments.statements import LineKind, RowOutcome
from persistence.paging import Place, decode_cursor, encode_cursor
from persistence.payments.reads import PaymentView, payments_by_id
from persistence.payments.statement_reads import (
    OPEN_LINES_MAX,
    OutcomeView,
    SettlementLineView,
    SettlementView,
    open_lines,
    outcomes,
    settlements_count,
    settlements_page,
)
from schema.context import Context
from schema.execution.fields import batch, computed, plain, query, shows
from schema.node import identity
from schema.paging import After, Before, ConnectionView, First, Last, connection, window
from schema.payments.types import STAFF, Payment
from schema.scalars import Money

STATEMENTS = "settlements"


def _amount(column: str, description: str) -> Any:
    """A field of minor units in the line's own currency."""
    return computed(lambda line: Amount(getattr(line, column), Currency(line.currency)), description)


async def _payments(lines: Sequence[SettlementLineView], context: Context) -> list[PaymentView | None]:
    """Staff who may read payments may read all of them."""
    known = [each.payment_id for each in lines if each.payment_id is not None]
    by_id = dict(zip(known, await payments_by_id(context.reader, known), strict=True))
    return [by_id.get(each.payment_id) if each.payment_id is not None else None for each in lines]


@strawberry.type(name="SettlementLine", description="A line of a provider's statement, and what it was found to be.")
@shows(SettlementLineView, allow=STAFF)
class SettlementLine:
    """Shown from `SettlementLineView`."""

    line: int = plain("Its number in the file; beyond the file's end, what should have been there.")
    kind: LineKind = plain("What it is about.")
    outcome: RowOutcome = plain("What it was found to be.")
    reference: str = plain("The provider's own name for the payment.")
    amount: Money = _amount("amount", "The amount it tells.")
    fee: Money = _amount("fee", "The fee it tells.")
    occurred_at: datetime | None = plain("When it happened, where the file says.")
    payment: Payment | None = batch(_payments, "The payment, where it is one of ours.")
    detail: str = plain("What differs.")


@strawberry.type(name="SettlementOutcome", description="How many lines of a statement were found to be something.")
@shows(OutcomeView, allow=STAFF)
class SettlementOutcome:
    """Shown from `OutcomeView`."""

    outcome: RowOutcome = plain("What they were found to be.")
    total: int = plain("How many.")


async def _open_lines(settlements: Sequence[SettlementView], context: Context) -> list[list[SettlementLineView]]:
    return await open_lines(context.reader, [each.id for each in settlements])


async def _outcomes(settlements: Sequence[SettlementView], context: Context) -> list[list[OutcomeView]]:
    return await outcomes(context.reader, [each.id for each in settlements])


@strawberry.type(name="Settlement", description="A provider's statement of what it paid out, compared with our books.")
@shows(SettlementView, allow=STAFF)
class Settlement:
    """Shown from `SettlementView`."""

    id: strawberry.ID = identity("Settlement")
    provider: str = plain("The provider's name.")
    file_name: str = plain("What the file was called.")
    rows: int = plain("How many lines there are, those that are missing in the file with them.")
    unmatched: int = plain("How many of them somebody has to look at.")
    outcomes: list[SettlementOutcome] = batch(_outcomes, "How many lines were found to be what.", size=5)
    open_lines: list[SettlementLine] = batch(
        _open_lines, f"The lines that somebody has to look at, the first {OPEN_LINES_MAX}.", size=20
    )
    imported_by: str = plain("Who handed it in: a kind and an id.")
    imported_at: datetime = plain("When it was taken.")


SettlementConnection = connection(Settlement, "Settlement", allow=STAFF)


@query(SettlementConnection, "Providers' statements, newest first.", allow=STAFF)
async def settlements(
    context: Context, *, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> ConnectionView:
    asked = window(first, after, last, before)
    place = decode_cursor(STATEMENTS, asked.cursor, None) if asked.cursor is not None else None
    page = await settlements_page(context.reader, count=asked.count, place=place, backwards=asked.backwards)
    return ConnectionView(page, _cursor, _counts)


def _cursor(settlement: SettlementView) -> str:
    return encode_cursor(STATEMENTS, Place(None, settlement.id))


async def _counts(context: Context, keys: Sequence[Hashable]) -> list[int]:
    return [await settlements_count(context.reader) for _ in keys]
