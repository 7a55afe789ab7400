"""Outgoing webhooks and the event log as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

import schema.webhooks.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.viewer import Permission, Viewer, holds, holds_everywhere
from domain.webhooks.model import AGGREGATES, NEEDED, TYPE_NAMES, DeliveryState, EventType
from domain.webhooks.rules import shown_fields
from persistence.webhooks.log_reads import EventView, events_by_id
from persistence.webhooks.reads import (
    ATTEMPTS_SHOWN,
    AttemptView,
    DeliveryView,
    EndpointView,
    attempts_of,
    deliveries_by_id,
    endpoints_by_id,
    old_secrets,
)
from schema.context import Context
from schema.execution.fields import batch, computed, plain, shows
from schema.ids import global_id
from schema.node import Node, identity, loads_nodes
from schema.paging import connection
from schema.permissions import may
from schema.scalars import Json

MANAGE = may(Permission.MANAGE_WEBHOOKS)
READ = may(Permission.READ_EVENTS)


def readable(viewer: Viewer) -> list[EventType]:
    """The kinds of facts whose things the viewer may read."""
    return [each for each in EventType if holds(viewer, NEEDED[AGGREGATES[each]])]


@strawberry.type(
    name="Event",
    description="A fact in the event log: something happened to a thing. Facts hold ids and numbers; ask for the thing to see it.",
)
@shows(EventView, allow=READ)
class Event(Node):
    """Shown from `persistence.webhooks.reads.EventView`."""

    id: strawberry.ID = identity("Event")
    position: str = computed(
        lambda event: str(event.position),
        "Its place in the log, a whole number as text: positions grow by one, without gaps, in the order things happened.",
    )
    type: EventType = computed(lambda event: EventType(event.kind), "What happened.")
    subject_id: strawberry.ID = computed(
        lambda event: global_id(TYPE_NAMES[event.aggregate], event.aggregate_id), "The thing it happened to, for `node`."
    )
    data: Json = computed(
        lambda event: shown_fields(event.aggregate, event.aggregate_id, event.payload, global_id),
        "The fact's own fields, as a webhook without a selection carries them.",
    )
    created_at: datetime = plain("When it happened.")


@strawberry.type(name="WebhookAttempt", description="One try to deliver.")
@shows(AttemptView, allow=MANAGE)
class WebhookAttempt:
    """Shown from `persistence.webhooks.reads.AttemptView`."""

    number: int = plain("Which try it was, from 1.")
    status: int | None = plain("The HTTP status that the receiver answered; null when it did not.")
    failure: str | None = plain("Why it counts as not delivered; null when it was.")
    response: str = plain("The beginning of what the receiver answered.")
    milliseconds: int = plain("How long it took.")
    at: datetime = plain("When it was tried.")


async def _attempts(deliveries: Sequence[DeliveryView], context: Context) -> list[list[AttemptView]]:
    return await attempts_of(context.reader, [each.id for each in deliveries])


async def _events(deliveries: Sequence[DeliveryView], context: Context) -> list[EventView | None]:
    if not holds_everywhere(context.viewer, Permission.READ_EVENTS):
        return [None] * len(deliveries)
    event_ids = list(dict.fromkeys(each.event_id for each in deliveries if each.event_id is not None))
    allowed = {each.value for each in readable(context.viewer)}
    found = {
        each.id: each for each in await events_by_id(context.reader, event_ids) if each is not None and each.kind in allowed
    }
    return [found.get(each.event_id) if each.event_id is not None else None for each in deliveries]


async def _endpoints(deliveries: Sequence[DeliveryView], context: Context) -> list[EndpointView | None]:
    return await endpoints_by_id(context.reader, [each.endpoint_id for each in deliveries])


async def _old_secrets(endpoints: Sequence[EndpointView], context: Context) -> list[datetime | None]:
    return await old_secrets(context.reader, [each.id for each in endpoints])


@strawberry.type(
    name="WebhookEndpoint",
    description="An address of yours that is told of chosen events by signed POST requests (Standard Webhooks).",
)
@shows(EndpointView, allow=MANAGE)
class WebhookEndpoint(Node):
    """Shown from `persistence.webhooks.reads.EndpointView`."""

    id: strawberry.ID = identity("WebhookEndpoint")
    url: str = plain("Where it is.")
    description: str = plain("What it is for, in words of yours.")
    event_types: list[EventType] = computed(
        lambda endpoint: [EventType(each) for each in endpoint.kinds], "What it is told of."
    )
    selection: str | None = plain("The GraphQL query whose result is sent as `data`; null for the events' own fields.")
    is_active: bool = plain("Whether it is told at all.")
    disabled_because: str | None = plain("Why it was switched off by itself; null when it was not.")
    disabled_at: datetime | None = plain("When it was switched off by itself.")
    failures: int = plain("How many tries have failed in a row.")
    failing_since: datetime | None = plain("Since when nothing has reached it; null when the last try did.")
    old_secret_until: datetime | None = batch(
        _old_secrets, "Until when messages are signed with the key before as well; null when it is over."
    )
    created_at: datetime = plain("When it was made.")


@strawberry.type(name="WebhookDelivery", description="One event for one endpoint, and how its sending goes.")
@shows(DeliveryView, allow=MANAGE)
class WebhookDelivery(Node):
    """Shown from `persistence.webhooks.reads.DeliveryView`."""

    id: strawberry.ID = identity("WebhookDelivery")
    message_id: str = computed(
        lambda delivery: f"msg_{delivery.id.hex}",
        "The header `webhook-id`, the same at every try: receivers know doubles by it.",
    )
    state: DeliveryState = plain("How it goes.")
    attempts: int = plain("How often it was tried.")
    due_at: datetime = plain("When it is tried next, while it is PENDING.")
    ended_at: datetime | None = plain("When it was delivered or given up.")
    created_at: datetime = plain("When the event happened, or the trial was asked for.")
    endpoint: WebhookEndpoint | None = batch(_endpoints, "Where it goes.")
    event: Event | None = batch(_events, "What it tells; null for a trial, and without the permission to read it.")
    tries: list[WebhookAttempt] = batch(_attempts, f"The latest tries, newest first, {ATTEMPTS_SHOWN} at most.")


@loads_nodes("WebhookEndpoint")
async def _endpoint_nodes(context: Context, ids: Sequence[UUID]) -> Sequence[EndpointView | None]:
    return await endpoints_by_id(context.reader, ids) if MANAGE.admits(context.viewer) else [None] * len(ids)


@loads_nodes("WebhookDelivery")
async def _delivery_nodes(context: Context, ids: Sequence[UUID]) -> Sequence[DeliveryView | None]:
    return await deliveries_by_id(context.reader, ids) if MANAGE.admits(context.viewer) else [None] * len(ids)


@loads_nodes("Event")
async def _event_nodes(context: Context, ids: Sequence[UUID]) -> Sequence[EventView | None]:
    if not READ.admits(context.viewer):
        return [None] * len(ids)
    allowed = {each.value for each in readable(context.viewer)}
    return [each if each is not None and each.kind in allowed else None for each in await events_by_id(context.reader, ids)]


WebhookDeliveryConnection = connection(WebhookDelivery, "WebhookDelivery", allow=MANAGE)
EventConnection = connection(Event, "Event", allow=READ)
