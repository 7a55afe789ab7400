"""What staff says about channels."""

from __future__ import annotations

import strawberry

from domain.channels import actions
from domain.error import UserError
from domain.viewer import Permission
from schema.context import Context
from schema.mutations import Answer, answered, deed
from schema.permissions import may


@strawberry.input(name="ChannelVerificationSetInput", description="Whom a channel lets log in.")
class ChannelVerificationSetInput:
    channel: str = strawberry.field(description="The channel's slug.")
    is_required: bool = strawberry.field(
        description="Whether only customers who have verified their e-mail address may log in."
    )


@deed(
    "Says whether who logs in through a channel has to have verified their e-mail address. Who is logged in stays so; every "
    "process sees it within a few seconds. Accounts are the shop's: where it matters, say it of every channel.",
    allow=may(Permission.MANAGE_SETTINGS),
    is_required=(bool, "What is so from now on."),
)
async def channel_verification_set(context: Context, *, input: ChannelVerificationSetInput) -> Answer | UserError:
    outcome = await context.act(actions.require_verification, slug=input.channel, is_required=input.is_required)
    if isinstance(outcome, UserError):
        return outcome
    context.ports.places.forget()
    return answered(is_required=input.is_required)
