"""The questions about outgoing webhooks, and the event log."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Annotated

import strawberry

from domain.webhooks.model import DeliveryState, EventType
from persistence.paging import Page
from persistence.webhooks.log_reads import EventView, count_events, event_cursor, events_after, log_bounds, position_of
from persistence.webhooks.reads import (
    DeliveryView,
    EndpointView,
    all_endpoints,
    count_deliveries,
    deliveries_page,
    delivery_cursor,
    endpoints_by_id,
)
from schema.context import Context
from schema.execution.fields import query
from schema.paging import After, Before, ConnectionView, First, Last, window
from schema.refusal import Refusal
from schema.webhooks.types import MANAGE, READ, EventConnection, WebhookDeliveryConnection, WebhookEndpoint, readable


@query(WebhookEndpoint | None, "The webhook endpoint with this id; null when there is none.", allow=MANAGE)
async def webhook_endpoint(
    context: Context, *, id: Annotated[strawberry.ID, strawberry.argument(description="The endpoint's id.")]
) -> EndpointView | None:
    endpoint_id = context.id_of("WebhookEndpoint", id)
    return (await endpoints_by_id(context.reader, [endpoint_id]))[0] if endpoint_id is not None else None


@query(list[WebhookEndpoint], "Every webhook endpoint, oldest first; there are 50 at most.", allow=MANAGE, size=50)
async def webhook_endpoints(context: Context) -> list[EndpointView]:
    return await all_endpoints(context.reader)


async def _delivery_counts(context: Context, keys: Sequence[Hashable]) -> list[int]:
    return [await count_deliveries(context.reader, *key) for key in keys if isinstance(key, tuple)]


@query(WebhookDeliveryConnection, "What was sent to a webhook endpoint, newest first.", allow=MANAGE)
async def webhook_deliveries(
    context: Context,
    *,
    endpoint_id: Annotated[strawberry.ID, strawberry.argument(description="The endpoint.")],
    state: Annotated[DeliveryState | None, strawberry.argument(description="Only those in this state.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionView:
    asked = window(first, after, last, before)
    known = context.id_of("WebhookEndpoint", endpoint_id)
    page: Page[DeliveryView]
    if known is None:
        page = Page((), has_previous=False, has_next=False)
        return ConnectionView(page, delivery_cursor, _nothing, endpoint_id)
    wanted = state.value if state is not None else None
    page = await deliveries_page(
        context.reader, known, wanted, count=asked.count, cursor=asked.cursor, backwards=asked.backwards
    )
    return ConnectionView(page, delivery_cursor, _delivery_counts, (known, wanted))


async def _event_counts(context: Context, keys: Sequence[Hashable]) -> list[int]:
    return [await count_events(context.reader, list(key)) for key in keys if isinstance(key, tuple)]


@query(
    EventConnection,
    "The event log: what happened, in order and without gaps, for about a month. Read it page by page with `after`, and go on "
    "from the last cursor at any time: nothing is ever put in before a place that was read. Events about things that the "
    "caller may not read are left out.",
    allow=READ,
)
async def events(
    context: Context,
    *,
    first: First = None,
    after: After = None,
    types: Annotated[
        list[EventType] | None, strawberry.argument(description="Only these kinds; all that the caller may read by default.")
    ] = None,
) -> ConnectionView:
    asked = window(first, after, None, None)
    kinds = chosen(context, types)
    position = position_of(after) if after is not None else 0
    if after is not None:
        await refuse_forgotten(context, position)
    found = await events_after(context.reader, position, kinds, limit=asked.count + 1)
    page: Page[EventView] = Page(found[: asked.count], has_previous=after is not None, has_next=len(found) > asked.count)
    return ConnectionView(page, event_cursor, _event_counts, kinds)


def chosen(context: Context, types: Sequence[EventType] | None) -> tuple[str, ...]:
    """The kinds that are asked for; a `Refusal` for one that the caller may not read."""
    allowed = readable(context.viewer)
    if types is not None and (refused := [each.name for each in types if each not in allowed]):
        raise Refusal("PERMISSION_DENIED", f"You may not read what {refused[0]} is about.")
    return tuple(sorted(each.value for each in (allowed if types is None else set(types))))


async def refuse_forgotten(context: Context, position: int) -> None:
    """A `Refusal` when events after this position have left the log: going on would leave a gap."""
    oldest, _ = await log_bounds(context.reader)
    if oldest > position + 1:
        raise Refusal("CURSOR_EXPIRED", "The log does not reach back that far: read from its beginning, without `after`.")


async def _nothing(context: Context, keys: Sequence[Hashable]) -> list[int]:
    del context
    return [0 for _ in keys]
