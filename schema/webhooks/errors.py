"""How failures of outgoing webhooks are shown."""

from __future__ import annotations

from domain.webhooks import errors as webhooks
from schema.errors import error_type

ERRORS: tuple[type, ...] = (
    error_type(webhooks.WebhookUrlRefused, "The address is none that we call.", reason=(str, "Why.")),
    error_type(
        webhooks.WebhookSelectionInvalid,
        "The selection is no single query of this schema.",
        reason=(str, "What is wrong with it."),
    ),
    error_type(webhooks.TooManyWebhookEndpoints, "There are as many endpoints as there may be."),
    error_type(
        webhooks.WebhookReplayTooLong,
        "The range holds more events than one replay sends.",
        events=(int, "How many it holds, counted to one past the limit."),
    ),
    error_type(webhooks.WebhookEndpointInactive, "The endpoint is switched off."),
)
