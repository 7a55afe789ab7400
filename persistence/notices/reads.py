"""Reading messages: the mailbox of staff, newest first, and one message whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Integer, Uuid, any_, bindparam, func, select, tuple_

from domain.ids import OrderId
from domain.notices.model import OrderFacts
from persistence.notices.facts import LINES, SHOP, SHOP_NAME, facts_of
from persistence.notices.facts import ORDER as ORDER_SAID
from persistence.notices.tables import NoticeRow
from persistence.notices.templates import ALL, TemplateRow
from persistence.paging import Page, Place, decode_cursor, encode_cursor, page_of
from persistence.reader import Reader
from persistence.statement import Question, ids

ORDER = "notices.created"


class NoticeView(NamedTuple):
    """A message and how its sending went."""

    id: UUID
    kind: str
    medium: str
    recipient: str
    language: str
    subject: str
    body_text: str
    body_html: str
    message_id: str
    order_id: UUID | None
    state: str
    attempts: int
    failure: str | None
    created_at: datetime
    next_attempt_at: datetime
    sent_at: datetime | None
    is_unsure: bool
    reference: str | None
    receipt: str | None
    receipt_at: datetime | None


class _Count(NamedTuple):
    total: int


_VIEW = select(
    NoticeRow.id,
    NoticeRow.kind,
    NoticeRow.medium,
    NoticeRow.recipient,
    NoticeRow.language,
    NoticeRow.subject,
    NoticeRow.body_text,
    NoticeRow.body_html,
    NoticeRow.message_id,
    NoticeRow.order_id,
    NoticeRow.state,
    NoticeRow.attempts,
    NoticeRow.failure,
    NoticeRow.created_at,
    NoticeRow.next_attempt_at,
    NoticeRow.sent_at,
    NoticeRow.is_unsure,
    NoticeRow.reference,
    NoticeRow.receipt,
    NoticeRow.receipt_at,
)
BY_ID = Question(NoticeView, _VIEW.where(NoticeRow.id == any_(ids())), by="id")


class Wanted(NamedTuple):
    """Which messages: all that holds of what is not None. The recipient is the whole address or number."""

    state: str | None = None
    medium: str | None = None
    kind: str | None = None
    recipient: str | None = None
    order_id: UUID | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None

    def values(self) -> dict[str, object]:
        """What is asked for, by name."""
        return {name: value for name, value in self._asdict().items() if value is not None}


_CONDITIONS: Mapping[str, ColumnElement[bool]] = {
    "state": NoticeRow.state == bindparam("state"),
    "medium": NoticeRow.medium == bindparam("medium"),
    "kind": NoticeRow.kind == bindparam("kind"),
    "recipient": NoticeRow.recipient == bindparam("recipient"),
    "order_id": NoticeRow.order_id == bindparam("order_id", type_=Uuid()),
    "created_from": NoticeRow.created_at >= bindparam("created_from", type_=DateTime(timezone=True)),
    "created_before": NoticeRow.created_at < bindparam("created_before", type_=DateTime(timezone=True)),
}


@lru_cache(maxsize=256)
def _page(names: frozenset[str], *, with_cursor: bool, backwards: bool) -> Question[NoticeView]:
    """The statement of one shape of question."""
    place = tuple_(NoticeRow.created_at, NoticeRow.id)
    statement = _VIEW.where(*_asked(names)).limit(bindparam("limit", type_=Integer()))
    if with_cursor:
        seen = tuple_(bindparam("value", type_=DateTime(timezone=True)), bindparam("id", type_=Uuid()))
        statement = statement.where(place > seen if backwards else place < seen)
    if backwards:
        return Question(NoticeView, statement.order_by(NoticeRow.created_at, NoticeRow.id))
    return Question(NoticeView, statement.order_by(NoticeRow.created_at.desc(), NoticeRow.id.desc()))


@lru_cache(maxsize=128)
def _count(names: frozenset[str]) -> Question[_Count]:
    statement = select(func.count().label("total")).select_from(NoticeRow)
    return Question(_Count, statement.where(*_asked(names)))


def _asked(names: frozenset[str]) -> list[ColumnElement[bool]]:
    return [_CONDITIONS[name] for name in sorted(names)]


async def notices_by_id(reader: Reader, notice_ids: Sequence[UUID]) -> list[NoticeView | None]:
    """For each id its message, or None."""
    return await reader.one_each(BY_ID, notice_ids)


async def notices_page(reader: Reader, wanted: Wanted, *, count: int, cursor: str | None, backwards: bool) -> Page[NoticeView]:
    """A page of messages, newest first. Raises `BadCursor`."""
    values: dict[str, object] = {**wanted.values(), "limit": count + 1}
    if cursor is not None:
        place = decode_cursor(ORDER, cursor, datetime)
        values |= {"value": place.value, "id": place.id}
    question = _page(frozenset(wanted.values()), with_cursor=cursor is not None, backwards=backwards)
    return page_of(await reader.rows(question, **values), count=count, backwards=backwards, from_cursor=cursor is not None)


async def count_notices(reader: Reader, wanted: Wanted) -> int:
    """How many messages there are of those wanted."""
    found = await reader.row(_count(frozenset(wanted.values())), **wanted.values())
    return found.total if found is not None else 0


def notice_cursor(row: NoticeView) -> str:
    """The place of a message in the list."""
    return encode_cursor(ORDER, Place(row.created_at, row.id))


TEMPLATES_MAX = 1000
"""More than kinds, languages and media make together."""


async def changed_templates(reader: Reader) -> dict[tuple[str, str, str], TemplateRow]:
    """The templates that were ever changed, by kind, language and medium."""
    rows = await reader.rows(ALL, limit=TEMPLATES_MAX)
    return {(each.kind, each.language, each.medium): each for each in rows}


async def shop_name(reader: Reader) -> str:
    """What the shop calls itself in its letters."""
    found = await reader.row(SHOP)
    return found.shop_name if found is not None else SHOP_NAME


async def order_facts(reader: Reader, order_id: UUID) -> OrderFacts | None:
    """What letters tell of an order; None when there is none."""
    order = await reader.row(ORDER_SAID, order_id=order_id)
    if order is None:
        return None
    return facts_of(OrderId(order_id), order, await reader.rows(LINES, order_id=order_id))
