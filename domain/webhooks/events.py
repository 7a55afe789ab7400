"""The facts of outgoing webhooks that others act on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhooksDue(Event):
    """Events up to `position` have been written into the log, and some of them are for an endpoint."""

    aggregate: ClassVar[str] = "event_log"
    log_id: UUID
    position: int

    @property
    def aggregate_id(self) -> UUID:
        return self.log_id


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointDisabled(Event):
    """An endpoint was switched off because nothing reaches it; staff is told by mail."""

    aggregate: ClassVar[str] = "webhook_endpoint"
    endpoint_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.endpoint_id
