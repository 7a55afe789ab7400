"""How what a read costs grows: with the length of its page, and with the number of products in the shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import asyncpg

from benchmarks.catalogue import fill
from benchmarks.operations import Workload, paged, workloads
from benchmarks.processes import Cores, Keeps, Server, api, floor, opened
from benchmarks.results import COMPILED, ROWS, WRITTEN, Grown
from benchmarks.rounds import Plan, best_of_each, say
from gateways.embedded.launcher import Embedded

SHORT, LONG = 10, 100
TIMES = 10
DATABASE = "grown"


async def longer_pages(plan: Plan, servers: Sequence[Server], reads: Sequence[Workload]) -> list[Grown]:
    """The reads that have pages, with 10 and with 100 products."""
    found = []
    for workload in reads:
        if paged(workload, SHORT) != workload:
            say(f"Measuring {workload.key} {workload.title}: pages of {SHORT} and {LONG}")
            little, much = [await best_of_each(plan, dict.fromkeys(servers, paged(workload, first))) for first in (SHORT, LONG)]
            found += [Grown(workload.key, workload.title, each.name, little[each].cpu, much[each].cpu) for each in servers]
    return found


async def larger_shop(
    plan: Plan, cores: Cores, before: Mapping[tuple[str, str], float], embedded: Embedded, folder: Path
) -> list[Grown]:
    """All reads with ten times the products; `before` is what they cost, by read and server."""
    say(f"Filling a shop with {plan.products * TIMES:,} products")
    connection = await asyncpg.connect(embedded.database_url)
    try:
        await connection.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await connection.close()
    database_url = embedded.database_url.replace("/vitrine?", f"/{DATABASE}?")
    shelves = await fill(database_url, products=plan.products * TIMES)
    addresses = {"DATABASE_URL": database_url, "REDIS_URL": embedded.redis_url}
    found = []
    with ExitStack() as stack:
        servers = (
            stack.enter_context(floor(WRITTEN, core=cores.server, database_url=database_url, folder=folder)),
            *(
                stack.enter_context(
                    api(name, compiled=True, core=cores.server, addresses=addresses, folder=folder, keeps=keeps)
                )
                for name, keeps in ((ROWS, Keeps.ROWS), (COMPILED, Keeps.NOTHING))
            ),
        )
        for server in servers:
            await opened(server, folder)
        for workload in workloads(shelves):
            say(f"Measuring {workload.key} {workload.title}: ten times the products")
            for server, much in (await best_of_each(plan, dict.fromkeys(servers, workload))).items():
                found.append(Grown(workload.key, workload.title, server.name, before[workload.key, server.name], much.cpu))
    return found
