"""Returns as buyers and staff see them. They are reached through orders that the caller was let see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

import schema.returns.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.returns.model import ReturnCondition, ReturnReason, ReturnState
from persistence.orders.reads import OrderView, orders_by_id, orders_of_holders
from persistence.payments.staff_reads import RequestView, requests_by_id
from persistence.returns.reads import (
    ReturnableView,
    ReturnLineView,
    ReturnReceiptView,
    ReturnView,
    lines_of_returns,
    receipts_of_returns,
    replacements_of_returns,
    requests_of_returns,
    returnable_of_lines,
    returns_by_id,
    returns_of_orders,
)
from schema.context import Context
from schema.execution.fields import batch, computed, plain, shows
from schema.fulfillments.types import OF_AN_ORDER
from schema.ids import global_id
from schema.node import Node, identity, loads_nodes
from schema.payments.types import RefundRequest

if TYPE_CHECKING:
    from schema.orders.types import Order


def _warehouse(view: ReturnReceiptView) -> str | None:
    return global_id("Warehouse", view.warehouse_id) if view.warehouse_id is not None else None


@strawberry.type(name="ReturnLine", description="Units of an order's line in a return, named as they were sold.")
@shows(ReturnLineView)
class ReturnLine:
    """Shown from `persistence.returns.reads.ReturnLineView`."""

    line_id: strawberry.ID = computed(lambda view: global_id("OrderLine", view.order_line_id), "The order's line.")
    product_name: str = plain("The product's name when it was sold.")
    variant_name: str = plain("The variant's name when it was sold.")
    sku: str = plain("The variant's SKU when it was sold.")
    image_url: str | None = plain("A picture of it.")
    quantity: int = plain("Units that were to come back.")
    reason: ReturnReason = plain("Why.")
    accepted: int = plain("Units that came back and were accepted.")
    refunded: int = plain("Units of these that money was given back for.")
    exchanged: int = plain("Units of these that other goods were sent for.")


@strawberry.type(name="ReturnReceipt", description="Units of one condition that came back.")
@shows(ReturnReceiptView, allow=OF_AN_ORDER)
class ReturnReceipt:
    """Shown from `persistence.returns.reads.ReturnReceiptView`."""

    line_id: strawberry.ID = computed(lambda view: global_id("OrderLine", view.order_line_id), "The order's line.")
    quantity: int = plain("Units of it.")
    condition: ReturnCondition = plain("In what condition they came back.")
    warehouse_id: strawberry.ID | None = computed(_warehouse, "The warehouse on whose shelf they were put; null for none.")


async def _lines(returns: Sequence[ReturnView], context: Context) -> list[list[ReturnLineView]]:
    return await lines_of_returns(context.reader, [each.id for each in returns])


async def _receipts(returns: Sequence[ReturnView], context: Context) -> list[list[ReturnReceiptView]]:
    return await receipts_of_returns(context.reader, [each.id for each in returns])


async def _requests(returns: Sequence[ReturnView], context: Context) -> list[list[RequestView]]:
    named = await requests_of_returns(context.reader, [each.id for each in returns])
    flat = [each for some in named for each in some]
    found = dict(zip(flat, await requests_by_id(context.reader, flat), strict=True))
    return [[view for each in some if (view := found[each]) is not None] for some in named]


async def _replacements(returns: Sequence[ReturnView], context: Context) -> list[list[OrderView]]:
    """Whoever was let see an order may see what was sent in place of its goods."""
    named = await replacements_of_returns(context.reader, [each.id for each in returns])
    flat = [each for some in named for each in some]
    found = dict(zip(flat, await orders_of_holders(context.reader, flat), strict=True))
    return [[view for each in some if (view := found[each]) is not None] for some in named]


async def _orders(returns: Sequence[ReturnView], context: Context) -> list[OrderView | None]:
    return await orders_of_holders(context.reader, [each.order_id for each in returns])


@strawberry.type(name="Return", description="Goods of an order that their buyer wants to send back, or has.")
@shows(ReturnView)
class Return(Node):
    """Shown from `persistence.returns.reads.ReturnView`."""

    id: strawberry.ID = identity("Return")
    number: int = plain("Its number in its order: 1, 2, 3...")
    state: ReturnState = plain("Where it stands.")
    lines: list[ReturnLine] = batch(_lines, "What comes back.", size=20)
    note: str = plain("The buyer's word to the shop.")
    decline_reason: str | None = plain("Why the shop does not take the goods back.")
    receipts: list[ReturnReceipt] | None = batch(
        _receipts, "What came back, by condition and shelf.", allow=OF_AN_ORDER, size=20
    )
    refund_requests: list[RefundRequest] | None = batch(
        _requests, "The decisions to give money back for it, oldest first.", allow=OF_AN_ORDER, size=2
    )
    replacements: list[Annotated[Order, strawberry.lazy("schema.orders.types")]] = batch(
        _replacements, "The orders by which other goods are sent in place of what came back, oldest first.", size=2
    )
    order: Annotated[Order, strawberry.lazy("schema.orders.types")] | None = batch(_orders, "Its order.")
    requested_by: str | None = plain("Who asked: a kind and an id.", allow=OF_AN_ORDER)
    created_at: datetime = plain("When it was asked for.")
    decided_at: datetime | None = plain("When the shop agreed, or did not.")
    cancelled_at: datetime | None = plain("When it was called off.")
    received_at: datetime | None = plain("When the goods had come back.")
    completed_at: datetime | None = plain("When nothing was left to do.")


async def order_returns(orders: Sequence[Any], context: Context) -> list[list[ReturnView]]:
    """The returns of orders that the caller was let see."""
    return await returns_of_orders(context.reader, [each.id for each in orders])


async def _returnable(lines: Sequence[Any], context: Context) -> list[ReturnableView]:
    return await returnable_of_lines(context.reader, [each.id for each in lines])


async def returnable_quantities(lines: Sequence[Any], context: Context) -> list[int]:
    """How much of lines that the caller was let see may be asked back."""
    return [each.quantity for each in await _returnable(lines, context)]


async def returnable_until(lines: Sequence[Any], context: Context) -> list[datetime | None]:
    """Until when."""
    return [each.until for each in await _returnable(lines, context)]


@loads_nodes("Return")
async def _nodes(context: Context, ids: Sequence[UUID]) -> Sequence[ReturnView | None]:
    """Returns of orders that are the caller's to see by who they are."""
    found = await returns_by_id(context.reader, ids)
    order_ids = list({each.order_id for each in found if each is not None})
    seen = {each.id for each in await orders_by_id(context.reader, order_ids, viewer=context.viewer) if each is not None}
    return [each if each is not None and each.order_id in seen else None for each in found]
