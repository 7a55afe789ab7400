"""Questions about staff and roles, and about what the caller holds."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Annotated

import strawberry

from domain.staff.model import ROLES_MAX
from domain.viewer import Staff, channels_of
from persistence.paging import Page, Place, decode_cursor, encode_cursor
from persistence.staff import reads
from persistence.staff.reads import MemberFilter, MemberView, RoleView
from schema.context import Context
from schema.execution.fields import query
from schema.paging import After, Before, ConnectionView, First, Last, window
from schema.permissions import EVERYONE
from schema.refusal import Refusal
from schema.staff.types import MANAGES, Held, Role, StaffConnection, StaffMember, ViewerType, held

ORDER = "name"
"""What the cursors of this list are marked with."""
SEARCH_LENGTH_MAX = 100


@query(ViewerType, "Who asks, as the shop knows them, and what they may do.", allow=EVERYONE)
async def viewer(context: Context) -> Held:
    return await held(context, context.viewer)


@query(
    StaffMember | None,
    "The member of staff who asks; null for everybody else. Customers ask `me`.",
    allow=EVERYONE,
)
async def staff_me(context: Context) -> MemberView | None:
    if not isinstance(context.viewer, Staff):
        return None
    return (await reads.members_by_id(context.reader, [context.viewer.id], within=None))[0]


@strawberry.input(name="StaffWhereInput", description="Which members of staff; what is not said is not asked.")
class StaffWhereInput:
    search: str | None = strawberry.field(
        default=None, description=f"A part of the name or of the e-mail address, {SEARCH_LENGTH_MAX} characters at most."
    )
    role_id: strawberry.ID | None = strawberry.field(default=None, description="Only those with this role.")
    is_active: bool | None = strawberry.field(default=None, description="Only those who may log in, or may not.")


@query(StaffConnection, "The members of staff, by name: of the channels that the caller works in.", allow=MANAGES)
async def staff(
    context: Context,
    *,
    where: Annotated[StaffWhereInput | None, strawberry.argument(description="Which ones; all when not said.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionView:
    asked = window(first, after, last, before)
    place = decode_cursor(ORDER, asked.cursor, str) if asked.cursor is not None else None
    wanted = _wanted(context, where)
    if wanted is None:
        return ConnectionView(Page([], has_previous=False, has_next=False), _cursor, _none)
    page = await reads.members_page(context.reader, wanted, count=asked.count, place=place, backwards=asked.backwards)
    return ConnectionView(page, _cursor, _counts, wanted)


@query(list[Role], "Every role, by name.", allow=MANAGES, size=ROLES_MAX + 1)
async def roles(context: Context) -> list[RoleView]:
    return await reads.roles(context.reader)


def _wanted(context: Context, where: StaffWhereInput | None) -> MemberFilter | None:
    """The filter behind what was said; None when nobody can fit it."""
    within = channels_of(context.viewer)
    if where is None:
        return MemberFilter(within=within)
    if where.search is not None and (len(where.search) > SEARCH_LENGTH_MAX or not where.search.isprintable()):
        raise Refusal("BAD_USER_INPUT", f"Search for {SEARCH_LENGTH_MAX} printable characters at most.")
    role_id = context.id_of("Role", where.role_id) if where.role_id is not None else None
    if where.role_id is not None and role_id is None:
        return None
    return MemberFilter(search=where.search or None, role_id=role_id, is_active=where.is_active, within=within)


def _cursor(member: MemberView) -> str:
    return encode_cursor(ORDER, Place(member.name, member.id))


async def _counts(context: Context, keys: Sequence[Hashable]) -> list[int]:
    """The list hangs on the root alone, so an operation counts as many as it has aliases, which are bounded."""
    return [await reads.members_count(context.reader, key) for key in keys if isinstance(key, MemberFilter)]


async def _none(context: Context, keys: Sequence[Hashable]) -> list[int]:
    del context
    return [0 for _ in keys]
