"""Notifications, live: first those since the client's place, then each as it is written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import strawberry

from domain.notifications.rules import reach_of
from persistence.notifications.reads import NotificationView, position_of
from schema.context import Context
from schema.execution.fields import subscription
from schema.notifications.types import Notification
from schema.permissions import SIGNED_IN
from schema.webhooks.subscriptions import position_from

RECHECK_SECONDS = 15
"""How long a log-in that was ended, or lost a permission, may still watch."""


@subscription(
    Notification,
    "Every notification of the caller after `after`, in order and none left out, first those that are there already, then each "
    "as it is written; every window that watches gets them. Without `after`, from now on. After a lost connection, go on from "
    "the last one's cursor, or its `position` in `afterPosition`.",
    allow=SIGNED_IN,
)
async def notifications(
    context: Context,
    *,
    after: Annotated[str | None, strawberry.argument(description="The cursor of the last one the client has.")] = None,
    after_position: Annotated[
        str | None, strawberry.argument(description="The position of the last one the client has, instead of its cursor.")
    ] = None,
) -> AsyncIterator[NotificationView]:
    feed = context.ports.notification_feed
    if after is not None:
        place = position_of(after)
    elif after_position is not None:
        place = position_from(after_position, "afterPosition")
    else:
        place = await feed.last()
    await context.rest()
    with feed.following(place) as follower:
        while True:
            await context.recheck(RECHECK_SECONDS)
            while entries := await follower.next(reach_of(context.viewer)):
                for entry in entries:
                    context.forget()
                    yield entry
            await context.rest()
            await follower.stirs(RECHECK_SECONDS)
