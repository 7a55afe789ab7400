"""Sending webhooks, across transactions: take a turn, commit, call everybody at once, write down what came of it.

A crash between the call and the writing down leaves the endpoint held until its hold ends; then the same delivery goes out
again under the same id, by which the receiver can tell that it is the same (Standard Webhooks).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.unit import Transact
from domain.vault import Vault
from domain.webhooks.actions import Turn, end_turn, take_turns
from domain.webhooks.model import DueDelivery, EventType, HeldEndpoint, Outcome, Tried
from domain.webhooks.provider import Carrier, Message, Selections
from domain.webhooks.rules import shown_fields

ENDPOINTS_AT_ONCE = 20
HOLD_SECONDS = 30
"""How long nobody else sends to the endpoint: longer than a turn takes, short enough that a crash costs little."""
PURPOSE = "webhook"
TRIAL_TYPE = "webhook.trial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What sending takes."""

    carrier: Carrier
    vault: Vault
    selections: Selections
    clock: Callable[[], datetime]


async def send_due(transact: Transact, means: Means, *, seconds_max: float) -> int:
    """Sends what is due, turn after turn, and stops beginning new ones after so long; how many tries there were."""
    loop = asyncio.get_running_loop()
    ends, tries = loop.time() + seconds_max, 0
    while loop.time() < ends:
        turns = await transact(take_turns, endpoints=ENDPOINTS_AT_ONCE, hold_seconds=HOLD_SECONDS)
        if not turns:
            break
        tries += sum(await asyncio.gather(*(_serve(transact, means, each) for each in turns)))
    return tries


async def _serve(transact: Transact, means: Means, turn: Turn) -> int:
    """One endpoint's turn; how many tries."""
    outcomes = await asyncio.gather(*(_send(means, turn.endpoint, each) for each in turn.due))
    tried = [Tried(each, outcome) for each, outcome in zip(turn.due, outcomes, strict=True)]
    await transact(end_turn, endpoint=turn.endpoint, tried=tried, now=means.clock())
    return len(tried)


async def _send(means: Means, endpoint: HeldEndpoint, delivery: DueDelivery) -> Outcome:
    try:
        secrets = [means.vault.unlock(each, purpose=PURPOSE, owner=str(endpoint.id)) for each in endpoint.secrets]
        body = await _body(means, endpoint, delivery)
    except ValueError as problem:
        return Outcome(status=None, reason=f"not sent: {problem}", response="", milliseconds=0, at=means.clock())
    message = Message(id=f"msg_{delivery.id.hex}", url=endpoint.url, body=body, secrets=secrets)
    return await means.carrier.send(message, now=means.clock())


async def _body(means: Means, endpoint: HeldEndpoint, delivery: DueDelivery) -> bytes:
    """The payload as Standard Webhooks suggests it: type, timestamp, data.

    Made anew at each try, so it tells what is true by then.
    """
    is_trial = delivery.position == 0
    if is_trial:
        data: object = {"endpointId": means.selections.named("WebhookEndpoint", endpoint.id)}
    elif endpoint.selection is not None:
        data = await means.selections.resolve(endpoint.selection, permissions=endpoint.permissions, delivery=delivery)
    else:
        data = shown_fields(delivery.aggregate, delivery.aggregate_id, delivery.fields, means.selections.named)
    told = {
        "type": TRIAL_TYPE if is_trial else EventType(delivery.type_name).wire_name,
        "timestamp": delivery.occurred_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "position": str(delivery.position),
        "data": data,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
