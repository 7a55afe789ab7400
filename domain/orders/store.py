"""What orders need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.ids import CartId, OrderId, PaymentId
from domain.money import Money
from domain.orders.model import Entry, NewOrder, Note, Order, States


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What all payments of an order come to."""

    authorized: Money
    captured: Money
    refunded: Money


class OrdersStore(Protocol):
    """Orders, inside one transaction."""

    async def place(self, order: NewOrder, *, actor: str) -> int:
        """Keeps a new order with its lines and the first entry of its history; its number in the channel, which is locked."""

    async def of_cart(self, cart_id: CartId) -> OrderId | None:
        """The order a cart has become. Locks nothing."""

    async def lock(self, order_id: OrderId) -> Order | None:
        """The order. Locks it until the transaction ends."""

    async def lock_of_payment(self, payment_id: PaymentId) -> Order | None:
        """The order that an attempt to pay is for. Locks it until the transaction ends."""

    async def record(
        self,
        order: Order,
        states: States,
        entries: Sequence[Entry],
        *,
        actor: str,
        now: datetime,
        cancel_reason: str | None = None,
        sums: Sums | None = None,
    ) -> int:
        """Sets the three states, counts the version on and adds entries to the history; the last entry's `seq`. Under the lock.

        `sums` are those over the order's payments by now; None leaves them as they are.
        """

    async def set_money(self, order_id: OrderId, sums: Sums) -> None:
        """Sets the sums over the order's payments alone. Under the lock."""

    async def add_note(self, note: Note, *, author: str, now: datetime) -> None:
        """Keeps a note of staff about an order."""
