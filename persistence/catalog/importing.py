"""The product import as a command runs it: a file on disk, a database, and lines that tell how far it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, or_, select

from domain.catalog.model import ImportProgress, RowError
from domain.error import Invalid
from domain.ids import ChannelId, WarehouseId
from domain.imports.flows import import_products
from domain.imports.model import ImportReport
from persistence.channels.tables import ChannelRow
from persistence.engine import Database, DatabaseSettings
from persistence.statement import Question
from persistence.stock.tables import WarehouseRow
from persistence.unit import Transactions, UnitOfWork

ACTOR = "machine:import"
DEFAULT = "default"
"""Stands for the shop's default channel."""
PIECE_BYTES = 256 * 1024
STATEMENT_SECONDS = 30.0


class _Places(NamedTuple):
    channel_id: UUID | None
    warehouse_id: UUID | None


PLACES = Question(
    _Places,
    select(
        select(ChannelRow.id)
        .where(or_(ChannelRow.slug == bindparam("channel"), bindparam("channel") == DEFAULT))
        .order_by((ChannelRow.slug == bindparam("channel")).desc(), ChannelRow.is_default.desc(), ChannelRow.slug)
        .limit(1)
        .scalar_subquery()
        .label("channel_id"),
        select(WarehouseRow.id)
        .where(WarehouseRow.is_active)
        .order_by(WarehouseRow.priority, WarehouseRow.id)
        .limit(1)
        .scalar_subquery()
        .label("warehouse_id"),
    ),
)


async def import_file(
    database_url: str,
    file: Path,
    *,
    channel: str,
    now: datetime,
    progress: Callable[[str], None],
    published: Callable[[Sequence[str]], None] = lambda _topics: None,
) -> ImportReport:
    """Reads a product CSV of any size; `channel` is a slug, or "default". Quantities go to the first warehouse.

    `published` tells running processes of each change; without, they see it when what they keep is over.
    """
    database = Database(DatabaseSettings(url=database_url, statement_seconds=STATEMENT_SECONDS))
    await database.open()
    try:
        transact = Transactions(database, published=published)
        places = await transact.work(_places, channel=channel)
        if isinstance(places, Invalid):
            return ImportReport(progress=ImportProgress(), failure=places.reason)

        async def tell(so_far: ImportProgress, errors: Sequence[RowError]) -> None:
            del errors
            progress(summary(so_far))

        return await import_products(
            transact,
            _pieces(file),
            channel_id=places[0],
            warehouse_id=places[1],
            actor=ACTOR,
            now=now,
            progress=tell,
        )
    finally:
        await database.close()


def summary(progress: ImportProgress) -> str:
    """How far an import is, in a line."""
    return (
        f"{progress.rows} rows: {progress.created} products new, {progress.updated} changed, "
        f"{progress.unchanged} unchanged, {progress.errors} errors"
    )


async def _places(unit: UnitOfWork, *, channel: str) -> tuple[ChannelId, WarehouseId] | Invalid:
    found = await unit.transaction.row(PLACES, channel=channel)
    if found is None or found.channel_id is None:
        return Invalid(reason=f"There is no channel {channel}.")
    if found.warehouse_id is None:
        return Invalid(reason="There is no warehouse yet.")
    return ChannelId(found.channel_id), WarehouseId(found.warehouse_id)


async def _pieces(file: Path) -> AsyncIterator[bytes]:
    """The file in pieces. Reading blocks the loop, on which nothing else runs in a command."""
    with file.open("rb") as opened:
        while piece := opened.read(PIECE_BYTES):
            yield piece
