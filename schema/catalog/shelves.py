"""The shelf an operation looks at: its channel, currency and moment, and whether the caller sees what is not for sale."""

from __future__ import annotations

from domain.viewer import Permission, holds
from persistence.catalog.views import Shelf
from schema.context import Context


def sees_all(context: Context) -> bool:
    """Whether the caller sees drafts and unpublished things."""
    return holds(context.viewer, Permission.READ_CATALOG) or holds(context.viewer, Permission.MANAGE_CATALOG)


async def shelf_of(context: Context) -> Shelf:
    """The operation's shelf; `Refusal` when it names a channel or currency that is not there."""
    place = await context.place()
    return Shelf(place.channel.id, place.currency, context.began, sees_all(context))
