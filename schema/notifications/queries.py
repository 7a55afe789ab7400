"""The questions about notifications."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Annotated

import strawberry

from domain.notifications.rules import reach_of
from persistence.notifications.reads import Wanted, count_notifications, notification_cursor, notifications_page
from schema.context import Context
from schema.execution.fields import query
from schema.notifications.types import NotificationConnection
from schema.paging import After, Before, ConnectionView, First, Last, window
from schema.permissions import SIGNED_IN


async def counted(context: Context, keys: Sequence[Hashable]) -> list[int]:
    """How many there are of each kind wanted."""
    return [await count_notifications(context.reader, wanted) for wanted in keys if isinstance(wanted, Wanted)]


@query(
    NotificationConnection,
    "The caller's notifications, newest first: what their permissions and channels cover, or their own orders' steps.",
    allow=SIGNED_IN,
)
async def notifications(
    context: Context,
    *,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    unread_only: Annotated[bool, strawberry.argument(description="Only those that the caller has not read.")] = False,
) -> ConnectionView:
    asked = window(first, after, last, before)
    reach = reach_of(context.viewer)
    wanted = Wanted(reach, unread_only and reach.account_id is not None)
    page = await notifications_page(context.reader, wanted, count=asked.count, cursor=asked.cursor, backwards=asked.backwards)
    return ConnectionView(page, notification_cursor, counted, wanted)
