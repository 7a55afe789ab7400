"""What is said about webhook endpoints."""

from __future__ import annotations

from datetime import datetime

import strawberry

import schema.webhooks.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.webhooks.model import REPLAY_MAX, EventType
from schema.webhooks.selection import SELECTION_LENGTH_MAX

DESCRIPTION_LENGTH_MAX = 500
OLD_KEY_HOURS_MAX = 168

_SELECTION = (
    "A single GraphQL query whose result is sent as `data`. `$id: ID!` is the thing that the event is about, for `node(id: $id)`. "
    f"It reads what its maker may read. At most {SELECTION_LENGTH_MAX} characters."
)


@strawberry.input(name="WebhookEndpointCreateInput", description="A new webhook endpoint.")
class WebhookEndpointCreateInput:
    url: str = strawberry.field(description="Where it is: https on a public address.")
    event_types: list[EventType] = strawberry.field(description="What it is told of: one kind of event at least.")
    description: str = strawberry.field(default="", description=f"What it is for; at most {DESCRIPTION_LENGTH_MAX} characters.")
    selection: str | None = strawberry.field(default=None, description=_SELECTION)


@strawberry.input(name="WebhookEndpointUpdateInput", description="Changes of a webhook endpoint; what is not said stays.")
class WebhookEndpointUpdateInput:
    id: strawberry.ID = strawberry.field(description="The endpoint.")
    url: str | None = strawberry.field(default=None, description="Where it is from now on.")
    event_types: list[EventType] | None = strawberry.field(default=None, description="What it is told of from now on.")
    description: str | None = strawberry.field(default=None, description="What it is for.")
    selection: str | None = strawberry.field(default=None, description=_SELECTION + ' "" takes it away.')
    is_active: bool | None = strawberry.field(
        default=None, description="Whether it is told at all. Switching it on sends at once what still waits."
    )


@strawberry.input(name="WebhookEndpointDeleteInput", description="Which endpoint is removed.")
class WebhookEndpointDeleteInput:
    id: strawberry.ID = strawberry.field(description="The endpoint.")


@strawberry.input(name="WebhookSecretRotateInput", description="Which endpoint gets a new key.")
class WebhookSecretRotateInput:
    id: strawberry.ID = strawberry.field(description="The endpoint.")
    keep_old_hours: int = strawberry.field(
        default=24, description=f"How long messages are signed with the key before as well, 0 to {OLD_KEY_HOURS_MAX} hours."
    )


@strawberry.input(name="WebhookTrialInput", description="Which endpoint is tried out.")
class WebhookTrialInput:
    id: strawberry.ID = strawberry.field(description="The endpoint.")


@strawberry.input(name="WebhookDeliveryResendInput", description="Which delivery is sent again.")
class WebhookDeliveryResendInput:
    id: strawberry.ID = strawberry.field(description="The delivery.")


@strawberry.input(
    name="WebhookReplayInput",
    description=f"Which part of the event log is sent again: by positions, or by time. At most {REPLAY_MAX} events.",
)
class WebhookReplayInput:
    id: strawberry.ID = strawberry.field(description="The endpoint; it gets the events of the kinds it has chosen.")
    after_position: str | None = strawberry.field(default=None, description="From the event after this position on.")
    until_position: str | None = strawberry.field(default=None, description="Up to this position; to the end when not said.")
    since: datetime | None = strawberry.field(default=None, description="From what happened then.")
    until: datetime | None = strawberry.field(default=None, description="Up to what happened then; to now when not said.")
