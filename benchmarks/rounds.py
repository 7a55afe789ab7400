"""How long and how often everything is measured, and which of the rounds counts."""

from __future__ import annotations

import sys
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
    counts = server.name in {CORE, COMPILED, ROWS, KEPT, RIVAL}
    number = plan.rounds + (server.name == RIVAL)  # V8 compiles what is hot while it runs: the first round is warming up
    rounds = [await measure(server, workload.bodies(), seconds=plan.seconds, counts=counts) for _ in range(number)]
    least = min(rounds, key=lambda each: each.cpu)
    return replace(least, statements=STATEMENTS[workload.name]) if server.name == WRITTEN else least


def say(line: str) -> None:
    """What happens now, for whoever waits."""
    print(line, file=sys.stderr, flush=True)
