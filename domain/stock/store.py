"""What stock need kept: the port that persistence makes true, with what each call locks.

Levels are locked by variant and warehouse id, all of a call in one statement, so that no two callers wait for each other
in a circle. Expiry goes by the database's clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.ids import OrderId, VariantId, WarehouseId
from domain.stock.model import MovementReason, Sent, Shortage


class StockStore(Protocol):
    """Stock, inside one transaction."""

    async def reserve(self, order_id: OrderId, demand: Mapping[VariantId, int], *, seconds: int) -> list[Shortage]:
        """Takes all of the demand or says what is short; then the caller must roll back. Locks the levels.

        Units come from active warehouses by priority. The reservation is HELD for `seconds`; the order's row may follow
        later in the same transaction.
        """

    async def extend(self, order_id: OrderId, *, seconds: int) -> None:
        """Gives what is HELD for the order at least `seconds` more."""

    async def allocate(self, order_id: OrderId) -> None:
        """Keeps what is HELD for the order until it ships; it expires no more."""

    async def release(self, order_id: OrderId) -> None:
        """Gives back whatever is HELD or ALLOCATED for the order; nothing the second time. Locks the levels."""

    async def ship(self, order_id: OrderId, *, actor: str) -> list[Sent]:
        """Takes what is ALLOCATED for the order out of the warehouses, with a movement each; what left. Locks the levels."""

    async def ship_from(
        self, order_id: OrderId, warehouse_id: WarehouseId, units: Mapping[VariantId, int], *, actor: str
    ) -> list[Shortage]:
        """Takes units ALLOCATED for the order out of one warehouse, or says what is short; then the caller must roll back.

        What is set aside elsewhere is free there again, when as much is free here. Goods that no stock is kept of are
        passed over. Locks the levels.
        """

    async def take_back(
        self, order_id: OrderId, warehouse_id: WarehouseId, units: Mapping[VariantId, int], *, actor: str
    ) -> None:
        """Units that left a warehouse for the order lie there again and are ALLOCATED as before. Locks the levels."""

    async def put_back(self, order_id: OrderId, units: Mapping[VariantId, int], *, actor: str) -> None:
        """Goods of an order are for sale again: what was set aside is released first, what shipped returns with a movement.

        Never more than the order took. Locks the levels.
        """

    async def shelve(self, order_id: OrderId, units: Mapping[tuple[VariantId, WarehouseId], int], *, actor: str) -> None:
        """Goods of an order's return are for sale again in these warehouses, with a movement each. Locks the levels."""

    async def expired_orders(self, *, limit: int) -> list[OrderId]:
        """Orders with a reservation past its time, the longest past first. Locks nothing."""

    async def is_expired(self, order_id: OrderId) -> bool:
        """Whether a reservation of the order is past its time; asked under the order's lock."""

    async def set_on_hand(
        self, levels: Sequence[tuple[VariantId, WarehouseId, int]], *, reason: MovementReason, actor: str
    ) -> None:
        """Sets what lies in warehouses by writing the differences as movements; never below what is reserved. Locks the levels."""

    async def adjust(self, variant_id: VariantId, warehouse_id: WarehouseId, *, delta: int, actor: str) -> int | None:
        """Adds to or takes from one level; what lies there now, or None when less than the reserved would remain. Locks it."""

    async def note_low(self, *, at_most: int, limit: int) -> list[tuple[VariantId, int]]:
        """Variants of which something was sold and at most so many units are left, with how many, each once until there are more."""

    async def has_warehouse(self, warehouse_id: WarehouseId) -> bool: ...

    async def warehouses(self, warehouse_ids: Sequence[WarehouseId]) -> set[WarehouseId]:
        """Those of the warehouses that there are."""

    async def has_variant(self, variant_id: VariantId) -> bool: ...
