"""When what is shown changes by itself: the next of the dates that reads compare with the present."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import DateTime, bindparam, func, select

from persistence.changes import Changes
from persistence.statement import Question
from persistence.tables import METADATA
from persistence.tags import Moment


class Next(NamedTuple):
    """The earliest time to come, None when there is none."""

    at: datetime | None


class _Known(NamedTuple):
    since: int
    after: datetime
    found: Next


class Coming:
    """The next times of columns, remembered until one of their tables is written to, or the time has come."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._known: dict[frozenset[Moment], _Known] = {}

    @property
    def stamp(self) -> int:
        """What to `learn` a found time with, taken before it is looked for."""
        return self._changes.stamp

    def known(self, moments: frozenset[Moment], *, after: datetime) -> Next | None:
        """The earliest of the columns' times after that one; None when it has to be looked for."""
        known = self._known.get(moments)
        if known is None or known.after > after or (known.found.at is not None and known.found.at <= after):
            return None
        return None if self._changes.is_touched({each.table for each in moments}, since=known.since) else known.found

    def learn(self, moments: frozenset[Moment], found: Next, *, after: datetime, since: int) -> None:
        """Remembers what `next_of` answered."""
        self._known[moments] = _Known(since, after, found)


@lru_cache(maxsize=100)
def next_of(moments: frozenset[Moment]) -> Question[Next]:
    """Asks for the earliest of these columns' times after `now`."""
    columns = [METADATA.tables[table].c[column] for table, column in sorted(moments)]
    now = bindparam("now", type_=DateTime(timezone=True))
    earliest = [select(func.min(each)).where(each > now).scalar_subquery() for each in columns]
    return Question(Next, select((func.least(*earliest) if len(earliest) > 1 else earliest[0]).label("at")))
