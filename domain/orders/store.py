"""What orders need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.ids import CartId, OrderId
from domain.money import Money
from domain.orders.model import Entry, NewOrder, Order, States


class OrdersStore(Protocol):
    """Orders, inside one transaction."""

    async def place(self, order: NewOrder, *, actor: str) -> int:
        """Keeps a new order with its lines and the first entry of its history; its number in the channel, which is locked."""

    async def of_cart(self, cart_id: CartId) -> OrderId | None:
        """The order a cart has become. Locks nothing."""

    async def lock(self, order_id: OrderId) -> Order | None:
        """The order. Locks it until the transaction ends."""

    async def record(
        self,
        order: Order,
        states: States,
        entries: Sequence[Entry],
        *,
        actor: str,
        now: datetime,
        cancel_reason: str | None = None,
    ) -> int:
        """Sets the three states, counts the version on and adds entries to the history; the last entry's `seq`. Under the lock."""

    async def set_money(self, order_id: OrderId, *, authorized: Money, captured: Money, refunded: Money) -> None:
        """Sets the sums over the order's payments. Under the lock."""
