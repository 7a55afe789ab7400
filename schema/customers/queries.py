"""Questions about the customer who asks."""

from __future__ import annotations

from domain.viewer import Customer as CustomerViewer
from persistence.customers import reads
from persistence.customers.reads import CustomerView
from schema.context import Context
from schema.customers.types import Customer
from schema.execution.fields import query
from schema.permissions import EVERYONE


@query(Customer | None, "The customer who asks; null for everybody else. Staff ask `staffMe`.", allow=EVERYONE)
async def me(context: Context) -> CustomerView | None:
    viewer = context.viewer
    if not isinstance(viewer, CustomerViewer):
        return None
    return (await reads.customers(context.reader, [viewer.id]))[0]
