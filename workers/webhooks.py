"""The worker's part in outgoing webhooks: to send what is due, and to tell staff of an endpoint that was switched off."""

from __future__ import annotations

from domain.webhooks import actions
from domain.webhooks.flows import send_due
from workers.tasks import Fact, Tools

BEGIN_SECONDS = 8.0
"""New turns are begun for so long; the last one may take as long again."""


async def send_now(_fact: Fact, tools: Tools) -> None:
    """The log has grown: sends what is due."""
    await send_due(tools.transact, tools.webhooks, seconds_max=BEGIN_SECONDS)


async def send_waiting(tools: Tools) -> None:
    """Sends what has become due again, and gives up on what nothing took for three days."""
    await tools.transact(actions.tidy)
    await send_due(tools.transact, tools.webhooks, seconds_max=BEGIN_SECONDS)
