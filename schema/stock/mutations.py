"""What staff do to stock by hand."""

from __future__ import annotations

import strawberry

from domain.error import NotFound, UserError
from domain.ids import VariantId, WarehouseId
from domain.stock.actions import DELTA_MAX, adjust_stock
from domain.viewer import Permission
from persistence.stock.reads import levels_of_variants
from schema.context import Context
from schema.mutations import Answer, Keyed, answered, deed, keyed
from schema.permissions import may
from schema.stock.types import StockLevel


@strawberry.input(name="StockAdjustInput", description="Units that came or went.")
class StockAdjustInput:
    variant_id: strawberry.ID = strawberry.field(description="The variant.")
    warehouse_id: strawberry.ID = strawberry.field(description="The warehouse.")
    delta: int = strawberry.field(description=f"Units that came, or went when negative: 1 to {DELTA_MAX} either way.")


@deed(
    "Adds units to a warehouse or takes them out, with an entry in the ledger; never below what orders have reserved.",
    allow=may(Permission.MANAGE_STOCK),
    level=(StockLevel, "What lies there now."),
)
@keyed(Keyed.KEPT)
async def stock_adjust(context: Context, *, input: StockAdjustInput) -> Answer | UserError:
    variant_id = context.id_of("Variant", input.variant_id)
    warehouse_id = context.id_of("Warehouse", input.warehouse_id)
    if variant_id is None:
        return NotFound(path=("input", "variant_id"), what="variant")
    if warehouse_id is None:
        return NotFound(path=("input", "warehouse_id"), what="warehouse")
    outcome = await context.act(
        adjust_stock,
        variant_id=VariantId(variant_id),
        warehouse_id=WarehouseId(warehouse_id),
        delta=input.delta,
        by=context.viewer,
    )
    if isinstance(outcome, UserError):
        return outcome
    levels = (await levels_of_variants(context.reader, [variant_id]))[0]
    return answered(level=next((each for each in levels if each.warehouse_id == warehouse_id), None))
