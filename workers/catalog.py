"""What actors do for the catalogue: read an uploaded file of products into the shop."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.ids import ImportId
from domain.imports.flows import run_import
from workers.tasks import Fact, NotYet, Tools


async def import_products(fact: Fact, tools: Tools) -> None:
    """Reads the file, from its beginning again where a worker was lost. Raises NotYet while another is at it, which may die."""
    if not await run_import(tools.transact, ImportId(fact.id("import_id")), now=datetime.now(UTC)):
        raise NotYet("another worker reads this file")
