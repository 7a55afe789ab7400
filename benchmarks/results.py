"""What a run of the benchmarks found, and the names of the servers it compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from benchmarks.buyers import Checkouts
from benchmarks.crowd import Crowded
from benchmarks.load import Measured
from benchmarks.watchers import Watched
from benchmarks.webhooks import Acknowledged

BARE, WRITTEN, CORE, COMPILED, ROWS, KEPT, RIVAL = "bare", "written", "graphql-core", "compiled", "rows", "kept", "postgraphile"
_PACKAGES = orjson.loads(Path(__file__).with_name("postgraphile").joinpath("package.json").read_bytes())["dependencies"]
TITLES = {
    BARE: "F0 bare ASGI",
    WRITTEN: "F1 hand-written asyncpg",
    CORE: "API, graphql-core, all read",
    COMPILED: "API, all read",
    ROWS: "API, kept rows",
    KEPT: "API, kept answer",
    RIVAL: f"PostGraphile {_PACKAGES['postgraphile']}",
}
SHOWN = (WRITTEN, KEPT, ROWS, COMPILED, RIVAL, CORE)
"""The servers of a read, in the order of tables and charts."""


@dataclass(frozen=True, slots=True)
class Grown:
    """What a read costs in CPU milliseconds with little and with ten times as much: products in the shop, or rows on its page."""

    key: str
    title: str
    server: str
    little: float
    much: float


@dataclass(frozen=True, slots=True)
class Results:
    """All figures of a run. `reads` is by workload and server, RIVAL among them where Node is; `empty` reads nothing."""

    about: Sequence[str]
    titles: Mapping[str, str]
    bare: Measured
    empty: Measured
    reads: Mapping[str, Mapping[str, Measured]]
    checkouts: Checkouts
    notifications: Acknowledged
    crowd: Crowded
    watched: Sequence[Watched]
    pages: Sequence[Grown] = ()
    """By the size of a page, 10 and 100."""
    shops: Sequence[Grown] = ()
    """By the number of products, as many as everywhere else and ten times as many; empty in short runs."""
