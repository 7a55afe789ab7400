"""What is made once for many: answers kept in front of parsing, and events told to thousands of sockets.

`.venv/bin/python -m benchmarks.kept [--sockets 5000]` makes its own data and servers and prints what each costs beside the
least there is; the whole comparison is `python -m benchmarks`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

import uvloop

from benchmarks.catalogue import fill
from benchmarks.load import Measured, measure
from benchmarks.operations import NOTHING, Workload, workloads
from benchmarks.processes import Keeps, Server, api, choose_cores, floor, opened, room_for_sockets, sandbox
from benchmarks.results import BARE
from benchmarks.watchers import watch
from gateways.embedded.launcher import throw_away

ROUNDS = 3
SECONDS = 1.5
KEEPS = "keeps"


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kept", description=__doc__)
    parser.add_argument("--products", type=int, default=500, help="how many products the shop has (500)")
    parser.add_argument("--sockets", type=int, default=5_000, help="how many watch one order (5000)")
    said = parser.parse_args()
    uvloop.run(_all(said.products, said.sockets))


async def _all(products: int, sockets: int) -> None:
    cores = choose_cores()
    room_for_sockets()
    os.sched_setaffinity(0, {cores.others})
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vitrine-kept-")))
        embedded = stack.enter_context(throw_away(connections_max=100))
        shelves = await fill(embedded.database_url, products=products)
        provider, found = stack.enter_context(sandbox(core=cores.others, folder=folder))
        addresses = {"DATABASE_URL": embedded.database_url, "REDIS_URL": embedded.redis_url, **found}
        bare = stack.enter_context(floor(BARE, core=cores.server, database_url=embedded.database_url, folder=folder))
        keeps = stack.enter_context(
            api(KEEPS, compiled=True, core=cores.server, addresses=addresses, folder=folder, keeps=Keeps.ALL)
        )
        for server in (provider, bare, keeps):
            await opened(server, folder)
        least = await _best(bare, NOTHING)
        _say(f"bare ASGI: {least.cpu:.3f} ms")
        for workload in workloads(shelves):
            hit = await _best(keeps, workload)
            _say(f"{workload.key} kept: {hit.cpu:.3f} ms, {hit.cpu / least.cpu:.1f} x bare, {hit.statements:.2f} statements")
        _say(str(await watch(keeps, shelves.in_stock, sockets=sockets)))


async def _best(server: Server, workload: Workload) -> Measured:
    counts = server.name == KEEPS
    rounds = [await measure(server, workload.bodies(), seconds=SECONDS, counts=counts) for _ in range(ROUNDS)]
    return min(rounds, key=lambda each: each.cpu)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
