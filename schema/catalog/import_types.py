"""Runs of the product import as the API shows them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import strawberry

from domain.catalog.model import ImportStatus
from domain.imports.model import ERRORS_KEPT_MAX
from domain.viewer import Permission
from persistence.catalog.import_reads import ImportView, RowErrorView, cursor_of, errors_kept, errors_page
from schema.context import Context
from schema.execution.fields import batch, plain, shows
from schema.node import identity
from schema.paging import After, Before, ConnectionView, First, Last, connection, window
from schema.permissions import may

STAFF = may(Permission.MANAGE_CATALOG)


@strawberry.type(name="ProductImportError", description="What is wrong with a row of an imported file.")
@shows(RowErrorView, allow=STAFF)
class ProductImportError:
    """Shown from `RowErrorView`."""

    line: int = plain("The line of the file; the header is line 1.")
    column: str = plain("The column's heading; empty when it is about the whole row.")
    reason: str = plain("What is wrong, in words for people.")


if TYPE_CHECKING:

    class ProductImportErrorConnection:
        """What the other branch makes, for the type checker."""

else:
    ProductImportErrorConnection = connection(ProductImportError, "ProductImportError")


async def _kept(context: Context, keys: Sequence[Hashable]) -> list[int]:
    return await errors_kept(context.reader, [key for key in keys if isinstance(key, UUID)])


async def _errors(
    runs: Sequence[ImportView],
    context: Context,
    *,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> list[ConnectionView]:
    """An operation names each run by itself, so this is one page, not one per row of a list."""
    asked = window(first, after, last, before)
    pages = [
        await errors_page(context.reader, run.id, count=asked.count, backwards=asked.backwards, cursor=asked.cursor)
        for run in runs
    ]
    return [ConnectionView(page, cursor_of, _kept, run.id) for page, run in zip(pages, runs, strict=True)]


@strawberry.type(name="ProductImport", description="A run of the product import. Its counts grow while it runs.")
@shows(ImportView, allow=STAFF)
class ProductImport:
    """Shown from `ImportView`."""

    id: strawberry.ID = identity("ProductImport")
    status: ImportStatus = plain("Where it stands.")
    bytes_total: int = plain("How many bytes have arrived.")
    rows_read: int = plain("How many rows were read.")
    products_created: int = plain("How many products are new.")
    products_updated: int = plain("How many products were changed.")
    products_unchanged: int = plain("How many products were as the file says already.")
    errors_count: int = plain(f"How many cells or rows were bad; the first {ERRORS_KEPT_MAX} are told in `errors`.")
    errors: ProductImportErrorConnection = batch(_errors, "What was bad, in the file's order.")
    failure: str | None = plain("Why the file could not be read at all.")
    created_at: datetime = plain("When it was begun.")
    finished_at: datetime | None = plain("When it ended.")
