"""What people decline and when channels are quiet, as the API shows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, NamedTuple

import strawberry

import schema.notices.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.notices.model import Medium, NoticeKind
from domain.notices.preferences import CHOICES, QuietHours
from domain.viewer import Permission
from persistence.channels.reads import active_channels
from persistence.customers.reads import CustomerView
from persistence.notices.preferences import declined_by, quiet_hours_of
from schema.context import Context
from schema.execution.fields import batch, computed, plain, query, shows
from schema.permissions import SIGNED_IN, may

MANAGE = may(Permission.MANAGE_SETTINGS)


class PreferenceView(NamedTuple):
    """A kind of message by one medium, and whether somebody wants it."""

    kind: NoticeKind
    medium: Medium
    is_wanted: bool


@strawberry.type(
    name="MessagePreference",
    description="A kind of message that nobody has to get, by one medium. Messages about orders, money and the account always go.",
)
@shows(PreferenceView, allow=SIGNED_IN)
class MessagePreference:
    """Shown from `PreferenceView`."""

    kind: NoticeKind = plain("What it is about.")
    medium: Medium = plain("How it is carried.")
    is_wanted: bool = plain("Whether it is sent; true as long as nobody said otherwise.")


@strawberry.type(
    name="QuietHours",
    description="When a channel sends no message that can wait: it goes when they are over. All others go at once.",
)
@shows(QuietHours, allow=MANAGE)
class ChannelQuietHours:
    """Shown from `domain.notices.preferences.QuietHours`."""

    time_zone: str = computed(lambda hours: hours.zone, "By whose clocks: a name of the IANA time zone database.")
    starts: str = computed(lambda hours: f"{hours.starts:%H:%M}", "From when on, as `22:00`.")
    ends: str = computed(
        lambda hours: f"{hours.ends:%H:%M}", "Until when, as `07:00`; earlier than the start: on the next day."
    )


async def preferences_of(context: Context, addresses: Sequence[str]) -> list[list[PreferenceView]]:
    """For each address all that can be declined, and whether it is wanted."""
    return [
        [PreferenceView(each.kind, each.medium, each not in declined) for each in CHOICES]
        for declined in await declined_by(context.reader, addresses)
    ]


async def _preferences(customers: Sequence[CustomerView], context: Context) -> list[list[PreferenceView]]:
    return await preferences_of(context, [each.email for each in customers])


def message_preferences_field() -> Any:
    """A customer's own choices."""
    return batch(
        _preferences,
        "What they can decline, and whether they do. What is not there is always sent.",
        size=len(CHOICES),
    )


@query(
    ChannelQuietHours | None,
    "When a channel sends nothing that can wait; null when it always does, or is not there.",
    allow=MANAGE,
)
async def channel_quiet_hours(
    context: Context,
    *,
    channel: Annotated[
        str | None, strawberry.argument(description="The channel's slug; by default the one of this operation.")
    ] = None,
) -> QuietHours | None:
    if channel is None:
        return await quiet_hours_of(context.reader, (await context.place()).channel.id)
    found = next((each for each in await active_channels(context.reader) if each.slug == channel), None)
    return await quiet_hours_of(context.reader, found.id) if found is not None else None
