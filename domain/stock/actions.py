"""What staff do to stock by hand."""

from __future__ import annotations

from domain.error import Invalid, NotFound
from domain.ids import VariantId, WarehouseId
from domain.stock.errors import StockReserved
from domain.unit import Unit
from domain.viewer import Viewer, actor_name

DELTA_MAX = 1_000_000
"""Units one adjustment may add or take."""


async def adjust_stock(
    unit: Unit, *, variant_id: VariantId, warehouse_id: WarehouseId, delta: int, by: Viewer
) -> int | Invalid | NotFound | StockReserved:
    """Adds or takes units and writes the movement; answers what lies there now."""
    if not 0 < abs(delta) <= DELTA_MAX:
        return Invalid(path=("input", "delta"), reason=f"An adjustment is 1 to {DELTA_MAX} units, up or down.")
    if not await unit.stock.has_warehouse(warehouse_id):
        return NotFound(path=("input", "warehouse_id"), what="warehouse")
    if not await unit.stock.has_variant(variant_id):
        return NotFound(path=("input", "variant_id"), what="variant")
    level = await unit.stock.adjust(variant_id, warehouse_id, delta=delta, actor=actor_name(by))
    return StockReserved(path=("input", "delta")) if level is None else level
