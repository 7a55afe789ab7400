"""Watching an order live. The truth is its history in the database; hints only make us look sooner (P11 of the design).

First follow, then read from where the client left off, then read again whenever something stirs: nothing is lost between
the two, nothing comes twice, and a broken carrier costs a few seconds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import strawberry

from persistence.orders.reads import OrderEventView, orders_by_id
from schema.context import Context
from schema.execution.fields import subscription
from schema.orders.types import OrderEvent
from schema.permissions import EVERYONE
from schema.refusal import Refusal

RECHECK_SECONDS = 15
"""How long a log-in that was ended may still watch."""
GUEST_SECONDS = 3_600
"""A guest has no log-in that could end; they look again all the same, in case a flag was lost."""


@subscription(
    OrderEvent,
    "Every entry of an order's history after `after`, in order and without a gap, first those that are there already, then "
    "each as it happens. Say `orderId`, or `token` as a guest. After a lost connection, go on from the last `seq` you saw.",
    allow=EVERYONE,
)
async def order_status_changed(
    context: Context,
    *,
    order_id: Annotated[strawberry.ID | None, strawberry.argument(description="The order, if it is the caller's.")] = None,
    token: Annotated[str | None, strawberry.argument(description="The order's secret token.")] = None,
    after: Annotated[int, strawberry.argument(description="The last entry's number the client has; 0 for none.")] = 0,
) -> AsyncIterator[OrderEventView]:
    feeds = context.ports.order_feeds
    async with feeds.turn:
        known = await _watchable(context, order_id, token)
        await context.rest()
    if known is None:
        raise Refusal("NOT_FOUND", "There is no such order.")
    seen = max(after, 0)
    pause = RECHECK_SECONDS if context.caller.token is not None else GUEST_SECONDS
    with feeds.following(known) as follower:
        while True:
            await context.recheck(RECHECK_SECONDS)
            while entries := await follower.after(seen):
                for entry in entries:
                    context.forget()
                    yield entry
                    seen = entry.seq
            await context.rest()
            await follower.stirs(pause)


async def _watchable(context: Context, order_id: str | None, token: str | None) -> UUID | None:
    if token is not None:
        return context.ports.seal.open("order", token)
    known = context.id_of("Order", order_id) if order_id is not None else None
    if known is None:
        return None
    return known if (await orders_by_id(context.reader, [known], viewer=context.viewer))[0] is not None else None
