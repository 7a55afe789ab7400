"""What people and staff say about messages: which are wanted, when a channel is quiet, and who waits for goods."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated

import strawberry

from domain.error import Invalid, NotFound, UserError
from domain.ids import ChannelId, VariantId, new_id
from domain.notices import choices, waiting
from domain.notices.model import Medium, NoticeKind, StockWish
from domain.notices.preferences import CHOICES, Choice, QuietHours
from domain.viewer import Customer
from persistence.customers.reads import customers
from schema.catalog.loads import load_variants
from schema.context import Context
from schema.customers.viewer import own_id
from schema.mutations import Answer, Keyed, answered, deed, keyed
from schema.notices.preferences import MANAGE, ChannelQuietHours, MessagePreference, preferences_of
from schema.permissions import CUSTOMER, EVERYONE

_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")


@strawberry.input(name="MessagePreferenceInput", description="Whether a kind of message is wanted.")
class MessagePreferenceInput:
    kind: NoticeKind = strawberry.field(description="What it is about; one of those that `me.messagePreferences` lists.")
    is_wanted: bool = strawberry.field(description="Whether it is to be sent.")
    medium: Medium = strawberry.field(default=Medium.EMAIL, description="How it is carried.")


@strawberry.input(name="MessagePreferencesUpdateInput", description="What you want to be sent and what not.")
class MessagePreferencesUpdateInput:
    preferences: list[MessagePreferenceInput] = strawberry.field(
        description=f"What changes, {len(CHOICES)} at most; what is not named stays."
    )


@strawberry.input(name="QuietHoursInput", description="Hours of a day by the clocks of a time zone.")
class QuietHoursInput:
    time_zone: str = strawberry.field(description="A name of the IANA time zone database, as `Europe/Berlin`.")
    starts: str = strawberry.field(description="From when on: hours and minutes, as `22:00`.")
    ends: str = strawberry.field(description="Until when, as `07:00`; earlier than the start: on the next day.")


@strawberry.input(name="ChannelQuietHoursSetInput", description="When a channel is quiet.")
class ChannelQuietHoursSetInput:
    channel: str = strawberry.field(description="The channel's slug.")
    quiet_hours: QuietHoursInput | None = strawberry.field(default=None, description="The hours; null: it never is.")


@strawberry.input(name="BackInStockRequestInput", description="Who waits for what.")
class BackInStockRequestInput:
    variant_id: strawberry.ID = strawberry.field(description="The variant that is not there.")
    email: str | None = strawberry.field(
        default=None, description="Where to write to; for customers their own address, unless they say another."
    )


@deed(
    "Says which messages you want, of those that nobody has to get. Links at the end of such messages do the same without a "
    "log-in, and both know of each other.",
    allow=CUSTOMER,
    message_preferences=(list[MessagePreference], "All that can be declined, as it is now."),
)
async def message_preferences_update(
    context: Context,
    *,
    input: Annotated[MessagePreferencesUpdateInput, strawberry.argument(description="Your choice.")],
) -> Answer | UserError:
    said: dict[Choice, bool] = {}
    for place, each in enumerate(input.preferences):
        choice = Choice(kind=each.kind, medium=each.medium)
        if choice not in CHOICES or choice in said:
            reason = (
                "This is named twice." if choice in said else "Messages of this kind are always sent, or never by this medium."
            )
            return Invalid(path=("input", "preferences", str(place), "kind"), reason=reason)
        said[choice] = each.is_wanted
    address = await _own_address(context)
    await context.act(
        choices.choose,
        address=address,
        wanted=[each for each, is_wanted in said.items() if is_wanted],
        declined=[each for each, is_wanted in said.items() if not is_wanted],
    )
    return answered(message_preferences=(await preferences_of(context, [address]))[0])


@deed(
    "Says when a channel sends no message that can wait, such as one about goods that are there again.",
    allow=MANAGE,
    quiet_hours=(ChannelQuietHours, "The hours; null when there are none."),
)
async def channel_quiet_hours_set(
    context: Context,
    *,
    input: Annotated[ChannelQuietHoursSetInput, strawberry.argument(description="Which channel, and when.")],
) -> Answer | UserError:
    quiet: QuietHours | None = None
    if (said := input.quiet_hours) is not None:
        for name, clock in (("starts", said.starts), ("ends", said.ends)):
            if _CLOCK.fullmatch(clock) is None:
                return Invalid(path=("input", "quiet_hours", name), reason="Say hours and minutes, as 07:00.")
        quiet = QuietHours(zone=said.time_zone, starts=time.fromisoformat(said.starts), ends=time.fromisoformat(said.ends))
    outcome = await context.act(choices.set_quiet_hours, slug=input.channel, quiet=quiet)
    return outcome if isinstance(outcome, UserError) else answered(quiet_hours=quiet)


@deed(
    "Has somebody told by mail, once, when goods that are not there can be bought again. They are not set aside. The answer "
    "does not tell whether the address waits already, or wants no such messages.",
    allow=EVERYONE,
    is_waiting=(bool, "True: it is kept."),
)
@keyed(Keyed.KEPT)
async def back_in_stock_request(
    context: Context,
    *,
    input: Annotated[BackInStockRequestInput, strawberry.argument(description="Who waits for what.")],
) -> Answer | UserError:
    variant_id = context.id_of("Variant", input.variant_id)
    found = (await load_variants(context, [variant_id]))[0] if variant_id is not None else None
    if variant_id is None or found is None:
        return NotFound(path=("input", "variant_id"), what="variant")
    own = await _own_address(context) if isinstance(context.viewer, Customer) else None
    email = context.ports.access.emails.normalised(input.email) if input.email is not None else own
    if email is None:
        reason = "This is no e-mail address." if input.email is not None else "Say where to write to."
        return Invalid(path=("input", "email"), reason=reason)
    place = await context.place()
    wish = StockWish(
        id=new_id(),
        variant_id=VariantId(variant_id),
        channel_id=ChannelId(place.channel.id),
        email=email,
        language=place.language,
        is_own=email == own,
    )
    outcome = await context.act(waiting.wait_for_goods, wish=wish)
    return outcome if isinstance(outcome, UserError) else answered(is_waiting=True)


async def _own_address(context: Context) -> str:
    """The address that the customer who asks logs in with."""
    found = (await customers(context.reader, [own_id(context)]))[0]
    if found is None:
        raise AssertionError("a customer who is logged in is there")
    return found.email
