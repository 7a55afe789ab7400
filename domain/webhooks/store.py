"""What outgoing webhooks need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.viewer import Permission
from domain.webhooks.model import DueDelivery, EndpointChange, EventType, HeldEndpoint, Logged, NewEndpoint, SwitchedOff, Tried


class WebhooksStore(Protocol):
    """Endpoints and deliveries, inside one transaction. What is due is decided by the database's clock."""

    async def count_endpoints(self) -> int:
        """How many endpoints there are. Keeps others from being made until the transaction ends."""

    async def add_endpoint(self, endpoint: NewEndpoint) -> None: ...

    async def add_secret(self, secret_id: UUID, *, endpoint_id: UUID, sealed: bytes, old_until: datetime) -> None:
        """Makes a key the present one; the one before signs on until then."""

    async def lock_endpoint(self, endpoint_id: UUID) -> bool:
        """Locks an endpoint; False when there is none."""

    async def types_of(self, endpoint_id: UUID) -> tuple[EventType, ...]: ...

    async def change_endpoint(self, endpoint_id: UUID, change: EndpointChange) -> None:
        """Switching one on forgets its failures and makes what waits due at once."""

    async def remove_endpoint(self, endpoint_id: UUID) -> bool:
        """Removes an endpoint with all its deliveries; False when there is none."""

    async def is_active(self, endpoint_id: UUID) -> bool | None:
        """None when there is no such endpoint."""

    async def add_trial(self, delivery_id: UUID, endpoint_id: UUID) -> None:
        """A delivery without an event, for trying an endpoint out."""

    async def send_again(self, delivery_id: UUID) -> UUID | None:
        """Makes one delivery pending and due, whatever became of it; its endpoint, or None when there is no such delivery."""

    async def events_between(self, endpoint_id: UUID, *, after: int, until: int, limit: int) -> int:
        """How many of the log's events in (after, until] the endpoint has chosen; counting stops past the limit."""

    async def replay(self, endpoint_id: UUID, *, after: int, until: int) -> int:
        """Makes a pending delivery of each event in (after, until] that the endpoint has chosen; how many."""

    async def hold_due(self, *, limit: int, seconds: int) -> list[HeldEndpoint]:
        """Takes endpoints that have something due and nobody sending, for so long. Passes over what others have locked."""

    async def heads(self, endpoint_ids: Sequence[UUID], limits: Sequence[int]) -> list[DueDelivery]:
        """For each endpoint at most so many due deliveries, oldest events first; of one thing only its first."""

    async def record(self, tried: Sequence[Tried], pauses: Sequence[int]) -> None:
        """Writes down tries of deliveries that nobody has ended since, and when each is due again."""

    async def release(
        self, endpoint: HeldEndpoint, *, failures: int, failing_since: datetime | None, rest_seconds: int
    ) -> bool:
        """Ends a hold; False when a later one has begun."""

    async def switch_off(self, endpoint_id: UUID, *, because: str, now: datetime) -> bool:
        """Switches an endpoint off; False when it was off already."""

    async def switched_off(self, endpoint_id: UUID) -> SwitchedOff | None:
        """An endpoint that is off by itself; None when it is on again, or gone."""

    async def fail_expired(self, *, hours: int) -> int:
        """Gives up on deliveries that were asked for so long ago; how many."""

    async def forget_old(self) -> int:
        """Drops ended deliveries a month later, a thousand at a time; how many."""


class EventLog(Protocol):
    """The log of what happened, as endpoints and readers get it."""

    async def write(self, *, known: Sequence[str], public: Sequence[str]) -> Logged:
        """Gives facts that have none their position, in the order they happened, and makes the deliveries.

        Holds the log until the transaction ends; nothing is written while another is at it.
        """


Permissions = frozenset[Permission]
