"""The report over payments: sums of the ledger's double entries, by day or by whom and how it was paid."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Integer,
    Text,
    and_,
    any_,
    bindparam,
    cast,
    distinct,
    func,
    literal_column,
    select,
)

from domain.payments.report import ROWS_MAX, ReportGroup
from persistence.channels.tables import ChannelRow
from persistence.orders.tables import OrderRow
from persistence.payments.tables import LedgerEntryRow, PaymentRow
from persistence.reader import Reader
from persistence.statement import Question, ids


class ReportView(NamedTuple):
    """What moved for one key, in one currency. Amounts are minor units; `net` is what the providers owe us more than before."""

    key: str
    currency: str
    transfers: int
    authorized: int
    released: int
    captured: int
    refunded: int
    came_back: int
    fees: int
    disputed: int
    lost: int
    net: int


_KEYS: dict[ReportGroup, ColumnElement[str]] = {
    ReportGroup.PROVIDER: PaymentRow.provider.expression,
    ReportGroup.DAY: func.to_char(
        func.timezone(literal_column("'UTC'"), LedgerEntryRow.created_at), literal_column("'YYYY-MM-DD'")
    ),
    ReportGroup.CURRENCY: LedgerEntryRow.currency.expression,
    ReportGroup.METHOD: func.coalesce(PaymentRow.method["brand"].astext, literal_column("''")),
    ReportGroup.CHANNEL: ChannelRow.slug.expression,
}


def _moved(account: str, kind: str | None = None) -> ColumnElement[int]:
    """What an account was debited by transfers of a kind, or by all of them."""
    of_account = LedgerEntryRow.account == literal_column(f"'{account}'")
    wanted = of_account if kind is None else and_(of_account, LedgerEntryRow.kind == literal_column(f"'{kind}'"))
    return cast(func.coalesce(func.sum(LedgerEntryRow.amount).filter(wanted), literal_column("0")), BigInteger())


@lru_cache(maxsize=20)
def _report(group: ReportGroup, *, by_channel: bool, by_slug: bool) -> Question[ReportView]:
    key = cast(_KEYS[group], Text()).label("key")
    moment = DateTime(timezone=True)
    found = (
        select(
            key,
            LedgerEntryRow.currency,
            cast(func.count(distinct(LedgerEntryRow.transfer)), Integer()).label("transfers"),
            _moved("AUTHORIZED", "AUTHORIZATION").label("authorized"),
            _moved("RECEIVABLE", "RELEASE").label("released"),
            _moved("PROVIDER", "CAPTURE").label("captured"),
            _moved("CUSTOMER", "REFUND").label("refunded"),
            _moved("PROVIDER", "REFUND_FAILED").label("came_back"),
            _moved("FEES").label("fees"),
            _moved("DISPUTED").label("disputed"),
            _moved("LOST").label("lost"),
            _moved("PROVIDER").label("net"),
        )
        .join(PaymentRow, PaymentRow.id == LedgerEntryRow.payment_id)
        .join(OrderRow, OrderRow.id == LedgerEntryRow.order_id)
        .join(ChannelRow, ChannelRow.id == OrderRow.channel_id)
        .where(
            LedgerEntryRow.created_at >= bindparam("since", type_=moment),
            LedgerEntryRow.created_at < bindparam("until", type_=moment),
        )
        .group_by(literal_column("1"), literal_column("2"))
        .order_by(literal_column("1"), literal_column("2"))
        .limit(literal_column(str(ROWS_MAX + 1)))
    )
    if by_channel:
        found = found.where(OrderRow.channel_id == any_(ids("channels")))
    if by_slug:
        found = found.where(ChannelRow.slug == bindparam("slug"))
    return Question(ReportView, found)


async def payment_report(
    reader: Reader,
    group: ReportGroup,
    *,
    since: datetime,
    until: datetime,
    channels: Collection[UUID] | None,
    slug: str | None,
) -> list[ReportView]:
    """What moved from `since` until before `until`, of these channels (None: all) or one of them; one row too many at most."""
    question = _report(group, by_channel=channels is not None, by_slug=slug is not None)
    more: dict[str, object] = {} if channels is None else {"channels": list(channels)}
    return list(await reader.rows(question, since=since, until=until, **more, **({} if slug is None else {"slug": slug})))
