"""What can be wrong with a webhook endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.error import UserError
from domain.webhooks.model import ENDPOINTS_MAX, REPLAY_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookUrlRefused(UserError):
    """The address is none that we call."""

    code: ClassVar[str] = "WEBHOOK_URL_REFUSED"
    reason: str

    @property
    def message(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSelectionInvalid(UserError):
    """The payload's GraphQL selection does not fit the schema, or is no single query."""

    code: ClassVar[str] = "WEBHOOK_SELECTION_INVALID"
    reason: str

    @property
    def message(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyWebhookEndpoints(UserError):
    """There are as many endpoints as there may be."""

    code: ClassVar[str] = "TOO_MANY_WEBHOOK_ENDPOINTS"

    @property
    def message(self) -> str:
        return f"A shop has at most {ENDPOINTS_MAX} webhook endpoints: delete one that is not used."


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookReplayTooLong(UserError):
    """The range holds more events than one replay sends."""

    code: ClassVar[str] = "WEBHOOK_REPLAY_TOO_LONG"
    events: int

    @property
    def message(self) -> str:
        return f"The range holds {self.events} events, one replay at most {REPLAY_MAX}: replay it in parts."


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointInactive(UserError):
    """The endpoint is switched off."""

    code: ClassVar[str] = "WEBHOOK_ENDPOINT_INACTIVE"

    @property
    def message(self) -> str:
        return "The endpoint is switched off: set `isActive` first."
