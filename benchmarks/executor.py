"""The two executors by themselves, on the demo shop: processor time of a listing and of a product page, by plan and by graphql-core.

Run with `python -m benchmarks.executor`. "In memory" recalls every read, so that nothing but the executor is measured;
"with reads" asks the database, whose own processor time is not counted.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from graphql import ExecutionResult

from application import build_app
from gateways.embedded.launcher import throw_away
from gateways.identity.passwords import Argon2Hasher, HashCost
from gateways.settings import load_settings
from persistence import migrate
from persistence.ahead import Following
from persistence.engine import Database
from persistence.reader import Reader
from persistence.seed import seed
from persistence.statement import Question, V
from schema.context import Context
from schema.execution.engine import Engine
from schema.limits import Ceilings
from schema.transport.caller import Caller
from schema.transport.operations import OpenContext

NOW = datetime.now(UTC)
SECONDS_EACH = 2.0
LISTING = """query Listing($category: ID!) {
  category(id: $category) { name slug products(first: 24) { totalCount pageInfo { hasNextPage endCursor } edges { cursor node {
    id name slug isAvailable thumbnail { url alt } category { name slug } priceRange { min { amount currency } max { amount currency } }
    variants { id sku price { amount currency } compareAtPrice { amount } availability { status quantity } } } } } } }"""
PAGE = """query Page($slug: String!) {
  product(slug: $slug) { id name description seo { title description } images { url alt } category { name ancestors { name slug } }
    collections { name slug } options { name values } attributes { name value }
    variants { id sku name price { amount currency } options { name value } availability { status quantity } image { url } } } }"""
FIND = (
    "{ categories(onlyRoots: true) { nodes { id products(first: 1) { totalCount } } } products(first: 1) { nodes { slug } } }"
)


class Recalled(Reader):
    """Reads that were read before are recalled at no cost; each by itself, since recalling knows no round trips."""

    def __init__(self, database: Database, known: dict[str, list[Any]]) -> None:
        super().__init__(database)
        self._known = known

    def _taken(self, question: Question[Any]) -> Following | None:
        del question
        return None

    async def _alone(self, question: Question[V], values: Mapping[str, object]) -> list[V]:
        place = f"{question.text} {values!r}"
        if place not in self._known:
            self._known[place] = await super()._alone(question, values)
        return self._known[place]


async def measured(run: Callable[[Engine], Any], engine: Engine) -> float:
    """Milliseconds of this process's processor time for one run."""
    for _ in range(5):
        await run(engine)
    count, started, begun = 0, time.process_time(), time.perf_counter()
    while time.perf_counter() - begun < SECONDS_EACH:
        await run(engine)
        count += 1
    return (time.process_time() - started) * 1000 / count


@dataclass(frozen=True)
class Asked:
    """One operation on one way of reading."""

    text: str
    variables: dict[str, Any]
    open_context: OpenContext
    database: Database
    known: dict[str, list[Any]] | None

    async def __call__(self, engine: Engine) -> ExecutionResult:
        async with self.open_context(Caller(request_id="benchmark")) as context:
            if not isinstance(context, Context):
                raise TypeError("a context of another schema")
            context.began = NOW  # which is a value of some reads
            if self.known is not None:
                context.reader = Recalled(self.database, self.known)
            try:
                return await engine.execute(await engine.prepare(self.text, None), self.variables, context)
            finally:
                await context.reader.end()


async def compare(core: Engine, compiled: Engine, open_context: OpenContext, database: Database) -> None:
    """Prints one line for each operation and way of reading."""
    found = (await Asked(FIND, {}, open_context, database, None)(core)).data or {}
    largest = max(found["categories"]["nodes"], key=lambda each: each["products"]["totalCount"])
    operations: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("listing", LISTING, {"category": largest["id"]}),
        ("page", PAGE, {"slug": found["products"]["nodes"][0]["slug"]}),
    )
    print(f"{'operation':10}{'reads':12}{'graphql-core':>14}{'compiled':>12}{'ratio':>8}   milliseconds of processor time")
    for name, text, variables in operations:
        for reads, known in (("in memory", {}), ("with reads", None)):
            asked = Asked(text, variables, open_context, database, known)
            slow, fast = await asked(core), await asked(compiled)
            if slow.data != fast.data or slow.errors or fast.errors:
                raise RuntimeError(f"the executors disagree: {slow} {fast}")
            gc.collect()
            costs = await measured(asked, core), await measured(asked, compiled)
            print(f"{name:10}{reads:12}{costs[0]:14.3f}{costs[1]:12.3f}{costs[0] / costs[1]:8.1f}")
    if compiled.plans is None or compiled.plans.handed_over:
        raise RuntimeError("an operation of this benchmark was not compiled")


async def main() -> None:
    """Starts servers of its own, fills a shop, measures, and throws everything away."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with throw_away(connections_max=50) as servers:
        await asyncio.to_thread(migrate.upgrade, servers.database_url)
        hasher = Argon2Hasher(HashCost(memory_kib=8, passes=1))
        await seed(servers.database_url, hash_password=hasher.hashed, now=NOW, progress=lambda _: None, size=300)
        hasher.close()
        api = build_app(load_settings(env_file=None, database_url=servers.database_url, redis_url=servers.redis_url))
        await api.database.open()
        transport = api._transport()  # noqa: SLF001 - the schema and its contexts, without the door in front of them
        core = Engine(transport.schema, ceilings=Ceilings(), open_about_itself=True, compiled=False)
        compiled = Engine(transport.schema, ceilings=Ceilings(), open_about_itself=True)
        gc.collect()
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)
        try:
            await compare(core, compiled, transport.open_context, api.database)
        finally:
            await api.database.close()


if __name__ == "__main__":
    asyncio.run(main())
