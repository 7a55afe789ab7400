"""The questions about returns."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from domain.viewer import channels_of
from persistence.returns.reads import ReturnFilter, count_returns, return_cursor, returns_page
from schema.context import Context
from schema.execution.fields import query
from schema.fulfillments.types import OF_AN_ORDER
from schema.paging import After, Before, ConnectionView, First, Last, connection, window
from schema.returns.inputs import ReturnWhereInput
from schema.returns.types import Return

NOBODYS = UUID(int=0)
"""The order behind what is no order's id: it has no returns."""
ReturnConnection = connection(Return, "Return")


async def _counts(context: Context, keys: Sequence[Hashable]) -> list[int]:
    return [await count_returns(context.reader, wanted) for wanted in keys if isinstance(wanted, ReturnFilter)]


@query(ReturnConnection, "Returns of the channels one works in, newest first.", allow=OF_AN_ORDER)
async def returns(
    context: Context,
    *,
    where: Annotated[ReturnWhereInput | None, strawberry.argument(description="Which ones; all when not said.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionView:
    said = where or ReturnWhereInput()
    wanted = ReturnFilter(
        state=said.state.value if said.state is not None else None,
        order_id=(context.id_of("Order", said.order_id) or NOBODYS) if said.order_id is not None else None,
        channels=channels_of(context.viewer),
    )
    asked = window(first, after, last, before)
    page = await returns_page(context.reader, wanted, count=asked.count, cursor=asked.cursor, backwards=asked.backwards)
    return ConnectionView(page, return_cursor, _counts, wanted)
