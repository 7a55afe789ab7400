"""Reading runs of the product import and the rows they refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, any_, bindparam, func, select

from persistence.catalog.tables import ProductImportErrorRow, ProductImportRow
from persistence.paging import Page, Place, decode_cursor, encode_cursor, page_of
from persistence.reader import Reader
from persistence.statement import Question, ids

ORDER = "row+"


class ImportView(NamedTuple):
    """A run, as far as it has come."""

    id: UUID
    status: str
    bytes_total: int
    rows_read: int
    products_created: int
    products_updated: int
    products_unchanged: int
    errors_count: int
    failure: str | None
    created_at: datetime
    finished_at: datetime | None


class RowErrorView(NamedTuple):
    """A bad cell."""

    import_id: UUID
    position: int
    line: int
    column: str
    reason: str


class _Kept(NamedTuple):
    import_id: UUID
    number: int


RUNS = Question(
    ImportView,
    select(*(getattr(ProductImportRow, name) for name in ImportView._fields)).where(ProductImportRow.id == any_(ids())),
)


def _errors(*, backwards: bool) -> Question[RowErrorView]:
    position = ProductImportErrorRow.position
    place = bindparam("place", type_=BigInteger())
    statement = select(*(getattr(ProductImportErrorRow, name) for name in RowErrorView._fields)).where(
        ProductImportErrorRow.import_id == bindparam("import_id"), position < place if backwards else position > place
    )
    return Question(
        RowErrorView,
        statement.order_by(position.desc() if backwards else position.asc()).limit(bindparam("count", type_=BigInteger())),
    )


ERRORS = {backwards: _errors(backwards=backwards) for backwards in (False, True)}
KEPT = Question(
    _Kept,
    select(ProductImportErrorRow.import_id, func.count().label("number"))
    .where(ProductImportErrorRow.import_id == any_(ids()))
    .group_by(ProductImportErrorRow.import_id),
)


def cursor_of(row: RowErrorView) -> str:
    """The cursor of a bad cell within its run."""
    return encode_cursor(ORDER, Place(row.position, row.import_id))


async def imports_by_id(reader: Reader, import_ids: Sequence[UUID]) -> list[ImportView | None]:
    return await reader.one_each(RUNS, import_ids)


async def errors_page(
    reader: Reader, import_id: UUID, *, count: int, backwards: bool, cursor: str | None
) -> Page[RowErrorView]:
    """A page of a run's errors in the file's order; raises `BadCursor`."""
    start = 2**31 if backwards else -1
    place: Any = decode_cursor(ORDER, cursor, int).value if cursor is not None else start
    rows = await reader.rows(ERRORS[backwards], import_id=import_id, place=place, count=count + 1)
    return page_of(rows, count=count, backwards=backwards, from_cursor=cursor is not None)


async def errors_kept(reader: Reader, import_ids: Sequence[UUID]) -> list[int]:
    """How many errors each run keeps in words."""
    found = {row.import_id: row.number for row in await reader.rows(KEPT, ids=list(import_ids))}
    return [found.get(import_id, 0) for import_id in import_ids]
