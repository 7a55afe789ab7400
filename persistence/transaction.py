"""One open transaction: the connection, the statements sent on it, and what to do once it has committed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from persistence.statement import Connection, Question, Statement, V, fetch, run, run_each
from persistence.tags import touched


class Transaction:
    """What stores speak to. `statements` counts round trips, BEGIN and COMMIT left out; `tags` are those it touched."""

    __slots__ = ("_connection", "statements", "tags")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.statements = 0
        self.tags: set[str] = set()

    async def rows(self, question: Question[V], **values: object) -> list[V]:
        """All rows of an answer."""
        self.statements += 1
        rows = await fetch(self._connection, question, values)
        self.tags.update(touched(question, values, rows))
        return rows

    async def row(self, question: Question[V], **values: object) -> V | None:
        """The first row, or None."""
        found = await self.rows(question, **values)
        return found[0] if found else None

    async def run(self, statement: Statement, **values: object) -> int:
        """Runs a statement for its effect; how many rows it touched."""
        self.statements += 1
        self.tags.update(touched(statement, values, ()))
        return await run(self._connection, statement, values)

    async def run_each(
        self, statement: Statement, rows: Iterable[Mapping[str, object]], *, tags: Iterable[str] | None = None
    ) -> None:
        """Runs one statement for many rows in one round trip; `tags` are what it touches, where the caller knows better."""
        self.statements += 1
        each_of_them = list(rows)
        if tags is not None:
            self.tags.update(tags)
        else:
            for values in each_of_them:
                self.tags.update(touched(statement, values, ()))
        await run_each(self._connection, statement, each_of_them)
