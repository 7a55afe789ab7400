"""The port of what people decline made true on PostgreSQL: opt-outs by address, quiet hours by channel, messages held back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from domain.access.rules import email_key
from domain.ids import ChannelId, NoticeId
from domain.notices.model import Medium, NoticeKind
from domain.notices.preferences import Choice, QuietHours
from persistence.reader import Reader
from persistence.statement import Question, Statement
from persistence.transaction import Transaction


class _Declined(NamedTuple):
    address_key: str
    kind: str
    medium: str


class _Addressed(NamedTuple):
    recipient: str
    kind: str
    medium: str


class _Quiet(NamedTuple):
    time_zone: str
    starts: time
    ends: time


class _Id(NamedTuple):
    id: UUID


DECLINED = Question(
    _Declined,
    text("SELECT address_key, kind, medium FROM message_opt_out WHERE address_key = ANY (CAST(:ids AS text[]))"),
    by="address_key",
)
DECLINE = Statement(
    text("""
    INSERT INTO message_opt_out (address_key, kind, medium)
    SELECT CAST(:address_key AS text), c.kind, c.medium
    FROM unnest(CAST(:kinds AS text[]), CAST(:media AS text[])) AS c (kind, medium)
    ORDER BY 2, 3 ON CONFLICT DO NOTHING
    """)
)
ACCEPT = Statement(
    text("""
    DELETE FROM message_opt_out o USING unnest(CAST(:kinds AS text[]), CAST(:media AS text[])) AS c (kind, medium)
    WHERE o.address_key = CAST(:address_key AS text) AND o.kind = c.kind AND o.medium = c.medium
    """)
)
CARRY_OVER = Statement(
    text("""
    INSERT INTO message_opt_out (address_key, kind, medium)
    SELECT CAST(:new_key AS text), kind, medium FROM message_opt_out WHERE address_key = CAST(:old_key AS text)
    ORDER BY 2, 3 ON CONFLICT DO NOTHING
    """)
)
ADDRESSED = Question(
    _Addressed,
    text("SELECT recipient, kind, medium FROM notice WHERE id = CAST(:notice_id AS uuid) AND recipient <> ''"),
)
QUIET = Question(
    _Quiet,
    text("""
    SELECT q.time_zone, q.starts, q.ends FROM quiet_hours q JOIN channel c ON c.id = q.channel_id
    WHERE c.id = CAST(:channel_id AS uuid) OR (CAST(:channel_id AS uuid) IS NULL AND c.is_default)
    """),
)
CHANNEL = Question(_Id, text("SELECT id FROM channel WHERE slug = CAST(:slug AS text) AND is_active"))
SET_QUIET = Statement(
    text("""
    INSERT INTO quiet_hours (channel_id, time_zone, starts, ends)
    VALUES (CAST(:channel_id AS uuid), CAST(:time_zone AS text), CAST(:starts AS time), CAST(:ends AS time))
    ON CONFLICT (channel_id) DO UPDATE SET time_zone = excluded.time_zone, starts = excluded.starts, ends = excluded.ends
    """)
)
NEVER_QUIET = Statement(text("DELETE FROM quiet_hours WHERE channel_id = CAST(:channel_id AS uuid)"))
# As if it had not been claimed: the try was none, and the next one has its number.
PUT_OFF = Statement(
    text("""
    UPDATE notice SET state = 'QUEUED', attempts = attempts - 1, next_attempt_at = CAST(:until AS timestamptz)
    WHERE id = CAST(:notice_id AS uuid) AND attempts = CAST(:fence AS int) AND state = 'SENDING'
    """)
)
WITHHOLD = Statement(
    text("""
    UPDATE notice SET state = 'WITHHELD', attempts = attempts - 1
    WHERE id = CAST(:notice_id AS uuid) AND attempts = CAST(:fence AS int) AND state = 'SENDING'
    """)
)


class PreferenceRows:
    """`domain.notices.store.PreferencesStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def declines(self, address: str, choice: Choice) -> bool:
        declined = await self._transaction.rows(DECLINED, ids=[email_key(address)])
        return choice in _choices(declined)

    async def decline(self, address: str, choices: Sequence[Choice]) -> None:
        if choices:
            await self._transaction.run(DECLINE, address_key=email_key(address), **_columns(choices))

    async def accept(self, address: str, choices: Sequence[Choice]) -> None:
        if choices:
            await self._transaction.run(ACCEPT, address_key=email_key(address), **_columns(choices))

    async def carry_over(self, old: str, new: str) -> None:
        await self._transaction.run(CARRY_OVER, old_key=email_key(old), new_key=email_key(new))

    async def addressed(self, notice_id: NoticeId) -> tuple[str, Choice] | None:
        found = await self._transaction.row(ADDRESSED, notice_id=notice_id)
        if found is None:
            return None
        return found.recipient, Choice(kind=NoticeKind(found.kind), medium=Medium(found.medium))

    async def quiet_hours(self, channel_id: UUID | None) -> QuietHours | None:
        return _hours(await self._transaction.row(QUIET, channel_id=channel_id))

    async def set_quiet_hours(self, slug: str, quiet: QuietHours | None) -> ChannelId | None:
        channel = await self._transaction.row(CHANNEL, slug=slug)
        if channel is None:
            return None
        if quiet is None:
            await self._transaction.run(NEVER_QUIET, channel_id=channel.id)
        else:
            await self._transaction.run(
                SET_QUIET, channel_id=channel.id, time_zone=quiet.zone, starts=quiet.starts, ends=quiet.ends
            )
        return ChannelId(channel.id)

    async def put_off(self, notice_id: NoticeId, *, fence: int, until: datetime) -> None:
        await self._transaction.run(PUT_OFF, notice_id=notice_id, fence=fence, until=until)

    async def withhold(self, notice_id: NoticeId, *, fence: int) -> None:
        await self._transaction.run(WITHHOLD, notice_id=notice_id, fence=fence)


async def declined_by(reader: Reader, addresses: Sequence[str]) -> list[frozenset[Choice]]:
    """For each address what it wants none of."""
    return [_choices(each) for each in await reader.many_each(DECLINED, [email_key(each) for each in addresses])]


async def quiet_hours_of(reader: Reader, channel_id: UUID) -> QuietHours | None:
    """When a channel is quiet; None when it never is."""
    return _hours(await reader.row(QUIET, channel_id=channel_id))


def _choices(rows: Sequence[_Declined]) -> frozenset[Choice]:
    return frozenset(Choice(kind=NoticeKind(each.kind), medium=Medium(each.medium)) for each in rows)


def _hours(found: _Quiet | None) -> QuietHours | None:
    return QuietHours(zone=found.time_zone, starts=found.starts, ends=found.ends) if found is not None else None


def _columns(choices: Sequence[Choice]) -> dict[str, list[str]]:
    return {"kinds": [each.kind.value for each in choices], "media": [each.medium.value for each in choices]}
