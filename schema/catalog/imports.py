"""The product import in the API: a file comes in parts, the worker reads it, whoever may manage the catalogue may watch."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.catalog.model import ImportRun
from domain.error import NotFound, UserError
from domain.ids import ImportId
from domain.imports import actions
from persistence.catalog.import_reads import imports_by_id
from schema.catalog.import_types import STAFF, ProductImport
from schema.context import Context
from schema.mutations import Answer, answered, deed


@strawberry.input(name="ProductImportStartInput", description="The first part of a product CSV, as Shopify exports it.")
class ProductImportStartInput:
    csv: str = strawberry.field(description="The text of the part; it may end anywhere in a line.")
    more: bool = strawberry.field(default=False, description="Whether more parts are to come.")


@strawberry.input(name="ProductImportAppendInput", description="The next part of a product CSV.")
class ProductImportAppendInput:
    import_id: strawberry.ID = strawberry.field(description="The run that the part belongs to.")
    csv: str = strawberry.field(description="The text of the part; it goes on where the part before ended.")
    more: bool = strawberry.field(default=False, description="Whether more parts are to come.")


_RUN = {"product_import": (ProductImport, "The run, as it is now.")}


async def _shown(context: Context, outcome: ImportRun | UserError) -> Answer | UserError:
    if isinstance(outcome, UserError):
        return outcome
    return answered(product_import=(await imports_by_id(context.reader, [outcome.id]))[0])


@deed(
    "Begins a product import with (the first part of) a file. Larger files follow by `productImportAppend`, since a "
    "request has a size. The worker begins when the part without `more` has come.",
    allow=STAFF,
    **_RUN,
)
async def product_import_start(
    context: Context,
    *,
    input: Annotated[ProductImportStartInput, strawberry.argument(description="The part.")],
) -> Answer | UserError:
    outcome = await context.act(actions.start_import, content=input.csv, more=input.more, by=context.viewer)
    return await _shown(context, outcome)


@deed("Adds a part to the file of a product import.", allow=STAFF, **_RUN)
async def product_import_append(
    context: Context,
    *,
    input: Annotated[ProductImportAppendInput, strawberry.argument(description="The part.")],
) -> Answer | UserError:
    import_id = context.id_of("ProductImport", input.import_id)
    if import_id is None:
        return NotFound(path=("input", "import_id"), what="import")
    outcome = await context.act(actions.append_import, import_id=ImportId(import_id), content=input.csv, more=input.more)
    return await _shown(context, outcome)
