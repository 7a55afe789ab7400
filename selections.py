"""What outgoing webhooks need of the schema: the results of endpoints' GraphQL selections, run as a reader of their own.

The schema is built when the first selection is resolved: a worker of a shop without any pays nothing for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from domain.ids import AppId
from domain.viewer import App, Permission, Viewer, scope_of
from domain.webhooks.model import TYPE_NAMES, DueDelivery
from gateways.settings import Settings
from persistence.engine import Database
from persistence.reader import Reader
from persistence.unit import Transactions
from schema.context import Contexts
from schema.execution.engine import Engine, Rejected
from schema.ids import global_id
from schema.limits import Ceilings
from schema.root import build, executable
from schema.transport.caller import Caller
from schema.webhooks.selection import takes_id
from supplies import Supplies


class SchemaSelections:
    """`domain.webhooks.provider.Selections` on a worker's database."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._built: tuple[Engine, Supplies] | None = None

    def named(self, type_name: str, id: UUID) -> str:
        return global_id(type_name, id)

    async def resolve(self, text: str, *, permissions: frozenset[Permission], delivery: DueDelivery) -> Mapping[str, object]:
        """The result for the thing that the event is about, as `$id`; ValueError when the selection fits the schema no more."""
        engine, supplies = self._engine()
        try:
            prepared = await engine.prepare(text, None)
        except Rejected as wrong:
            raise ValueError(f"the selection does not fit the schema: {wrong.errors[0].message}") from None

        async def identify(_caller: Caller, _reader: Reader, _now: datetime) -> Viewer:
            scopes = frozenset(scope_of(each) for each in permissions)
            return App(id=AppId(delivery.endpoint_id), scopes=scopes, permissions=permissions)

        contexts = Contexts(
            database=self._database,
            transact=Transactions(self._database, published=lambda _topics: None),
            ports=supplies.ports(),
            identify=identify,
            clock=lambda: datetime.now(UTC),
        )
        subject = global_id(TYPE_NAMES[delivery.aggregate], delivery.aggregate_id)
        variables = {"id": subject} if takes_id(prepared.operation) else {}
        async with contexts.open(Caller(request_id=str(delivery.id))) as context:
            result = await engine.execute(prepared, variables, context)
        told: dict[str, object] = {"data": result.data}
        if result.errors:
            told["errors"] = [{"message": "A part could not be read.", "path": each.path} for each in result.errors]
        return told

    def _engine(self) -> tuple[Engine, Supplies]:
        if self._built is None:
            engine = Engine(executable(build()), ceilings=Ceilings(), open_about_itself=False)
            self._built = engine, Supplies(self._settings)
        return self._built
