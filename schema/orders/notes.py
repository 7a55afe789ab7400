"""Notes of staff about an order: internal ones, and ones that its buyer sees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import strawberry

from domain.error import NotFound, UserError
from domain.ids import ChannelId, OrderId, new_id
from domain.orders.model import NOTE_LENGTH_MAX, Note
from domain.viewer import Permission, holds_in
from persistence.orders.reads import OrderNoteView, notes_of_orders
from schema.context import Context
from schema.execution.fields import plain, shows
from schema.node import identity
from schema.permissions import may

OF_AN_ORDER = may(Permission.READ_ORDERS, by_channel=True)


@strawberry.type(name="OrderNote", description="What staff wrote about an order. It is never changed.")
@shows(OrderNoteView)
class OrderNote:
    """Shown from `persistence.orders.reads.OrderNoteView`."""

    id: strawberry.ID = identity("OrderNote")
    text: str = plain("What it says; empty once the buyer was erased.")
    is_public: bool = plain("Whether the order's buyer sees it.")
    author: str | None = plain("Who wrote it.", allow=OF_AN_ORDER)
    created_at: datetime = plain("When it was written.")


async def order_notes(orders: Sequence[Any], context: Context) -> list[list[OrderNoteView]]:
    """The notes of orders that the caller was let see: to staff all of them, to others what is public."""
    found = await notes_of_orders(context.reader, [each.id for each in orders])
    return [
        notes
        if holds_in(context.viewer, Permission.READ_ORDERS, ChannelId(order.channel_id))
        else [each for each in notes if each.is_public]
        for order, notes in zip(orders, found, strict=True)
    ]


@strawberry.input(name="OrderNoteAddInput", description="What to write about an order.")
class OrderNoteAddInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")
    text: str = strawberry.field(description=f"The note, 1 to {NOTE_LENGTH_MAX} characters.")
    is_public: bool = strawberry.field(
        default=False, description="Whether the order's buyer sees it, on the order's page and in its history."
    )


def note_of(context: Context, said: OrderNoteAddInput) -> Note | UserError:
    """The note that was meant."""
    order_id = context.id_of("Order", said.order_id)
    if order_id is None:
        return NotFound(path=("input", "order_id"), what="order")
    return Note(id=new_id(), order_id=OrderId(order_id), text=said.text, is_public=said.is_public)
