"""The worker's part in outgoing webhooks: to send what is due, and to tell staff of an endpoint that was switched off."""

from __future__ import annotations

from collections.abc import Mapping

from domain.webhooks import actions
from domain.webhooks.flows import send_due
from persistence.unit import UnitOfWork
from workers.tasks import Fact, Tools

BEGIN_SECONDS = 8.0
"""New turns are begun for so long; the last one may take as long again."""


async def send_now(_fact: Fact, tools: Tools) -> None:
    """The log has grown: sends what is due."""
    await send_due(tools.transact, tools.webhooks, seconds_max=BEGIN_SECONDS)


async def switched_off(unit: UnitOfWork, fact: Fact) -> Mapping[str, str] | None:
    """What staff is told of an endpoint that was switched off."""
    found = await unit.webhooks.switched_off(fact.id("endpoint_id"))
    return {"url": found.url, "because": found.because} if found is not None else None


async def send_waiting(tools: Tools) -> None:
    """Sends what has become due again, and gives up on what nothing took for three days."""
    await tools.transact(actions.tidy)
    await send_due(tools.transact, tools.webhooks, seconds_max=BEGIN_SECONDS)
