"""The questions about payments: how one can pay here, and for staff the inbox and the comparisons with providers."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Annotated

import strawberry

import schema.payments.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.payments.model import NotificationState
from domain.viewer import Permission
from persistence.paging import Place, decode_cursor, encode_cursor
from persistence.payments.reads import (
    NotificationView,
    RunView,
    notifications_count,
    notifications_page,
    runs_count,
    runs_page,
)
from schema.context import Context
from schema.execution.fields import query
from schema.paging import After, Before, ConnectionView, First, Last, Window, window
from schema.payments.books import PaymentNotificationConnection, ReconciliationRunConnection
from schema.payments.ways import PaymentProvider, ProviderView, shown_providers
from schema.permissions import EVERYONE, may

RUNS = "reconciliations"
INBOX = "notifications"


@query(list[PaymentProvider], "Through whom orders can be paid here.", allow=EVERYONE)
async def payment_providers(context: Context) -> list[ProviderView]:
    return shown_providers(context, tuple(context.ports.payments.offers.all.values()))


@query(
    ReconciliationRunConnection,
    "Comparisons with the providers' books, newest first.",
    allow=may(Permission.READ_PAYMENTS),
)
async def reconciliation_runs(
    context: Context, *, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> ConnectionView:
    asked = window(first, after, last, before)
    page = await runs_page(context.reader, count=asked.count, place=_place(RUNS, asked), backwards=asked.backwards)
    return ConnectionView(page, _run_cursor, _run_counts)


@query(
    PaymentNotificationConnection,
    "What providers told by webhook, newest first.",
    allow=may(Permission.READ_PAYMENTS),
)
async def payment_notifications(
    context: Context,
    *,
    state: Annotated[NotificationState | None, strawberry.argument(description="Only in this state.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionView:
    asked = window(first, after, last, before)
    wanted = state.value if state is not None else None
    page = await notifications_page(
        context.reader, state=wanted, count=asked.count, place=_place(INBOX, asked), backwards=asked.backwards
    )
    return ConnectionView(page, _notification_cursor, _notification_counts, wanted)


def _place(order: str, asked: Window) -> Place | None:
    if asked.cursor is None:
        return None
    return decode_cursor(order, asked.cursor, None)


def _run_cursor(run: RunView) -> str:
    return encode_cursor(RUNS, Place(None, run.id))


def _notification_cursor(notification: NotificationView) -> str:
    return encode_cursor(INBOX, Place(None, notification.id))


async def _run_counts(context: Context, keys: Sequence[Hashable]) -> list[int]:
    return [await runs_count(context.reader) for _ in keys]


async def _notification_counts(context: Context, keys: Sequence[Hashable]) -> list[int]:
    """One count a state; there are four ways to ask at most."""
    return [await notifications_count(context.reader, str(key) if key is not None else None) for key in keys]
