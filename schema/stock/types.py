"""Stock as staff see it."""

from __future__ import annotations

from datetime import datetime

import strawberry

from domain.stock.model import MovementReason
from domain.viewer import Permission
from persistence.stock.reads import StockLevelView, StockMovementView, WarehouseView
from schema.enums import described
from schema.execution.fields import batch, plain, shows
from schema.ids import global_id
from schema.node import identity
from schema.paging import connection
from schema.permissions import may
from schema.scalars import CountryCode

READ = may(Permission.READ_STOCK, by_channel=True)
"""Every channel sells from the same shelves: who works in one may look at them, changing them is the whole shop's business."""

described(
    MovementReason,
    "StockMovementReason",
    "Why units came or went.",
    SEEDED="They were there when the shop was filled with demo data.",
    IMPORTED="The product import said so.",
    ADJUSTED="Staff said so.",
    SHIPPED="They went out with an order.",
    RETURNED="They came back from an order.",
    RESTOCKED="A return was received, and they were good enough to be sold again.",
)


@strawberry.type(name="Warehouse", description="A place where goods lie.")
@shows(WarehouseView, allow=READ)
class Warehouse:
    """Shown from `persistence.stock.reads.WarehouseView`."""

    id: strawberry.ID = identity("Warehouse")
    slug: str = plain("Its slug.")
    name: str = plain("Its name.")
    country: CountryCode = plain("The country it is in.")
    priority: int = plain("Orders are taken from the lowest first.")
    is_active: bool = plain("Whether orders are taken from it.")


@strawberry.type(name="StockLevel", description="What lies of a variant in a warehouse.")
@shows(StockLevelView, allow=READ)
class StockLevel:
    """Shown from `persistence.stock.reads.StockLevelView`."""

    warehouse_id: strawberry.ID = batch(
        lambda levels, _context: [global_id("Warehouse", each.warehouse_id) for each in levels], "The warehouse."
    )
    on_hand: int = plain("Units that lie there.")
    reserved: int = plain("Units of these that orders have reserved.")
    available: int = batch(
        lambda levels, _context: [each.on_hand - each.reserved for each in levels], "Units that can be sold."
    )


@strawberry.type(name="StockMovement", description="A change of what lies in a warehouse. Movements are only ever added.")
@shows(StockMovementView, allow=READ)
class StockMovement:
    """Shown from `persistence.stock.reads.StockMovementView`."""

    id: strawberry.ID = identity("StockMovement")
    warehouse_id: strawberry.ID = batch(
        lambda movements, _context: [global_id("Warehouse", each.warehouse_id) for each in movements], "The warehouse."
    )
    delta: int = plain("Units that came, or went when negative.")
    reason: MovementReason = plain("Why.")
    order_id: strawberry.ID | None = batch(
        lambda movements, _context: [global_id("Order", each.order_id) if each.order_id else None for each in movements],
        "The order they went out with.",
    )
    actor: str = plain("Who did it.")
    created_at: datetime = plain("When.")


StockMovementConnection = connection(StockMovement, "StockMovement", allow=READ)
