"""PostGraphile as a process of its own, over views and functions that only the benchmarks' database has."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

import asyncpg

from benchmarks.npm import node_and_npm
from benchmarks.processes import Server, running
from benchmarks.results import RIVAL
from persistence.demo.places import WEB

FOLDER = Path(__file__).parent


async def lay(database_url: str) -> None:
    """Makes the schema that is served."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute((FOLDER / "storefront.sql").read_text().replace(":channel", str(WEB)))
    finally:
        await connection.close()


@contextlib.contextmanager
def postgraphile(packages: Path, *, core: int, database_url: str, folder: Path) -> Iterator[Server]:
    """PostGraphile with a pool as large as F1's, once its schema is laid; `packages` is where npm installed it."""
    node, _ = node_and_npm()
    program = shutil.copy(FOLDER / "serve.mjs", folder)
    (folder / "node_modules").symlink_to(packages / "node_modules")  # where Node looks for what a program imports
    settings = {"DATABASE_URL": database_url, "NODE_ENV": "production", "GRAPHILE_ENV": "production"}
    with running(RIVAL, [str(node), str(program)], settings, core=core, folder=folder) as server:
        yield server
