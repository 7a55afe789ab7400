"""How long and how often everything is measured, and which of the rounds counts."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace

from benchmarks.floors import STATEMENTS
from benchmarks.load import Measured, measure
from benchmarks.operations import Workload
from benchmarks.processes import Server
from benchmarks.results import COMPILED, CORE, KEPT, RIVAL, ROWS, WRITTEN


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured, in seconds and rounds. `grows`: also a shop of ten times the products."""

    products: int
    rounds: int
    seconds: float
    checkout_seconds: float
    sockets: tuple[int, ...]
    grows: bool


async def best(plan: Plan, server: Server, workload: Workload) -> Measured:
    """The round with the least CPU: what neighbours do to caches and clocks only ever adds."""
    return (await best_of_each(plan, {server: workload}))[server]


async def best_of_each(plan: Plan, asked: Mapping[Server, Workload]) -> dict[Server, Measured]:
    """The same for several servers, which take turns: a machine that is slow for a while is so for all of them."""
    rounds: dict[Server, list[Measured]] = {server: [] for server in asked}
    for _ in range(plan.rounds):
        for server, workload in asked.items():
            if server.name == RIVAL and not rounds[server]:
                # V8 compiles what is hot while it runs: the first round is warming up.
                await measure(server, workload.bodies(), seconds=plan.seconds, counts=False)
            counts = server.name in {CORE, COMPILED, ROWS, KEPT, RIVAL}
            rounds[server].append(await measure(server, workload.bodies(), seconds=plan.seconds, counts=counts))
    least = {server: min(found, key=lambda each: each.cpu) for server, found in rounds.items()}
    return {
        server: replace(found, statements=STATEMENTS[asked[server].name]) if server.name == WRITTEN else found
        for server, found in least.items()
    }


def say(line: str) -> None:
    """What happens now, for whoever waits."""
    print(line, file=sys.stderr, flush=True)
