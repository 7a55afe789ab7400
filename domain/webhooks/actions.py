"""The use cases of outgoing webhooks that are one transaction each: staff's wishes, the log, and one sender's turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from domain.error import NotFound, Path, UserError
from domain.ids import new_id
from domain.live import EVENT_LOG
from domain.unit import Unit
from domain.viewer import Permission
from domain.webhooks import rules
from domain.webhooks.errors import TooManyWebhookEndpoints, WebhookEndpointInactive, WebhookReplayTooLong, WebhookUrlRefused
from domain.webhooks.events import WebhookEndpointDisabled, WebhooksDue
from domain.webhooks.model import (
    DELIVERY_HOURS,
    ENDPOINTS_MAX,
    REPLAY_MAX,
    DueDelivery,
    EndpointChange,
    EventType,
    HeldEndpoint,
    LoggedFact,
    NewEndpoint,
    Tried,
)
from domain.webhooks.store import EventLog

_LOG = UUID("00000000-0000-7000-8000-000000000001")
"""The log is one thing; its facts need an id to be about."""
_PUBLIC = tuple(each.value for each in EventType)
PARALLEL = 5
"""Tries that one endpoint gets at once, of different things."""


class Logging(Unit, Protocol):
    """A unit of our own machines, which also sees the log."""

    @property
    def event_log(self) -> EventLog: ...


@dataclass(frozen=True, slots=True)
class Turn:
    """One endpoint's turn: what is sent to it now."""

    endpoint: HeldEndpoint
    due: Sequence[DueDelivery]


async def make_endpoint(
    unit: Unit, *, endpoint: NewEndpoint, sealed: bytes, allows_local: bool, now: datetime
) -> UserError | None:
    """Makes an endpoint with its first key."""
    if (reason := rules.url_problem(endpoint.url, allows_local=allows_local)) is not None:
        return WebhookUrlRefused(path=("input", "url"), reason=reason)
    if await unit.webhooks.count_endpoints() >= ENDPOINTS_MAX:
        return TooManyWebhookEndpoints(path=("input",))
    await unit.webhooks.add_endpoint(endpoint)
    await unit.webhooks.add_secret(new_id(), endpoint_id=endpoint.id, sealed=sealed, old_until=now)
    return None


async def change_endpoint(unit: Unit, *, endpoint_id: UUID, change: EndpointChange, allows_local: bool) -> UserError | None:
    """Changes what is given. What sends again starts at once."""
    if change.url is not None and (reason := rules.url_problem(change.url, allows_local=allows_local)) is not None:
        return WebhookUrlRefused(path=("input", "url"), reason=reason)
    if not await unit.webhooks.lock_endpoint(endpoint_id):
        return _no_endpoint()
    await unit.webhooks.change_endpoint(endpoint_id, change)
    if change.is_active:
        _due(unit)
    return None


async def remove_endpoint(unit: Unit, *, endpoint_id: UUID) -> UserError | None:
    """Removes an endpoint, its keys and its deliveries."""
    return None if await unit.webhooks.remove_endpoint(endpoint_id) else _no_endpoint()


async def rotate_secret(
    unit: Unit, *, endpoint_id: UUID, sealed: bytes, keep_old: timedelta, now: datetime
) -> UserError | None:
    """Makes a new key; the old one signs beside it for so long."""
    if not await unit.webhooks.lock_endpoint(endpoint_id):
        return _no_endpoint()
    await unit.webhooks.add_secret(new_id(), endpoint_id=endpoint_id, sealed=sealed, old_until=now + keep_old)
    return None


async def try_out(unit: Unit, *, endpoint_id: UUID) -> UUID | UserError:
    """Sends a trial without an event; the delivery's id."""
    if (problem := await _inactive(unit, endpoint_id, ("input", "id"))) is not None:
        return problem
    delivery_id = new_id()
    await unit.webhooks.add_trial(delivery_id, endpoint_id)
    _due(unit)
    return delivery_id


