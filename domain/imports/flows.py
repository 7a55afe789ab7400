"""The product import across its transactions: a file of any size in batches, from a command or from an uploaded run.

Doing it again is harmless: what is in the shop already is found unchanged. So a killed worker simply starts over.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from domain.catalog.model import ImportProgress, RowError
from domain.error import UserError
from domain.ids import ChannelId, ImportId, WarehouseId
from domain.imports import actions
from domain.imports.actions import Target
from domain.imports.model import ERRORS_KEPT_MAX, ImportReport, Sheet
from domain.imports.records import records_of
from domain.imports.rules import Planned
from domain.imports.sheets import Sheets, Unreadable
from domain.unit import Transact

BATCH_PRODUCTS = 100
BATCH_VARIANTS = 1_000
"""A batch ends at either: it is one transaction, and short."""

Progress = Callable[[ImportProgress, Sequence[RowError]], Awaitable[None]]
"""Told after each batch: the counts so far, and the row errors since the last time."""


async def import_products(
    transact: Transact,
    lines: Iterable[str] | AsyncIterable[bytes],
    *,
    channel_id: ChannelId,
    warehouse_id: WarehouseId,
    actor: str,
    now: datetime,
    progress: Progress,
) -> ImportReport:
    """Reads a Shopify product CSV into the shop; memory does not grow with the file.

    Prices go to the channel in its own currency, quantities to the warehouse. Rows that are wrong are told in the report
    and do not keep the others out; only a file that is no such CSV at all fails as a whole.
    """
    target = await transact(actions.target_of, channel_id=channel_id, warehouse_id=warehouse_id, actor=actor)
    if isinstance(target, UserError):
        return ImportReport(progress=ImportProgress(), failure=target.message)
    run = _Run(transact, target, now, progress)
    sheets = Sheets(target.currency)
    try:
        async for record in records_of(lines):
            for sheet in sheets.feed(record):
                await run.take(sheet, sheets)
        for sheet in sheets.end():
            await run.take(sheet, sheets)
    except Unreadable as unreadable:
        return ImportReport(progress=run.progress, errors=tuple(run.errors), failure=str(unreadable))
    await run.flush(sheets)
    failure = None if sheets.has_headings else "The file is empty."
    return ImportReport(progress=run.progress, errors=tuple(run.errors), failure=failure)


class _Run:
    """An import under way: the sheets of the next batch, the counts and the errors so far."""

    def __init__(self, transact: Transact, target: Target, now: datetime, tell: Progress) -> None:
        self.progress = ImportProgress()
        self.errors: list[RowError] = []
        self._transact = transact
        self._target = target
        self._now = now
        self._tell = tell
        self._batch: dict[str, Sheet] = {}

    async def take(self, sheet: Sheet, sheets: Sheets) -> None:
        """Adds a sheet to the batch, and writes the batch when it is full (or has this handle already)."""
        if sheet.handle in self._batch:
            await self.flush(sheets)
        self._batch[sheet.handle] = sheet
        variants = sum(len(each.variants) for each in self._batch.values())
        if len(self._batch) >= BATCH_PRODUCTS or variants >= BATCH_VARIANTS:
            await self.flush(sheets)

    async def flush(self, sheets: Sheets) -> None:
        """Writes the batch in one transaction, and tells how far the import has come."""
        batch, self._batch = list(self._batch.values()), {}
        plans = await self._transact(actions.write_batch, sheets=batch, target=self._target, now=self._now) if batch else []
        read, sheets.errors = sheets.errors, []
        news = sorted((*read, *(error for each in plans for error in each.errors)), key=lambda error: error.line)
        self._count(plans, rows=sheets.rows, errors=len(news))
        kept = news[: max(ERRORS_KEPT_MAX - len(self.errors), 0)]
        self.errors += kept
        await self._tell(self.progress, kept)

    def _count(self, plans: Sequence[Planned], *, rows: int, errors: int) -> None:
        taken = [each for each in plans if each.product is not None]
        created = sum(each.is_new for each in taken)
        updated = sum(each.is_changed and not each.is_new for each in taken)
        before = self.progress
        self.progress = replace(
            before,
            rows=rows,
            created=before.created + created,
            updated=before.updated + updated,
            unchanged=before.unchanged + len(taken) - created - updated,
            errors=before.errors + errors,
        )


async def run_import(transact: Transact, import_id: ImportId, *, now: datetime) -> bool:
    """Does an uploaded run, noting progress as it goes. True: it is over (or was, or never was).

    False: another worker is at it; ask again later, for that worker may die.
    """
    run = await transact(actions.begin_run, import_id=import_id)
    if isinstance(run, actions.Begin):
        return run is actions.Begin.OVER
    kept = 0

    async def note(progress: ImportProgress, errors: Sequence[RowError]) -> None:
        nonlocal kept
        await transact(actions.note_progress, import_id=import_id, progress=progress, errors=errors, kept=kept)
        kept += len(errors)

    report = await import_products(
        transact,
        _parts(transact, import_id),
        channel_id=run.channel_id,
        warehouse_id=run.warehouse_id,
        actor=run.started_by,
        now=now,
        progress=note,
    )
    await transact(actions.end_run, import_id=import_id, failure=report.failure)
    return True


async def _parts(transact: Transact, import_id: ImportId) -> AsyncIterator[bytes]:
    """The uploaded file, a part at a time."""
    position = 0
    while (piece := await transact(actions.read_part, import_id=import_id, position=position)) is not None:
        yield piece
        position += 1
