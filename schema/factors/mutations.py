"""Second factors: the answer a log-in waits for, authenticator apps and recovery codes. Counting attempts is the flows' business."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry

from domain.access.model import Throttled
from domain.error import UserError
from domain.factors import flows
from domain.factors.actions import enrolling
from domain.factors.errors import SecondFactorNeeded
from domain.factors.model import RECOVERY_CODES, Again, Unproved
from domain.ids import AccountId
from schema.access.mutations import TOKENS, device_of, entered, hashing, signed_in
from schema.carts.mutations import THE_CART
from schema.context import Context
from schema.factors.inputs import (
    MfaChallengeCompleteInput,
    MfaConfirmInput,
    MfaDisableInput,
    MfaEnrollInput,
    MfaRecoveryCodesRegenerateInput,
    ReauthenticationInput,
    given_of,
)
from schema.factors.types import AuthenticatorEnrollment
from schema.mutations import Answer, alone, answered, deed
from schema.permissions import EVERYONE, SIGNED_IN
from schema.refusal import too_many

YOU = strawberry.argument(description="Proof that it is you.")
CODES = (
    list[str],
    f"{RECOVERY_CODES} codes, each good once in place of another factor. They are shown this once: keep them elsewhere.",
)


async def proved_again(context: Context, said: ReauthenticationInput) -> Again | UserError:
    """Who is logged in has shown the password again; the second factor is looked at with the deed. Raises for the throttled."""
    viewer, given = signed_in(context), given_of(said)
    if isinstance(given, UserError):
        return given
    with hashing():
        again = await flows.again(
            context.act,
            context.ports.access,
            account_id=AccountId(viewer.id),
            session_id=viewer.session,
            password=said.current_password,
            given=given,
            device=device_of(context),
        )
    return again if isinstance(again, Again) else told(again)


def told(failure: UserError | Unproved | Throttled) -> UserError:
    """Why it was not done; too many attempts fail the request."""
    why = failure.why if isinstance(failure, Unproved) else failure
    if isinstance(why, Throttled):
        raise too_many(why)
    return why


@alone
@deed(
    "Ends a log-in that waits for a second factor: the tokens. A few wrong answers, and it takes the password again.",
    allow=EVERYONE,
    cart=THE_CART,
    **TOKENS,
)
async def mfa_challenge_complete(
    context: Context,
    *,
    input: Annotated[MfaChallengeCompleteInput, strawberry.argument(description="The second factor.")],
) -> Answer | UserError:
    given = given_of(input)
    if given is None:
        return SecondFactorNeeded(path=("input",))
    if isinstance(given, UserError):
        return given
    outcome = await flows.complete(
        context.act,
        context.ports.access,
        context.ports.factors,
        challenge=input.challenge,
        given=given,
        device=device_of(context),
        now=context.now,
    )
    return await entered(context, outcome, input.cart_id)


@alone
@deed(
    "Begins with an authenticator app (TOTP, RFC 6238): feed it with what is answered, then confirm by `mfaConfirm`. Until then "
    "nothing changes.",
    allow=SIGNED_IN,
    enrollment=(AuthenticatorEnrollment, "What the app is fed with."),
)
async def mfa_enroll(context: Context, *, input: Annotated[MfaEnrollInput, YOU]) -> Answer | UserError:
    again = await proved_again(context, input)
    if isinstance(again, UserError):
        return again
    outcome = await context.act(enrolling.enroll, ports=context.ports.factors, again=again, now=context.now)
    return told(outcome) if isinstance(outcome, (UserError, Unproved)) else answered(enrollment=outcome)


@alone
@deed(
    "Confirms an authenticator app by a first code of it: every log-in asks for one from now on.",
    allow=SIGNED_IN,
    confirmed_at=(datetime, "Since when it is asked for, UTC."),
    recovery_codes=(CODES[0], f"With the first factor {CODES[1]}"),
)
async def mfa_confirm(
    context: Context,
    *,
    input: Annotated[MfaConfirmInput, strawberry.argument(description="The code.")],
) -> Answer | UserError:
    viewer = signed_in(context)
    outcome = await flows.confirm(
        context.act,
        context.ports.access,
        context.ports.factors,
        account_id=AccountId(viewer.id),
        code=input.code,
        device=device_of(context),
        now=context.now,
    )
    context.ports.standings.forget(viewer.session)
    if isinstance(outcome, (UserError, Unproved, Throttled)):
        return told(outcome)
    return answered(confirmed_at=context.now, recovery_codes=list(outcome.recovery_codes))


@alone
@deed(
    "Makes new recovery codes; the old ones are good no more.",
    allow=SIGNED_IN,
    recovery_codes=CODES,
)
async def mfa_recovery_codes_regenerate(
    context: Context, *, input: Annotated[MfaRecoveryCodesRegenerateInput, YOU]
) -> Answer | UserError:
    again = await proved_again(context, input)
    if isinstance(again, UserError):
        return again
    outcome = await context.act(enrolling.regenerate, ports=context.ports.factors, again=again, now=context.now)
    return told(outcome) if isinstance(outcome, (UserError, Unproved)) else answered(recovery_codes=list(outcome))


@alone
@deed(
    "Turns the authenticator app off. With the last factor the recovery codes go, too.",
    allow=SIGNED_IN,
    disabled_at=(datetime, "When it was turned off, UTC."),
)
async def mfa_disable(context: Context, *, input: Annotated[MfaDisableInput, YOU]) -> Answer | UserError:
    again = await proved_again(context, input)
    if isinstance(again, UserError):
        return again
    outcome = await context.act(enrolling.disable, ports=context.ports.factors, again=again, now=context.now)
    context.ports.standings.forget(signed_in(context).session)
    return told(outcome) if isinstance(outcome, (UserError, Unproved)) else answered(disabled_at=context.now)
