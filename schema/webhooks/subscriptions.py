"""The event log, live: first what has happened since the client's place in it, then each event as it happens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import strawberry

from domain.live import EVENT_LOG
from domain.webhooks.model import EventType
from persistence.webhooks.log_reads import EventView, events_after, log_bounds, position_of
from schema.context import Context
from schema.execution.fields import subscription
from schema.paging import FIRST_MAX
from schema.refusal import Refusal
from schema.webhooks.queries import chosen, refuse_forgotten
from schema.webhooks.types import READ, Event

RECHECK_SECONDS = 15
"""How long a log-in that was ended may still watch."""


@subscription(
    Event,
    "Every event after `after`, in order and without a gap, first those that are in the log already, then each as it happens. "
    "Without `after`, from now on. After a lost connection, go on from the cursor of the last event: `events` shows cursors, and "
    "so does the event's `position`, in `afterPosition`.",
    allow=READ,
)
async def event_log(
    context: Context,
    *,
    after: Annotated[str | None, strawberry.argument(description="The cursor of the last event the client has.")] = None,
    after_position: Annotated[
        str | None, strawberry.argument(description="The position of the last event the client has, instead of its cursor.")
    ] = None,
    types: Annotated[
        list[EventType] | None, strawberry.argument(description="Only these kinds; all that the caller may read by default.")
    ] = None,
) -> AsyncIterator[EventView]:
    seen = await _begin(context, after, after_position)
    async with context.ports.live.listen(EVENT_LOG) as hints:
        while True:
            await context.recheck(RECHECK_SECONDS)
            kinds = chosen(context, types)
            while entries := await events_after(context.reader, seen, kinds, limit=FIRST_MAX):
                for entry in entries:
                    context.forget()
                    yield entry
                    seen = entry.position
            await context.rest()
            await anext(hints)


async def _begin(context: Context, after: str | None, after_position: str | None) -> int:
    """The position to go on from. `Refusal` when it is none, or too long ago."""
    if after is None and after_position is None:
        return (await log_bounds(context.reader))[1]
    seen = position_of(after) if after is not None else position_from(after_position or "", "afterPosition")
    await refuse_forgotten(context, seen)
    return seen


def position_from(text: str, argument: str) -> int:
    """A position that was said as text. Raises `Refusal`."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Refusal("BAD_USER_INPUT", f"`{argument}` is a position: a whole number as text.")
    return int(text)
