"""Reading outgoing webhooks: endpoints, and deliveries with their tries, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, Double, Integer, Uuid, any_, bindparam, cast, func, select, text, tuple_

from persistence.paging import Page, Place, decode_cursor, encode_cursor, page_of
from persistence.reader import Reader
from persistence.statement import Question, ids
from persistence.webhooks.tables import WebhookAttemptRow, WebhookDeliveryRow, WebhookEndpointRow, WebhookSecretRow

DELIVERIES = "webhooks.deliveries"
ATTEMPTS_SHOWN = 50


class EndpointView(NamedTuple):
    """An endpoint as staff sees it."""

    id: UUID
    url: str
    description: str
    kinds: list[str]
    selection: str | None
    is_active: bool
    disabled_because: str | None
    disabled_at: datetime | None
    failures: int
    failing_since: datetime | None
    created_at: datetime


class OldSecretView(NamedTuple):
    """Until when a rotated key still signs."""

    endpoint_id: UUID
    valid_until: datetime


class DeliveryView(NamedTuple):
    """One event for one endpoint."""

    id: UUID
    endpoint_id: UUID
    event_id: UUID | None
    state: str
    attempts: int
    due_at: datetime
    ended_at: datetime | None
    created_at: datetime


class AttemptView(NamedTuple):
    """One try."""

    delivery_id: UUID
    number: int
    status: int | None
    failure: str | None
    response: str
    milliseconds: int
    at: datetime


class Depth(NamedTuple):
    """How much waits: deliveries not ended, the age of the oldest in seconds, and endpoints that nothing reaches."""

    pending: int
    oldest_seconds: float
    failing: int


class _Count(NamedTuple):
    total: int


_ENDPOINT = select(
    WebhookEndpointRow.id,
    WebhookEndpointRow.url,
    WebhookEndpointRow.description,
    WebhookEndpointRow.kinds,
    WebhookEndpointRow.selection,
    WebhookEndpointRow.is_active,
    WebhookEndpointRow.disabled_because,
    WebhookEndpointRow.disabled_at,
    WebhookEndpointRow.failures,
    WebhookEndpointRow.failing_since,
    WebhookEndpointRow.created_at,
)
ENDPOINTS_BY_ID = Question(EndpointView, _ENDPOINT.where(WebhookEndpointRow.id == any_(ids())), by="id")
# There are few (a rule of the domain), so they come whole.
ENDPOINTS = Question(EndpointView, _ENDPOINT.order_by(WebhookEndpointRow.created_at, WebhookEndpointRow.id))
OLD_SECRETS = Question(
    OldSecretView,
    select(WebhookSecretRow.endpoint_id, func.max(WebhookSecretRow.valid_until).label("valid_until"))
    .where(WebhookSecretRow.endpoint_id == any_(ids()), WebhookSecretRow.valid_until > func.now())
    .group_by(WebhookSecretRow.endpoint_id),
    by="endpoint_id",
)
_DELIVERY = select(
    WebhookDeliveryRow.id,
    WebhookDeliveryRow.endpoint_id,
    WebhookDeliveryRow.event_id,
    WebhookDeliveryRow.state,
    WebhookDeliveryRow.attempts,
    WebhookDeliveryRow.due_at,
    WebhookDeliveryRow.ended_at,
    WebhookDeliveryRow.created_at,
)
DELIVERIES_BY_ID = Question(DeliveryView, _DELIVERY.where(WebhookDeliveryRow.id == any_(ids())), by="id")
_RANKED = (
    select(
        WebhookAttemptRow,
        func.row_number()
        .over(partition_by=WebhookAttemptRow.delivery_id, order_by=WebhookAttemptRow.number.desc())
        .label("rank"),
    )
    .where(WebhookAttemptRow.delivery_id == any_(ids()))
    .subquery()
)
ATTEMPTS = Question(
    AttemptView,
    select(
        _RANKED.c.delivery_id,
        _RANKED.c.number,
        _RANKED.c.status,
        _RANKED.c.failure,
        _RANKED.c.response,
        _RANKED.c.milliseconds,
        _RANKED.c.at,
    )
    .where(_RANKED.c.rank <= ATTEMPTS_SHOWN)
    .order_by(_RANKED.c.delivery_id, _RANKED.c.number.desc()),
    by="delivery_id",
)
_WAITING = select(func.count()).where(WebhookDeliveryRow.state == text("'PENDING'")).scalar_subquery()
_OLDEST = select(func.min(WebhookDeliveryRow.asked_at)).where(WebhookDeliveryRow.state == text("'PENDING'")).scalar_subquery()
_FAILING = select(func.count()).where(WebhookEndpointRow.failures > 0).scalar_subquery()
DEPTH = Question(
    Depth,
    select(
        _WAITING.label("pending"),
        cast(func.coalesce(func.extract("epoch", func.now() - _OLDEST), 0), Double()).label("oldest_seconds"),
        _FAILING.label("failing"),
    ),
)


@lru_cache(maxsize=16)
def _page(*, by_state: bool, with_cursor: bool, backwards: bool) -> Question[DeliveryView]:
    place = tuple_(WebhookDeliveryRow.created_at, WebhookDeliveryRow.id)
    statement = _DELIVERY.where(WebhookDeliveryRow.endpoint_id == bindparam("endpoint_id", type_=Uuid()))
    statement = statement.limit(bindparam("limit", type_=Integer()))
    if by_state:
        statement = statement.where(WebhookDeliveryRow.state == bindparam("state"))
    if with_cursor:
        seen = tuple_(bindparam("value", type_=DateTime(timezone=True)), bindparam("id", type_=Uuid()))
        statement = statement.where(place > seen if backwards else place < seen)
    if backwards:
        return Question(DeliveryView, statement.order_by(WebhookDeliveryRow.created_at, WebhookDeliveryRow.id))
    return Question(DeliveryView, statement.order_by(WebhookDeliveryRow.created_at.desc(), WebhookDeliveryRow.id.desc()))


@lru_cache(maxsize=2)
def _count(*, by_state: bool) -> Question[_Count]:
    statement = select(func.count().label("total")).select_from(WebhookDeliveryRow)
    statement = statement.where(WebhookDeliveryRow.endpoint_id == bindparam("endpoint_id", type_=Uuid()))
    return Question(_Count, statement.where(text("state = :state").bindparams(bindparam("state"))) if by_state else statement)


async def endpoints_by_id(reader: Reader, endpoint_ids: Sequence[UUID]) -> list[EndpointView | None]:
    """For each id its endpoint, or None."""
    return await reader.one_each(ENDPOINTS_BY_ID, endpoint_ids)


async def all_endpoints(reader: Reader) -> list[EndpointView]:
    """Every endpoint, oldest first."""
    return await reader.rows(ENDPOINTS)


async def old_secrets(reader: Reader, endpoint_ids: Sequence[UUID]) -> list[datetime | None]:
    """For each endpoint until when a rotated key still signs, or None."""
    found = await reader.one_each(OLD_SECRETS, endpoint_ids)
    return [each.valid_until if each is not None else None for each in found]


async def deliveries_by_id(reader: Reader, delivery_ids: Sequence[UUID]) -> list[DeliveryView | None]:
    """For each id its delivery, or None."""
    return await reader.one_each(DELIVERIES_BY_ID, delivery_ids)


async def deliveries_page(
    reader: Reader, endpoint_id: UUID, state: str | None, *, count: int, cursor: str | None, backwards: bool
) -> Page[DeliveryView]:
    """A page of an endpoint's deliveries, newest first. Raises `BadCursor`."""
    values: dict[str, object] = {"endpoint_id": endpoint_id, "limit": count + 1}
    if state is not None:
        values["state"] = state
    if cursor is not None:
        place = decode_cursor(DELIVERIES, cursor, datetime)
        values |= {"value": place.value, "id": place.id}
    question = _page(by_state=state is not None, with_cursor=cursor is not None, backwards=backwards)
    return page_of(await reader.rows(question, **values), count=count, backwards=backwards, from_cursor=cursor is not None)


async def count_deliveries(reader: Reader, endpoint_id: UUID, state: str | None) -> int:
    """How many deliveries an endpoint has, in a state or in all."""
    values: dict[str, object] = {"endpoint_id": endpoint_id} | ({"state": state} if state is not None else {})
    found = await reader.row(_count(by_state=state is not None), **values)
    return found.total if found is not None else 0


async def attempts_of(reader: Reader, delivery_ids: Sequence[UUID]) -> list[list[AttemptView]]:
    """For each delivery its latest tries, newest first."""
    return await reader.many_each(ATTEMPTS, delivery_ids)


def delivery_cursor(row: DeliveryView) -> str:
    """The place of a delivery in its list."""
    return encode_cursor(DELIVERIES, Place(row.created_at, row.id))
