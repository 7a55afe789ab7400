"""The worker as a process for tests: its own settings and a quicker pace, both as JSON in its arguments.

Beside the shop's own tasks it knows some that make trouble.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from domain.error import UserError
from domain.notices.model import Delivery
from gateways.logging import configure_logging
from gateways.settings import load_settings
from persistence.unit import UnitOfWork
from selections import SchemaSelections
from workers.pace import Pace
from workers.roster import ROSTER, Roster
from workers.run import run_worker
from workers.tasks import Fact, Outside, Tools, Within


async def _poison(unit: UnitOfWork, fact: Fact, tools: Tools) -> UserError | None:
    raise RuntimeError("this one never works")


async def _dawdle(fact: Fact, tools: Tools) -> None:
    await asyncio.sleep(1.5)


async def _block(fact: Fact, tools: Tools) -> None:
    time.sleep(60)  # noqa: ASYNC251 - holds up the event loop, which is what the test is about


TROUBLE = Roster(
    routes={**ROSTER.routes, "Poisonous": ("poison", "nobody"), "Slow": ("dawdle",), "Stuck": ("block",)},
    tasks={**ROSTER.tasks, "poison": Within(_poison), "dawdle": Outside(_dawdle), "block": Outside(_block)},
    entries=ROSTER.entries,
)


def main() -> None:
    given, pace = json.loads(sys.argv[1]), json.loads(sys.argv[2])
    settings = load_settings(env_file=None, **given)
    configure_logging(level="INFO")
    delivery = Delivery(**pace.pop("delivery", {}))
    run_worker(settings, selections=SchemaSelections, roster=TROUBLE, pace=Pace(**pace, delivery=delivery))


if __name__ == "__main__":
    main()
