"""The report over payments: what moved in a time, as sums of the ledger, told apart by one thing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import strawberry

import schema.payments.enums  # noqa: F401 - describes the closed sets, which the annotations below name
from domain.payments.report import DAYS_MAX, ROWS_MAX, ReportGroup
from domain.viewer import Permission, channels_of
from persistence.payments import report_reads
from persistence.payments.report_reads import ReportView
from schema.catalog.lists import is_storable
from schema.context import Context
from schema.execution.fields import plain, query, shows
from schema.payments.types import money_field
from schema.permissions import may
from schema.refusal import Refusal
from schema.scalars import Money

READ = may(Permission.READ_PAYMENTS, by_channel=True)


@strawberry.type(name="PaymentReportRow", description="What moved for one key, in one currency: sums of the ledger's entries.")
@shows(ReportView, allow=READ)
class PaymentReportRow:
    """Shown from `ReportView`."""

    key: str = plain(
        "The provider's name, the day (UTC, `2026-11-21`), the currency, the method's brand (empty while none is known), or the "
        "channel's slug."
    )
    transfers: int = plain("How many double entries of the ledger these are sums of.")
    authorized: Money = money_field("authorized", "What was promised.")
    released: Money = money_field("released", "Of what was promised: what was not taken.")
    captured: Money = money_field("captured", "What was taken.")
    refunded: Money = money_field("refunded", "What was given back.")
    came_back: Money = money_field("came_back", "Of what was given back: what failed on its way and came back.")
    fees: Money = money_field("fees", "What providers charged; below zero when they gave more of it back.")
    disputed: Money = money_field("disputed", "What providers hold because of disputes, more than before.")
    lost: Money = money_field("lost", "What was lost in disputes.")
    net: Money = money_field("net", "What all of it comes to: taken, less what was given back, charged, held and lost.")


@query(
    list[PaymentReportRow],
    f"What moved from `since` until before `until`, {DAYS_MAX} days at most, in the channels one works in: sums of the ledger, each "
    f"in its own currency. No more than {ROWS_MAX} rows.",
    allow=READ,
    size=50,
)
async def payment_report(
    context: Context,
    *,
    group_by: Annotated[ReportGroup, strawberry.argument(description="What the rows are told apart by, beside the currency.")],
    since: Annotated[datetime, strawberry.argument(description="From when on.")],
    until: Annotated[datetime, strawberry.argument(description="Until before when.")],
    channel: Annotated[str | None, strawberry.argument(description="Only of the channel with this slug.")] = None,
) -> list[ReportView]:
    if not timedelta() < until - since <= timedelta(days=DAYS_MAX):
        raise Refusal("BAD_USER_INPUT", f"`until` is after `since`, by {DAYS_MAX} days at most.")
    if not is_storable(channel or ""):
        return []
    channels = channels_of(context.viewer)
    rows = await report_reads.payment_report(
        context.reader, group_by, since=since, until=until, channels=channels, slug=channel
    )
    if len(rows) > ROWS_MAX:
        raise Refusal("BAD_USER_INPUT", f"This would be more than {ROWS_MAX} rows: ask for a shorter time, or for one channel.")
    return rows
