"""Passkeys: made, named, removed, and logged in with (Web Authentication level 3)."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.error import NotFound, UserError
from domain.factors import flows, rules
from domain.factors.actions import passkeys
from domain.factors.model import Unproved
from domain.ids import AccountId
from domain.viewer import Customer, Staff
from persistence.factors import reads
from persistence.factors.reads import PasskeyView
from schema.access.mutations import TOKENS, admitted, device_of, entered, signed_in
from schema.carts.mutations import THE_CART
from schema.context import Context
from schema.factors.inputs import (
    MfaPasskeyStartInput,
    PasskeyLogInInput,
    PasskeyRegisterInput,
    PasskeyRegistrationStartInput,
    PasskeyRemoveInput,
    PasskeyRenameInput,
    given_passkey,
)
from schema.factors.mutations import CODES, YOU, proved_again, told
from schema.factors.types import Passkey, PasskeyCeremony
from schema.mutations import Answer, alone, answered, deed
from schema.permissions import EVERYONE, SIGNED_IN

_NOT_FOUND = NotFound(path=("input", "id"), what="passkey")


@alone
@deed(
    "Begins to add a passkey: what the browser needs to make one. It counts as a second factor, and logs in by itself.",
    allow=SIGNED_IN,
    ceremony=(PasskeyCeremony, "The challenge."),
)
async def passkey_registration_start(
    context: Context, *, input: Annotated[PasskeyRegistrationStartInput, YOU]
) -> Answer | UserError:
    again = await proved_again(context, input)
    if isinstance(again, UserError):
        return again
    outcome = await context.act(passkeys.start_registration, ports=context.ports.factors, again=again, now=context.now)
    return told(outcome) if isinstance(outcome, (UserError, Unproved)) else answered(ceremony=outcome)


@alone
@deed(
    "Keeps the passkey that the browser has made.",
    allow=SIGNED_IN,
    passkey=(Passkey, "The passkey."),
    recovery_codes=(CODES[0], f"With the first factor {CODES[1]}"),
)
async def passkey_register(
    context: Context,
    *,
    input: Annotated[PasskeyRegisterInput, strawberry.argument(description="The passkey.")],
) -> Answer | UserError:
    viewer = signed_in(context)
    outcome = await flows.register_passkey(
        context.act,
        context.ports.factors,
        account_id=AccountId(viewer.id),
        given=given_passkey(input.passkey),
        name=input.name,
        now=context.now,
    )
    if isinstance(outcome, UserError):
        return outcome
    context.ports.standings.forget(viewer.session)
    kept = next((each for each in await _mine(context) if each.id == outcome.passkey_id), None)
    return answered(passkey=kept, recovery_codes=list(outcome.recovery_codes))


@deed("Calls a passkey something else.", allow=SIGNED_IN, passkey=(Passkey, "The passkey."))
async def passkey_rename(
    context: Context,
    *,
    input: Annotated[PasskeyRenameInput, strawberry.argument(description="Which, and its name.")],
) -> Answer | UserError:
    passkey_id = context.id_of("Passkey", input.id)
    name = rules.passkey_name(input.name, at=("input", "name"))
    if isinstance(name, UserError):
        return name
    if passkey_id is None:
        return _NOT_FOUND
    viewer = signed_in(context)
    outcome = await context.act(passkeys.rename, account_id=AccountId(viewer.id), passkey_id=passkey_id, name=name)
    if isinstance(outcome, UserError):
        return outcome
    return answered(passkey=next((each for each in await _mine(context) if each.id == outcome), None))


@alone
@deed(
    "Forgets a passkey. With the last factor the recovery codes go, too.",
    allow=SIGNED_IN,
    passkey_id=(strawberry.ID, "The passkey that is no more."),
)
async def passkey_remove(
    context: Context,
    *,
    input: Annotated[PasskeyRemoveInput, strawberry.argument(description="Which, and proof that it is you.")],
) -> Answer | UserError:
    passkey_id = context.id_of("Passkey", input.id)
    again = await proved_again(context, input)
    if isinstance(again, UserError):
        return again
    if passkey_id is None:
        return _NOT_FOUND
    outcome = await context.act(
        passkeys.remove, ports=context.ports.factors, again=again, passkey_id=passkey_id, now=context.now
    )
    context.ports.standings.forget(signed_in(context).session)
    return told(outcome) if isinstance(outcome, (UserError, Unproved)) else answered(passkey_id=input.id)


@alone
@deed(
    "A challenge for one's passkeys, as a second factor: of a log-in that waits, or to change how one logs in.",
    allow=EVERYONE,
    ceremony=(PasskeyCeremony, "The challenge."),
)
async def mfa_passkey_start(
    context: Context,
    *,
    input: Annotated[MfaPasskeyStartInput, strawberry.argument(description="Whose.")],
) -> Answer | UserError:
    viewer = context.viewer
    is_known = isinstance(viewer, (Customer, Staff)) and input.challenge is None
    outcome = await flows.start_proof(
        context.act,
        context.ports.factors,
        account_id=AccountId(signed_in(context).id) if is_known else None,
        challenge=input.challenge,
        now=context.now,
    )
    return told(outcome) if isinstance(outcome, (UserError, Unproved)) else answered(ceremony=outcome)


@alone
@deed(
    "Begins a log-in by passkey: a challenge that any passkey of this shop may sign.",
    allow=EVERYONE,
    ceremony=(PasskeyCeremony, "The challenge."),
)
async def passkey_log_in_start(context: Context) -> Answer | UserError:
    return answered(ceremony=await context.act(passkeys.start_log_in, ports=context.ports.factors, now=context.now))


@alone
@deed(
    "Logs in by passkey. It verifies its user by itself, so nothing else is asked for.",
    allow=EVERYONE,
    cart=THE_CART,
    **TOKENS,
)
async def passkey_log_in(
    context: Context,
    *,
    input: Annotated[PasskeyLogInInput, strawberry.argument(description="The passkey's answer.")],
) -> Answer | UserError:
    outcome = await flows.log_in_by_passkey(
        context.act,
        context.ports.access,
        context.ports.factors,
        given=given_passkey(input.passkey),
        admit=lambda proved: admitted(context, proved),
        device=device_of(context),
        now=context.now,
    )
    return await entered(context, outcome, input.cart_id)


async def _mine(context: Context) -> list[PasskeyView]:
    return (await reads.passkeys(context.reader, [signed_in(context).id]))[0]
