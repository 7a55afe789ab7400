"""What returns need kept: the port that persistence makes true. Whatever is decided is asked under the order's lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.ids import OrderId, OrderLineId, RefundRequestId, ReturnId, VariantId
from domain.returns.model import Arrived, Destination, Goods, NewReturn, Return, ReturnFacts, ReturnState


class ReturnsStore(Protocol):
    """Returns, inside one transaction."""

    async def find(self, return_id: ReturnId) -> Return | None:
        """The return. Locks nothing: whoever decides by it asks again under the order's lock."""

    async def of_request(self, request_id: RefundRequestId) -> ReturnId | None:
        """The return that a decision to give money back is for."""

    async def of_refund(self, refund_id: UUID) -> ReturnId | None:
        """The return that a refund is for."""

    async def count(self, order_id: OrderId) -> int:
        """How many returns the order has, whatever became of them."""

    async def add(self, order_id: OrderId, new: NewReturn, *, actor: str, now: datetime) -> int:
        """Keeps a new return; its number, counted on from the order's last."""

    async def move(self, return_id: ReturnId, to: ReturnState, *, now: datetime, reason: str | None = None) -> None:
        """Sets the state of a return, with the time of it."""

    async def accept(self, return_id: ReturnId, arrived: Sequence[Arrived], accepted: Mapping[OrderLineId, int]) -> None:
        """Keeps what came back of a return and what it comes to by line."""

    async def note_refund(self, return_id: ReturnId, request_id: RefundRequestId) -> None:
        """Keeps that a decision to give money back is for a return."""

    async def note_exchange(self, return_id: ReturnId, replacement_id: OrderId, units: Mapping[OrderLineId, int]) -> None:
        """Keeps that an order replaces units of a return."""

    async def goods(self, variant_ids: Sequence[VariantId]) -> Mapping[VariantId, Goods]:
        """The variants of these ids that there are. Locks nothing."""

    async def destination(self, order_id: OrderId) -> Destination:
        """Where an order's goods went."""

    async def facts(self, return_id: ReturnId) -> ReturnFacts | None:
        """What letters tell of a return. Locks nothing."""
