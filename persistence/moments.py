"""When what is shown changes by itself: the next of the dates that reads compare with the present."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import DateTime, bindparam, func, select

from persistence.reader import Reader
from persistence.statement import Question
from persistence.tables import METADATA
from persistence.tags import Moment


class _Next(NamedTuple):
    at: datetime | None


async def next_moment(reader: Reader, moments: frozenset[Moment], *, after: datetime) -> datetime | None:
    """The earliest of these columns' times after that one; None when nothing is to come."""
    found = await reader.row(_next(moments), now=after)
    return found.at if found is not None else None


@lru_cache(maxsize=100)
def _next(moments: frozenset[Moment]) -> Question[_Next]:
    columns = [METADATA.tables[table].c[column] for table, column in sorted(moments)]
    now = bindparam("now", type_=DateTime(timezone=True))
    earliest = [select(func.min(each)).where(each > now).scalar_subquery() for each in columns]
    return Question(_Next, select((func.least(*earliest) if len(earliest) > 1 else earliest[0]).label("at")))
