"""Runs of the product import kept on PostgreSQL: the file in parts, counts that grow, and the rows that were refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Interval, LargeBinary, Uuid, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from domain.catalog.model import ImportProgress, ImportRun, ImportStatus, RowError
from domain.ids import ChannelId, ImportId, WarehouseId
from persistence.catalog.tables import ProductImportErrorRow, ProductImportPartRow, ProductImportRow
from persistence.channels.tables import ChannelRow
from persistence.statement import Question, Statement
from persistence.stock.tables import WarehouseRow
from persistence.transaction import Transaction


class _RunRecord(NamedTuple):
    id: UUID
    status: str
    started_by: str
    channel_id: UUID
    warehouse_id: UUID
    bytes_total: int


class _Part(NamedTuple):
    content: bytes


class _Places(NamedTuple):
    channel_id: UUID | None
    warehouse_id: UUID | None


_ID = bindparam("import_id", type_=Uuid())
PLACES = Question(
    _Places,
    select(
        select(ChannelRow.id)
        .where(ChannelRow.is_active)
        .order_by(ChannelRow.is_default.desc(), ChannelRow.slug)
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
NAMED_PLACES = Question(
    _Places,
    select(
        select(ChannelRow.id).where(ChannelRow.id == bindparam("channel")).scalar_subquery().label("channel_id"),
        select(WarehouseRow.id).where(WarehouseRow.id == bindparam("warehouse")).scalar_subquery().label("warehouse_id"),
    ),
)
ADD = Statement(
    insert(ProductImportRow).values(
        id=bindparam("id"),
        status=bindparam("status"),
        started_by=bindparam("started_by"),
        channel_id=bindparam("channel_id"),
        warehouse_id=bindparam("warehouse_id"),
        bytes_total=bindparam("bytes_total"),
    )
)
LOCK = Question(
    _RunRecord,
    select(*(getattr(ProductImportRow, name) for name in _RunRecord._fields))
    .where(ProductImportRow.id == _ID)
    .with_for_update(key_share=True),
)
SAVE = Statement(
    update(ProductImportRow)
    .where(ProductImportRow.id == _ID)
    .values(status=bindparam("new_status"), bytes_total=bindparam("new_bytes_total"))
)
APPEND = Statement(
    insert(ProductImportPartRow).from_select(
        ["import_id", "position", "content"],
        select(
            _ID,
            func.coalesce(func.max(ProductImportPartRow.position) + 1, 0),
            bindparam("content", type_=LargeBinary()),
        ).where(ProductImportPartRow.import_id == _ID),
    )
)
PART = Question(
    _Part,
    select(ProductImportPartRow.content).where(
        ProductImportPartRow.import_id == _ID, ProductImportPartRow.position == bindparam("position")
    ),
)
# A run that nobody moved on for a while has lost its worker, and may be taken by another.
RESTART = Statement(
    update(ProductImportRow)
    .where(
        ProductImportRow.id == _ID,
        or_(
            ProductImportRow.status == ImportStatus.QUEUED.value,
            and_(
                ProductImportRow.status == ImportStatus.RUNNING.value,
                ProductImportRow.moved_at < func.now() - bindparam("abandoned_after", type_=Interval()),
            ),
        ),
    )
    .values(
        moved_at=func.now(),
        status=ImportStatus.RUNNING.value,
        rows_read=0,
        products_created=0,
        products_updated=0,
        products_unchanged=0,
        errors_count=0,
    )
)
FORGET_ERRORS = Statement(delete(ProductImportErrorRow).where(ProductImportErrorRow.import_id == _ID))
_RUNNING = and_(ProductImportRow.id == _ID, ProductImportRow.status == ImportStatus.RUNNING.value)
PROGRESS = Statement(
    update(ProductImportRow)
    .where(_RUNNING)
    .values(
        moved_at=func.now(),
        rows_read=bindparam("rows"),
        products_created=bindparam("created"),
        products_updated=bindparam("updated"),
        products_unchanged=bindparam("unchanged"),
        errors_count=bindparam("errors"),
    )
)
ADD_ERROR = Statement(
    upsert(ProductImportErrorRow)
    .values(
        import_id=bindparam("import_id"),
        position=bindparam("position"),
        line=bindparam("line"),
        column=bindparam("column"),
        reason=bindparam("reason"),
    )
    .on_conflict_do_nothing()
)
FINISH = Statement(
    update(ProductImportRow)
    .where(_RUNNING)
    .values(status=bindparam("new_status"), failure=bindparam("new_failure"), finished_at=func.now())
)
DROP_FILE = Statement(delete(ProductImportPartRow).where(ProductImportPartRow.import_id == _ID))


class ImportRunRows:
    """`domain.catalog.store.ImportRunsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def places(self) -> tuple[ChannelId, WarehouseId] | None:
        found = await self._transaction.row(PLACES)
        if found is None or found.channel_id is None or found.warehouse_id is None:
            return None
        return ChannelId(found.channel_id), WarehouseId(found.warehouse_id)

    async def place_exists(self, channel_id: ChannelId, warehouse_id: WarehouseId) -> bool:
        found = await self._transaction.row(NAMED_PLACES, channel=channel_id, warehouse=warehouse_id)
        return found is not None and found.channel_id is not None and found.warehouse_id is not None

    async def add(self, run: ImportRun) -> None:
        await self._transaction.run(
            ADD,
            id=run.id,
            status=run.status.value,
            started_by=run.started_by,
            channel_id=run.channel_id,
            warehouse_id=run.warehouse_id,
            bytes_total=run.bytes_total,
        )

    async def lock(self, import_id: ImportId) -> ImportRun | None:
        row = await self._transaction.row(LOCK, import_id=import_id)
        if row is None:
            return None
        return ImportRun(
            id=ImportId(row.id),
            status=ImportStatus(row.status),
            started_by=row.started_by,
            channel_id=ChannelId(row.channel_id),
            warehouse_id=WarehouseId(row.warehouse_id),
            bytes_total=row.bytes_total,
        )

    async def save(self, run: ImportRun) -> None:
        await self._transaction.run(SAVE, import_id=run.id, new_status=run.status.value, new_bytes_total=run.bytes_total)

    async def append(self, import_id: ImportId, content: bytes) -> None:
        await self._transaction.run(APPEND, import_id=import_id, content=content)

    async def part(self, import_id: ImportId, position: int) -> bytes | None:
        row = await self._transaction.row(PART, import_id=import_id, position=position)
        return row.content if row is not None else None

    async def restart(self, import_id: ImportId, *, abandoned_after: timedelta) -> bool:
        if not await self._transaction.run(RESTART, import_id=import_id, abandoned_after=abandoned_after):
            return False
        await self._transaction.run(FORGET_ERRORS, import_id=import_id)
        return True

    async def progress(self, import_id: ImportId, progress: ImportProgress, errors: Sequence[RowError], *, kept: int) -> None:
        await self._transaction.run(
            PROGRESS,
            import_id=import_id,
            rows=progress.rows,
            created=progress.created,
            updated=progress.updated,
            unchanged=progress.unchanged,
            errors=progress.errors,
        )
        await self._transaction.run_each(
            ADD_ERROR,
            [
                {"import_id": import_id, "position": position, "line": each.line, "column": each.column, "reason": each.reason}
                for position, each in enumerate(errors, start=kept)
            ],
        )

    async def finish(self, import_id: ImportId, *, failure: str | None) -> None:
        status = ImportStatus.DONE if failure is None else ImportStatus.FAILED
        await self._transaction.run(FINISH, import_id=import_id, new_status=status.value, new_failure=failure)
        await self._transaction.run(DROP_FILE, import_id=import_id)
