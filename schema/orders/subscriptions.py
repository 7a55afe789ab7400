"""Watching an order live. The truth is its history in the database; hints only make us look sooner (P11 of the design).

First listen, then read from where the client left off, then read again at every hint: nothing is lost between the two,
nothing comes twice, and a broken carrier costs a few seconds.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

import strawberry

from domain.live import order_topic
from persistence.orders.reads import OrderEventView, events_after, orders_by_id
from schema.context import Context
from schema.execution.fields import subscription
from schema.orders.types import OrderEvent
from schema.permissions import EVERYONE
from schema.refusal import Refusal

RECHECK_SECONDS = 15
"""How long a log-in that was ended may still watch."""


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
    known = await _watchable(context, order_id, token)
    if known is None:
        raise Refusal("NOT_FOUND", "There is no such order.")
    seen = max(after, 0)
    async with context.ports.live.listen(order_topic(known)) as hints:
        while True:
            await context.recheck(RECHECK_SECONDS)
            while entries := await events_after(context.reader, known, seen):
                for entry in entries:
                    context.forget()
                    yield entry
                    seen = entry.seq
            await context.rest()
            await anext(hints)


async def _watchable(context: Context, order_id: str | None, token: str | None) -> UUID | None:
    if token is not None:
        return context.ports.seal.open("order", token)
    known = context.id_of("Order", order_id) if order_id is not None else None
    if known is None:
        return None
    return known if (await orders_by_id(context.reader, [known], viewer=context.viewer))[0] is not None else None
