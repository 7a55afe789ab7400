"""Verifying an address, setting a new password by mail, and changing the address: what is asked for goes by letter."""

from __future__ import annotations

from datetime import datetime

from domain.access import flows, mailed
from domain.access.model import Purpose, Throttled
from domain.error import UserError
from domain.ids import AccountId
from schema.access.inputs import (
    EmailChangeConfirmInput,
    EmailChangeRequestInput,
    EmailVerificationResendInput,
    EmailVerifyInput,
    PasswordResetInput,
    PasswordResetRequestInput,
)
from schema.access.mutations import hashing, signed_in
from schema.context import Context
from schema.mutations import Answer, Keyed, alone, answered, deed, keyed
from schema.permissions import EVERYONE, SIGNED_IN
from schema.refusal import too_many

_LETTER = {"email": (str, "The address that a letter goes to, if it has an account; the answer is the same if not.")}


@alone
@deed(
    "Sends another letter to who has not verified their address yet. Says nothing about who has an account.",
    allow=EVERYONE,
    **_LETTER,
)
@keyed(Keyed.KEPT)
async def email_verification_resend(context: Context, *, input: EmailVerificationResendInput) -> Answer | UserError:
    return await _asked(context, input.email, Purpose.VERIFY_EMAIL)


@alone
@deed(
    "Verifies an address by the secret of a letter, which is good once.", allow=EVERYONE, verified_at=(datetime, "When, UTC.")
)
async def email_verify(context: Context, *, input: EmailVerifyInput) -> Answer | UserError:
    outcome = await flows.use_mailed(
        context.act,
        context.ports.access,
        token=input.token,
        purpose=Purpose.VERIFY_EMAIL,
        address=context.caller.address,
        now=context.now,
    )
    if isinstance(outcome, Throttled):
        raise too_many(outcome)
    return outcome if isinstance(outcome, UserError) else answered(verified_at=context.now)


@alone
@deed("Sends a letter by which a new password can be set. Says nothing about who has an account.", allow=EVERYONE, **_LETTER)
@keyed(Keyed.KEPT)
async def password_reset_request(context: Context, *, input: PasswordResetRequestInput) -> Answer | UserError:
    return await _asked(context, input.email, Purpose.RESET_PASSWORD)


@alone
@deed(
    "Sets a new password by the secret of a letter, which is good once. Every session ends; log in with `tokenCreate`.",
    allow=EVERYONE,
    changed_at=(datetime, "When it was changed, UTC."),
)
async def password_reset(context: Context, *, input: PasswordResetInput) -> Answer | UserError:
    with hashing():
        outcome = await flows.reset_password(
            context.act,
            context.ports.access,
            token=input.token,
            password=input.new_password,
            address=context.caller.address,
            now=context.now,
        )
    if isinstance(outcome, Throttled):
        raise too_many(outcome)
    return outcome if isinstance(outcome, UserError) else answered(changed_at=context.now)


@alone
@deed(
    "Asks for another address to log in with. Both mailboxes are written to, and it changes once both have confirmed within a day. "
    "Whether somebody else has the new address is told to nobody but them.",
    allow=SIGNED_IN,
    email=(str, "The address that was asked for."),
)
@keyed(Keyed.KEPT, around=mailed.request_email_change)
async def email_change_request(context: Context, *, input: EmailChangeRequestInput) -> Answer | UserError:
    with hashing():
        outcome = await flows.change_email(
            context.act,
            context.ports.access,
            account_id=AccountId(signed_in(context).id),
            password=input.password,
            email=input.email,
            address=context.caller.address,
            now=context.now,
        )
    if isinstance(outcome, Throttled):
        raise too_many(outcome)
    return outcome if isinstance(outcome, UserError) else answered(email=input.email.strip())


@alone
@deed(
    "Confirms a change of address by the secret of one of its two letters. With the second one it changes, and every session ends.",
    allow=EVERYONE,
    changed=(bool, "Whether the address has changed; false as long as the other mailbox has not confirmed."),
)
async def email_change_confirm(context: Context, *, input: EmailChangeConfirmInput) -> Answer | UserError:
    outcome = await flows.use_mailed(
        context.act,
        context.ports.access,
        token=input.token,
        purpose=Purpose.TAKE_EMAIL,
        address=context.caller.address,
        now=context.now,
    )
    if isinstance(outcome, Throttled):
        raise too_many(outcome)
    return (
        outcome if isinstance(outcome, UserError) else answered(changed=isinstance(outcome, mailed.Change) and outcome.is_done)
    )


async def _asked(context: Context, email: str, purpose: Purpose) -> Answer | UserError:
    outcome = await flows.ask_by_mail(
        context.act, context.ports.access, email=email, purpose=purpose, address=context.caller.address
    )
    if isinstance(outcome, Throttled):
        raise too_many(outcome)
    return outcome if isinstance(outcome, UserError) else answered(email=outcome)
