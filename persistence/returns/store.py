"""The port of returns made true on PostgreSQL. The order's lock stands before all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from domain.ids import OrderId, OrderLineId, ProductId, RefundRequestId, ReturnId, VariantId
from domain.returns.model import (
    Arrived,
    Destination,
    Goods,
    NewReturn,
    Return,
    ReturnFacts,
    ReturnLine,
    ReturnState,
    Told,
)
from persistence.returns.statements import (
    ACCEPT,
    ADD,
    ADD_RECEIPT,
    COUNT,
    COUNT_EXCHANGED,
    DESTINATION,
    FACTS,
    FIND,
    GOODS,
    LINES,
    MOVE,
    NOTE_EXCHANGE,
    NOTE_REFUND,
    OF_REFUND,
    OF_REQUEST,
    TOLD,
    LineRow,
)
from persistence.transaction import Transaction


class ReturnsRows:
    """`domain.returns.store.ReturnsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def find(self, return_id: ReturnId) -> Return | None:
        row = await self._transaction.row(FIND, return_id=return_id)
        if row is None:
            return None
        return Return(
            id=return_id,
            order_id=OrderId(row.order_id),
            number=row.number,
            state=ReturnState(row.state),
            waits=row.waits,
            lines=tuple(_line(each) for each in await self._transaction.rows(LINES, return_id=return_id)),
        )

    async def of_request(self, request_id: RefundRequestId) -> ReturnId | None:
        row = await self._transaction.row(OF_REQUEST, request_id=request_id)
        return ReturnId(row.id) if row is not None else None

    async def of_refund(self, refund_id: UUID) -> ReturnId | None:
        row = await self._transaction.row(OF_REFUND, refund_id=refund_id)
        return ReturnId(row.id) if row is not None else None

    async def count(self, order_id: OrderId) -> int:
        row = await self._transaction.row(COUNT, order_id=order_id)
        return row.total if row is not None else 0

    async def add(self, order_id: OrderId, new: NewReturn, *, actor: str, now: datetime) -> int:
        row = await self._transaction.row(
            ADD,
            return_id=new.id,
            order_id=order_id,
            state=new.state.value,
            note=new.note,
            actor=actor,
            now=now,
            lines=[each.line_id for each in new.lines],
            quantities=[each.quantity for each in new.lines],
            reasons=[each.reason.value for each in new.lines],
        )
        if row is None:
            raise RuntimeError("what was inserted is told")
        return row.number

    async def move(self, return_id: ReturnId, to: ReturnState, *, now: datetime, reason: str | None = None) -> None:
        await self._transaction.run(MOVE, return_id=return_id, state=to.value, reason=reason, now=now)

    async def accept(self, return_id: ReturnId, arrived: Sequence[Arrived], accepted: Mapping[OrderLineId, int]) -> None:
        await self._transaction.run(ACCEPT, return_id=return_id, lines=list(accepted), accepted=list(accepted.values()))
        if arrived:
            receipts = [
                {
                    "return_id": return_id,
                    "position": position,
                    "line_id": each.line_id,
                    "quantity": each.quantity,
                    "condition": each.condition.value,
                    "warehouse_id": each.warehouse_id,
                }
                for position, each in enumerate(arrived, start=1)
            ]
            await self._transaction.run_each(ADD_RECEIPT, receipts)

    async def note_refund(self, return_id: ReturnId, request_id: RefundRequestId) -> None:
        await self._transaction.run(NOTE_REFUND, return_id=return_id, request_id=request_id)

    async def note_exchange(self, return_id: ReturnId, replacement_id: OrderId, units: Mapping[OrderLineId, int]) -> None:
        await self._transaction.run(NOTE_EXCHANGE, return_id=return_id, replacement_id=replacement_id)
        await self._transaction.run(COUNT_EXCHANGED, return_id=return_id, lines=list(units), quantities=list(units.values()))

    async def goods(self, variant_ids: Sequence[VariantId]) -> Mapping[VariantId, Goods]:
        rows = await self._transaction.rows(GOODS, ids=list(variant_ids))
        return {
            VariantId(row.variant_id): Goods(
                variant_id=VariantId(row.variant_id),
                product_id=ProductId(row.product_id),
                product_name=row.product_name,
                variant_name=row.variant_name,
                sku=row.sku,
                tracks_stock=row.tracks_stock,
            )
            for row in rows
        }

    async def destination(self, order_id: OrderId) -> Destination:
        row = await self._transaction.row(DESTINATION, order_id=order_id)
        if row is None:
            raise RuntimeError(f"order {order_id} is gone under its own lock")
        return Destination(**row._asdict())

    async def facts(self, return_id: ReturnId) -> ReturnFacts | None:
        row = await self._transaction.row(FACTS, return_id=return_id)
        if row is None:
            return None
        lines = await self._transaction.rows(TOLD, return_id=return_id)
        told = [(each, each.accepted if row.is_received else each.quantity) for each in lines]
        return ReturnFacts(
            number=row.number,
            note=row.note,
            decline_reason=row.decline_reason,
            lines=tuple(Told(each.product_name, each.variant_name, each.sku, units) for each, units in told if units),
        )


def _line(row: LineRow) -> ReturnLine:
    variant_id = VariantId(row.variant_id) if row.variant_id is not None else None
    return ReturnLine(**{**row._asdict(), "line_id": OrderLineId(row.line_id), "variant_id": variant_id})
