"""Reading notifications: a page of one's own, newest first; all that are new, for those who watch; and what is read of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Integer, Text, Uuid, and_, any_, bindparam, exists, func, not_, or_, select

from domain.ids import AccountId
from domain.notifications.model import Reach
from persistence.base import JsonObject
from persistence.notifications.tables import NotificationPlaceRow, NotificationReadRow, NotificationRow
from persistence.paging import Page, Place, decode_cursor, encode_cursor, page_of
from persistence.reader import Reader
from persistence.statement import Question, ids, many

ORDER = "notifications"


class NotificationView(NamedTuple):
    """A notification, as all who may read it see it."""

    id: UUID
    seq: int
    kind: str
    permission: str | None
    channel_id: UUID | None
    customer_id: UUID | None
    order_id: UUID | None
    aggregate: str
    aggregate_id: UUID
    data: JsonObject
    created_at: datetime


class _Id(NamedTuple):
    id: UUID


class _Count(NamedTuple):
    total: int


class _Last(NamedTuple):
    seq: int


_VIEW = select(
    NotificationRow.id,
    NotificationRow.seq,
    NotificationRow.kind,
    NotificationRow.permission,
    NotificationRow.channel_id,
    NotificationRow.customer_id,
    NotificationRow.order_id,
    NotificationRow.aggregate,
    NotificationRow.aggregate_id,
    NotificationRow.data,
    NotificationRow.created_at,
)
_CHANNELS = ids("channels")
_OF_CUSTOMER = NotificationRow.customer_id == bindparam("customer_id", type_=Uuid())
_OF_STAFF = and_(
    NotificationRow.customer_id.is_(None),
    NotificationRow.permission == any_(many("permissions", Text())),
    or_(_CHANNELS.is_(None), NotificationRow.channel_id == any_(_CHANNELS)),
)
_ACCOUNT = bindparam("account_id", type_=Uuid())
_PLACE = select(NotificationPlaceRow.seq).where(NotificationPlaceRow.account_id == _ACCOUNT).scalar_subquery()
_IS_READ = or_(
    NotificationRow.seq <= func.coalesce(_PLACE, 0),
    exists().where(NotificationReadRow.account_id == _ACCOUNT, NotificationReadRow.notification_id == NotificationRow.id),
)
_NAMED = NotificationRow.id == any_(ids())
_LIMIT = bindparam("limit", type_=Integer())
_AFTER = NotificationRow.seq > bindparam("after", type_=BigInteger())
READ_OF = Question(_Id, select(NotificationRow.id).where(_NAMED, _IS_READ))
"""Which of these an account has read."""
SINCE = Question(NotificationView, _VIEW.where(_AFTER).order_by(NotificationRow.seq).limit(_LIMIT))
LAST = Question(_Last, select(func.coalesce(func.max(NotificationRow.seq), 0).label("seq")))


def reach_values(reach: Reach) -> dict[str, object]:
    """The parameters that say what somebody reads."""
    if reach.customer_id is not None:
        return {"customer_id": reach.customer_id}
    channels = sorted(reach.channels) if reach.channels is not None else None
    return {"permissions": sorted(reach.permissions), "channels": channels}


def _mine(*, is_customer: bool) -> ColumnElement[bool]:
    return _OF_CUSTOMER if is_customer else _OF_STAFF


@lru_cache(maxsize=2)
def by_id(*, is_customer: bool) -> Question[NotificationView]:
    """The notifications of these ids that somebody reads."""
    return Question(NotificationView, _VIEW.where(_NAMED, _mine(is_customer=is_customer)))


@lru_cache(maxsize=2)
def _after(*, is_customer: bool) -> Question[NotificationView]:
    mine = _mine(is_customer=is_customer)
    return Question(NotificationView, _VIEW.where(mine, _AFTER).order_by(NotificationRow.seq).limit(_LIMIT))


@lru_cache(maxsize=16)
def _page(*, is_customer: bool, unread: bool, with_cursor: bool, backwards: bool) -> Question[NotificationView]:
    """The statement of one shape of question."""
    statement = _VIEW.where(_mine(is_customer=is_customer)).limit(_LIMIT)
    if unread:
        statement = statement.where(not_(_IS_READ))
    if with_cursor:
        seen = bindparam("value", type_=BigInteger())
        statement = statement.where(NotificationRow.seq > seen if backwards else NotificationRow.seq < seen)
    return Question(NotificationView, statement.order_by(NotificationRow.seq if backwards else NotificationRow.seq.desc()))


@lru_cache(maxsize=4)
def _count(*, is_customer: bool, unread: bool) -> Question[_Count]:
    statement = select(func.count().label("total")).select_from(NotificationRow).where(_mine(is_customer=is_customer))
    return Question(_Count, statement.where(not_(_IS_READ)) if unread else statement)


class Wanted(NamedTuple):
    """Whose notifications, and whether only those they have not read."""

    reach: Reach
    unread: bool

    def values(self) -> dict[str, object]:
        """The parameters of the question."""
        return reach_values(self.reach) | ({"account_id": self.reach.account_id} if self.unread else {})


async def notifications_by_id(reader: Reader, wanted: Sequence[UUID], *, reach: Reach) -> list[NotificationView | None]:
    """For each id the notification, if it is among what somebody reads."""
    rows = await reader.rows(by_id(is_customer=reach.customer_id is not None), ids=list(wanted), **reach_values(reach))
    found = {each.id: each for each in rows}
    return [found.get(each) for each in wanted]


async def notifications_page(
    reader: Reader, wanted: Wanted, *, count: int, cursor: str | None, backwards: bool
) -> Page[NotificationView]:
    """A page, newest first. Raises `BadCursor`."""
    values: dict[str, object] = {**wanted.values(), "limit": count + 1}
    if cursor is not None:
        values["value"] = position_of(cursor)
    question = _page(
        is_customer=wanted.reach.customer_id is not None,
        unread=wanted.unread,
        with_cursor=cursor is not None,
        backwards=backwards,
    )
    return page_of(await reader.rows(question, **values), count=count, backwards=backwards, from_cursor=cursor is not None)


async def count_notifications(reader: Reader, wanted: Wanted) -> int:
    """How many there are of those wanted."""
    question = _count(is_customer=wanted.reach.customer_id is not None, unread=wanted.unread)
    found = await reader.row(question, **wanted.values())
    return found.total if found is not None else 0


async def read_of(reader: Reader, account_id: AccountId, wanted: Sequence[UUID]) -> list[bool]:
    """For each notification whether an account has read it."""
    read = {each.id for each in await reader.rows(READ_OF, account_id=account_id, ids=list(wanted))}
    return [each in read for each in wanted]


async def own_after(reader: Reader, reach: Reach, after: int, *, limit: int) -> list[NotificationView]:
    """The next that somebody reads after a position, oldest first."""
    question = _after(is_customer=reach.customer_id is not None)
    return await reader.rows(question, after=after, limit=limit, **reach_values(reach))


async def all_after(reader: Reader, after: int, *, limit: int) -> list[NotificationView]:
    """The next of everybody's after a position, oldest first."""
    return await reader.rows(SINCE, after=after, limit=limit)


async def last_position(reader: Reader) -> int:
    """The position of the newest of all; 0 when there is none."""
    found = await reader.row(LAST)
    return found.seq if found is not None else 0


def notification_cursor(row: NotificationView) -> str:
    """The place of a notification in the list."""
    return encode_cursor(ORDER, Place(row.seq, row.id))


def position_of(cursor: str) -> int:
    """The position behind a notification's cursor. Raises `BadCursor`."""
    value = decode_cursor(ORDER, cursor, int).value
    return value if isinstance(value, int) else 0
