"""Questions about who is logged in as staff."""

from __future__ import annotations

from domain.viewer import Staff
from persistence.access import reads
from persistence.access.reads import StaffView
from schema.access.types import StaffMember
from schema.context import Context
from schema.execution.fields import query
from schema.permissions import EVERYONE


@query(
    StaffMember | None,
    "The member of staff who asks; null for everybody else. Customers ask `me`.",
    allow=EVERYONE,
)
async def staff_me(context: Context) -> StaffView | None:
    viewer = context.viewer
    if not isinstance(viewer, Staff):
        return None
    return (await reads.staff(context.reader, [viewer.id]))[0]
