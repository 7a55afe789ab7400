"""The clock's rows: whoever moves a row on owns that run, so that any number of clocks start each run once.

The database's time decides. A run that was missed, because nothing ran, is made up for once and not many times.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import Double, Text, any_, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from persistence.statement import Question, Statement
from persistence.tables import ScheduleRow
from persistence.transaction import Transaction


class _Name(NamedTuple):
    name: str


_SECOND = text("interval '1 second'")
ENTER = Statement(
    insert(ScheduleRow).values(name=bindparam("name"), next_run_at=func.now()).on_conflict_do_nothing(index_elements=["name"])
)
_RHYTHM = select(
    func.unnest(bindparam("names", type_=ARRAY(Text()))).label("name"),
    func.unnest(bindparam("seconds", type_=ARRAY(Double()))).label("seconds"),
).cte("rhythm")
_DUE = (
    select(ScheduleRow.name)
    .where(ScheduleRow.name == any_(bindparam("names", type_=ARRAY(Text()))), ScheduleRow.next_run_at <= func.now())
    .with_for_update(skip_locked=True)
    .cte("due")
)
TAKE_DUE = Question(
    _Name,
    update(ScheduleRow)
    .where(ScheduleRow.name == _DUE.c.name, _RHYTHM.c.name == _DUE.c.name)
    .values(next_run_at=func.now() + _SECOND * _RHYTHM.c.seconds)
    .returning(ScheduleRow.name),
)


class Schedule:
    """The schedule on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def take_due(self, rhythm: Mapping[str, float]) -> list[str]:
        """The entries (name: seconds between runs) whose time has come, each now the caller's to run and moved on."""
        taken = await self._transaction.rows(TAKE_DUE, names=list(rhythm), seconds=list(rhythm.values()))
        return sorted(each.name for each in taken)

    async def enter(self, names: Mapping[str, float]) -> None:
        """Makes rows for entries that have none; they are due at once."""
        await self._transaction.run_each(ENTER, [{"name": name} for name in sorted(names)])