async def send_again(unit: Unit, *, delivery_id: UUID) -> UserError | None:
    """Sends one delivery again under its own id, whatever became of it."""
    endpoint_id = await unit.webhooks.send_again(delivery_id)
    if endpoint_id is None:
        return NotFound(path=("input", "id"), what="webhook delivery")
    if (problem := await _inactive(unit, endpoint_id, ("input", "id"))) is not None:
        return problem
    _due(unit)
    return None


async def replay(unit: Unit, *, endpoint_id: UUID, after: int, until: int) -> int | UserError:
    """Sends the log's events of a range again, each under the id it had; how many."""
    if (problem := await _inactive(unit, endpoint_id, ("input", "id"))) is not None:
        return problem
    wanted = await unit.webhooks.events_between(endpoint_id, after=after, until=until, limit=REPLAY_MAX)
    if wanted > REPLAY_MAX:
        return WebhookReplayTooLong(path=("input", "until"), events=wanted)
    again = await unit.webhooks.replay(endpoint_id, after=after, until=until)
    if again:
        _due(unit)
    return again


async def write_log(unit: Logging, *, known: Sequence[str]) -> Sequence[LoggedFact]:
    """Gives new facts of the known kinds their place in the event log, and makes what endpoints get of them; the facts."""
    logged = await unit.event_log.write(known=known, public=_PUBLIC)
    if logged.position:
        unit.hint(EVENT_LOG)
    if logged.deliveries:
        unit.announce(WebhooksDue(log_id=_LOG, position=logged.position))
    return logged.facts


async def take_turns(unit: Unit, *, endpoints: int, hold_seconds: int) -> list[Turn]:
    """Takes endpoints with something due. One that failed last is tried with a single delivery first."""
    held = await unit.webhooks.hold_due(limit=endpoints, seconds=hold_seconds)
    if not held:
        return []
    limits = [1 if each.failures else PARALLEL for each in held]
    due = await unit.webhooks.heads([each.id for each in held], limits)
    return [Turn(each, [one for one in due if one.endpoint_id == each.id]) for each in held]


async def end_turn(unit: Unit, *, endpoint: HeldEndpoint, tried: Sequence[Tried], now: datetime) -> None:
    """Writes down what came of a turn, and how long the endpoint rests; switches off what nothing reaches any more."""
    failures = rules.failures_after(endpoint.failures, tried)
    failing_since = (endpoint.failing_since or now) if failures else None
    is_ours = await unit.webhooks.release(
        endpoint, failures=failures, failing_since=failing_since, rest_seconds=rules.endpoint_pause(failures)
    )
    await unit.webhooks.record(tried, [rules.delivery_pause(each.delivery.attempts + 1) for each in tried])
    because = rules.gives_up(failing_since, tried, now=now) if is_ours else None
    if because is not None and await unit.webhooks.switch_off(endpoint.id, because=because, now=now):
        unit.announce(WebhookEndpointDisabled(endpoint_id=endpoint.id))


async def tidy(unit: Unit) -> int:
    """Gives up on what could not be delivered in three days; how many deliveries."""
    return await unit.webhooks.fail_expired(hours=DELIVERY_HOURS)


async def forget_old(unit: Unit) -> int:
    """Drops deliveries that ended a month ago, a thousand at a time; how many."""
    return await unit.webhooks.forget_old()


def permissions_of(types: Sequence[EventType], held: frozenset[Permission]) -> frozenset[Permission] | None:
    """What the payloads may read when this caller chooses these types; None when they may not read them themselves."""
    return held if rules.needed_for(types) <= held else None


async def _inactive(unit: Unit, endpoint_id: UUID, path: Path) -> UserError | None:
    is_active = await unit.webhooks.is_active(endpoint_id)
    if is_active is None:
        return _no_endpoint()
    return None if is_active else WebhookEndpointInactive(path=path)


def _no_endpoint() -> NotFound:
    return NotFound(path=("input", "id"), what="webhook endpoint")


def _due(unit: Unit) -> None:
    unit.announce(WebhooksDue(log_id=_LOG, position=0))
