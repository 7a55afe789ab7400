"""How messages were delivered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from domain.notices.model import Medium, NoticeKind, NoticeState
from persistence.notices.reads import Wanted
from schema.catalog.lists import is_storable
from schema.context import Context
from schema.execution.fields import query
from schema.notices.queries import notices_connection
from schema.notices.types import READ, NoticeConnection
from schema.paging import After, Before, ConnectionView, First, Last, window


@strawberry.input(
    name="MessageWhereInput", description="Which messages. What is not said asks nothing; all that is said must hold."
)
class MessageWhereInput:
    state: NoticeState | None = strawberry.field(default=None, description="In this state; DEAD are those that were given up.")
    medium: Medium | None = strawberry.field(default=None, description="Carried so.")
    event: NoticeKind | None = strawberry.field(default=None, description="About this.")
    recipient: str | None = strawberry.field(
        default=None, description="To this e-mail address, to the letter, or telephone number, in E.164."
    )
    order_id: strawberry.ID | None = strawberry.field(default=None, description="About this order.")
    created_from: datetime | None = strawberry.field(default=None, description="Written at or after this time.")
    created_before: datetime | None = strawberry.field(default=None, description="Written before this time.")


@query(
    NoticeConnection,
    "How messages to buyers and staff were delivered, newest first: their tries, what went wrong, and when the next try is.",
    allow=READ,
)
async def message_deliveries(
    context: Context,
    *,
    where: Annotated[MessageWhereInput | None, strawberry.argument(description="Which ones; all when not said.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionView:
    asked = window(first, after, last, before)
    if where is None:
        return await notices_connection(context, Wanted(), asked)
    order_id = context.id_of("Order", where.order_id) if where.order_id is not None else None
    wanted = Wanted(
        state=where.state.value if where.state is not None else None,
        medium=where.medium.value if where.medium is not None else None,
        kind=where.event.value if where.event is not None else None,
        recipient=where.recipient,
        order_id=order_id,
        created_from=where.created_from,
        created_before=where.created_before,
    )
    is_none = (where.order_id is not None and order_id is None) or not is_storable(where.recipient or "")
    return await notices_connection(context, None if is_none else wanted, asked)
