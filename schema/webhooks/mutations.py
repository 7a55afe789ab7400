"""What staff does with webhook endpoints. A key is shown once, in the answer that makes it."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import strawberry

from domain.error import Invalid, NotFound, UserError
from domain.ids import new_id
from domain.viewer import App, Permission, Staff, Viewer
from domain.webhooks import actions
from domain.webhooks.errors import WebhookSelectionInvalid
from domain.webhooks.flows import PURPOSE
from domain.webhooks.model import EndpointChange, EventType, NewEndpoint
from domain.webhooks.rules import needed_for
from persistence.webhooks.log_reads import log_bounds, positions_between
from persistence.webhooks.reads import deliveries_by_id, endpoints_by_id
from schema.context import Context
from schema.mutations import Answer, Keyed, answered, deed, keyed
from schema.webhooks.inputs import (
    DESCRIPTION_LENGTH_MAX,
    OLD_KEY_HOURS_MAX,
    WebhookDeliveryResendInput,
    WebhookEndpointCreateInput,
    WebhookEndpointDeleteInput,
    WebhookEndpointUpdateInput,
    WebhookReplayInput,
    WebhookSecretRotateInput,
    WebhookTrialInput,
)
from schema.webhooks.subscriptions import position_from
from schema.webhooks.types import MANAGE, WebhookDelivery, WebhookEndpoint

KEY_BYTES = 32
_THE_ENDPOINT = (WebhookEndpoint, "The endpoint as it is now.")
_THE_DELIVERY = (WebhookDelivery, "The delivery as it is now.")
_SECRET = (str, "The key that signs, `whsec_` and base64 (Standard Webhooks). It is shown this once.")


@deed(
    "Makes a webhook endpoint. It is told of what happens from now on; for what happened before, replay the log.",
    allow=MANAGE,
    webhook_endpoint=_THE_ENDPOINT,
    secret=_SECRET,
)
async def webhook_endpoint_create(
    context: Context,
    *,
    input: Annotated[WebhookEndpointCreateInput, strawberry.argument(description="The endpoint.")],
) -> Answer | UserError:
    problem = _said_problem(context, input.event_types, input.description)
    problem = problem or await _selection_problem(context, input.selection)
    if problem is not None:
        return problem
    endpoint = NewEndpoint(
        id=new_id(),
        url=input.url,
        description=input.description,
        types=tuple(dict.fromkeys(input.event_types)),
        selection=input.selection or None,
        permissions=_permissions(context.viewer),
    )
    key = secrets.token_bytes(KEY_BYTES)
    outcome = await context.act(
        actions.make_endpoint,
        endpoint=endpoint,
        sealed=context.ports.webhooks.vault.lock(key, purpose=PURPOSE, owner=str(endpoint.id)),
        allows_local=context.ports.webhooks.calls_local,
        now=context.now,
    )
    if isinstance(outcome, UserError):
        return outcome
    return answered(webhook_endpoint=(await endpoints_by_id(context.reader, [endpoint.id]))[0], secret=_shown(key))


@deed(
    "Changes a webhook endpoint. Who changes its events or its selection lends it what they may read.",
    allow=MANAGE,
    webhook_endpoint=_THE_ENDPOINT,
)
async def webhook_endpoint_update(
    context: Context,
    *,
    input: Annotated[WebhookEndpointUpdateInput, strawberry.argument(description="What changes.")],
) -> Answer | UserError:
    endpoint_id = context.id_of("WebhookEndpoint", input.id)
    if endpoint_id is None:
        return _no_endpoint()
    problem = _said_problem(context, input.event_types, input.description)
    problem = problem or await _selection_problem(context, input.selection)
    if problem is not None:
        return problem
    lends = input.event_types is not None or input.selection is not None
    change = EndpointChange(
        url=input.url,
        description=input.description,
        types=tuple(dict.fromkeys(input.event_types)) if input.event_types is not None else None,
        selection=input.selection,
        permissions=_permissions(context.viewer) if lends else None,
        is_active=input.is_active,
    )
    outcome = await context.act(
        actions.change_endpoint, endpoint_id=endpoint_id, change=change, allows_local=context.ports.webhooks.calls_local
    )
    if isinstance(outcome, UserError):
        return outcome
    return answered(webhook_endpoint=(await endpoints_by_id(context.reader, [endpoint_id]))[0])


@deed("Removes a webhook endpoint with its keys and deliveries.", allow=MANAGE, deleted_id=(strawberry.ID, "What is gone."))
async def webhook_endpoint_delete(
    context: Context,
    *,
    input: Annotated[WebhookEndpointDeleteInput, strawberry.argument(description="Which.")],
) -> Answer | UserError:
    endpoint_id = context.id_of("WebhookEndpoint", input.id)
    if endpoint_id is None:
        return _no_endpoint()
    outcome = await context.act(actions.remove_endpoint, endpoint_id=endpoint_id)
    return outcome if isinstance(outcome, UserError) else answered(deleted_id=input.id)


@deed(
    "Makes a new key for a webhook endpoint. For a while messages are signed with both, so that no message is refused while "
    "the receiver changes over.",
    allow=MANAGE,
    webhook_endpoint=_THE_ENDPOINT,
    secret=_SECRET,
)
async def webhook_secret_rotate(
    context: Context,
    *,
    input: Annotated[WebhookSecretRotateInput, strawberry.argument(description="Which, and how long the old key goes on.")],
) -> Answer | UserError:
    endpoint_id = context.id_of("WebhookEndpoint", input.id)
    if endpoint_id is None:
        return _no_endpoint()
    if not 0 <= input.keep_old_hours <= OLD_KEY_HOURS_MAX:
        reason = f"An old key goes on for 0 to {OLD_KEY_HOURS_MAX} hours."
        return Invalid(path=("input", "keep_old_hours"), reason=reason)
    key = secrets.token_bytes(KEY_BYTES)
    outcome = await context.act(
        actions.rotate_secret,
        endpoint_id=endpoint_id,
        sealed=context.ports.webhooks.vault.lock(key, purpose=PURPOSE, owner=str(endpoint_id)),
        keep_old=timedelta(hours=input.keep_old_hours),
        now=context.now,
    )
    if isinstance(outcome, UserError):
        return outcome
    return answered(webhook_endpoint=(await endpoints_by_id(context.reader, [endpoint_id]))[0], secret=_shown(key))


@deed(
    "Sends a trial message of the type `webhook.trial` to an endpoint; its delivery tells how that went.",
    allow=MANAGE,
    webhook_delivery=_THE_DELIVERY,
)
@keyed(Keyed.KEPT)
async def webhook_trial(
    context: Context,
    *,
    input: Annotated[WebhookTrialInput, strawberry.argument(description="Which.")],
) -> Answer | UserError:
    endpoint_id = context.id_of("WebhookEndpoint", input.id)
    if endpoint_id is None:
        return _no_endpoint()
    outcome = await context.act(actions.try_out, endpoint_id=endpoint_id)
    if isinstance(outcome, UserError):
        return outcome
    return answered(webhook_delivery=(await deliveries_by_id(context.reader, [outcome]))[0])


@deed(
    "Sends one delivery again, whatever became of it, under the same `webhook-id`.",
    allow=MANAGE,
    webhook_delivery=_THE_DELIVERY,
)
@keyed(Keyed.KEPT)
async def webhook_delivery_resend(
    context: Context,
    *,
    input: Annotated[WebhookDeliveryResendInput, strawberry.argument(description="Which.")],
) -> Answer | UserError:
    delivery_id = context.id_of("WebhookDelivery", input.id)
    if delivery_id is None:
        return NotFound(path=("input", "id"), what="webhook delivery")
    outcome = await context.act(actions.send_again, delivery_id=delivery_id)
    if isinstance(outcome, UserError):
        return outcome
    return answered(webhook_delivery=(await deliveries_by_id(context.reader, [delivery_id]))[0])


@deed(
    "Sends a part of the event log to an endpoint again, in order: what it missed while it was down or switched off. Events that "
    "were sent before keep their `webhook-id`.",
    allow=MANAGE,
    webhook_endpoint=_THE_ENDPOINT,
    events=(int, "How many events will be sent."),
)
@keyed(Keyed.KEPT)
async def webhook_replay(
    context: Context,
    *,
    input: Annotated[WebhookReplayInput, strawberry.argument(description="To whom, and which part.")],
) -> Answer | UserError:
    endpoint_id = context.id_of("WebhookEndpoint", input.id)
    if endpoint_id is None:
        return _no_endpoint()
    bounds = await _bounds(context, input)
    if isinstance(bounds, UserError):
        return bounds
    outcome = await context.act(actions.replay, endpoint_id=endpoint_id, after=bounds[0], until=bounds[1])
    if isinstance(outcome, UserError):
        return outcome
    return answered(webhook_endpoint=(await endpoints_by_id(context.reader, [endpoint_id]))[0], events=outcome)


async def _bounds(context: Context, said: WebhookReplayInput) -> tuple[int, int] | UserError:
    """The positions (after, until] that are meant."""
    by_position = said.after_position is not None or said.until_position is not None
    by_time = said.since is not None or said.until is not None
    if by_position == by_time:
        return Invalid(path=("input",), reason="Say the part either by positions or by time.")
    if by_time:
        first, last = await positions_between(
            context.reader, said.since or datetime.min.replace(tzinfo=UTC), said.until or context.now
        )
        return first - 1, last
    last = (await log_bounds(context.reader))[1]
    after = position_from(said.after_position, "afterPosition") if said.after_position is not None else 0
    until = position_from(said.until_position, "untilPosition") if said.until_position is not None else last
    return after, min(until, last)


def _said_problem(context: Context, types: Sequence[EventType] | None, description: str | None) -> UserError | None:
    if types is not None and not types:
        return Invalid(path=("input", "event_types"), reason="An endpoint is told of one kind of event at least.")
    if types is not None and not needed_for(types) <= _permissions(context.viewer):
        return Invalid(path=("input", "event_types"), reason="You may not read what some of these events are about.")
    if description is not None and len(description) > DESCRIPTION_LENGTH_MAX:
        return Invalid(path=("input", "description"), reason=f"At most {DESCRIPTION_LENGTH_MAX} characters.")
    return None


async def _selection_problem(context: Context, selection: str | None) -> UserError | None:
    if not selection:
        return None
    reason = await context.ports.webhooks.check_selection(selection)
    return WebhookSelectionInvalid(path=("input", "selection"), reason=reason) if reason is not None else None


def _permissions(viewer: Viewer) -> frozenset[Permission]:
    return viewer.permissions if isinstance(viewer, Staff | App) else frozenset()


def _shown(key: bytes) -> str:
    return "whsec_" + base64.b64encode(key).decode()


def _no_endpoint() -> NotFound:
    return NotFound(path=("input", "id"), what="webhook endpoint")
