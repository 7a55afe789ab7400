"""The statements about templates: what staff has put in place of the words that come with the shop."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Integer, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import insert

from persistence.notices.tables import MessageTemplateRow, NoticeRow
from persistence.statement import Question, Statement


class TemplateRow(NamedTuple):
    """A template that was changed at some time; without texts when it was reset."""

    kind: str
    language: str
    medium: str
    subject: str | None
    heading: str | None
    body: str | None
    version: int
    updated_at: datetime


class _Wording(NamedTuple):
    subject: str
    heading: str
    body: str


class _Version(NamedTuple):
    version: int


class _Total(NamedTuple):
    total: int


_ROW = MessageTemplateRow
_NAMED = (_ROW.kind == bindparam("kind")) & (_ROW.language == bindparam("language")) & (_ROW.medium == bindparam("medium"))
WORDING = Question(_Wording, select(_ROW.subject, _ROW.heading, _ROW.body).where(_NAMED, _ROW.body.is_not(None)))
VERSION = Question(_Version, select(_ROW.version).where(_NAMED).with_for_update())
_PUT = insert(MessageTemplateRow).values(
    id=bindparam("id"),
    kind=bindparam("kind"),
    language=bindparam("language"),
    medium=bindparam("medium"),
    subject=bindparam("subject"),
    heading=bindparam("heading"),
    body=bindparam("body"),
    version=bindparam("expected", type_=Integer()) + 1,
)
PUT = Statement(
    _PUT.on_conflict_do_update(
        index_elements=["kind", "language", "medium"],
        set_={
            "subject": _PUT.excluded.subject,
            "heading": _PUT.excluded.heading,
            "body": _PUT.excluded.body,
            "version": _PUT.excluded.version,
            "updated_at": func.now(),
        },
        where=_ROW.version == _PUT.excluded.version - 1,
    )
)
COUNT_CAUSES = Question(
    _Total,
    select(func.count().label("total")).where(
        NoticeRow.created_at > func.now() - text("interval '2 minutes'"),
        func.starts_with(NoticeRow.cause, bindparam("prefix")),
    ),
)
ALL = Question(
    TemplateRow,
    select(_ROW.kind, _ROW.language, _ROW.medium, _ROW.subject, _ROW.heading, _ROW.body, _ROW.version, _ROW.updated_at).limit(
        bindparam("limit", type_=Integer())
    ),
)
