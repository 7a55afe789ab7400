"""What can be seen of second factors: one's own, what a log-in waits for, and what apps and browsers are given."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from domain.factors.model import PASSKEYS_MAX, Begun, Challenged, Enrollment, Method
from domain.viewer import Customer, Staff
from persistence.factors import reads
from persistence.factors.reads import FactorsView, PasskeyView
from schema.context import Context
from schema.execution.fields import batch, computed, plain, shows
from schema.node import Node, identity, loads_nodes
from schema.permissions import SIGNED_IN
from schema.scalars import Json


def _value(method: Method, description: str) -> Any:
    return strawberry.enum_value(method.value, description=description)


@strawberry.enum(name="SecondFactorMethod", description="What can be shown besides a password.")
class SecondFactorMethod(enum.Enum):
    """`domain.factors.model.Method` with a description each."""

    PASSKEY = _value(Method.PASSKEY, "A passkey: get its challenge with `mfaPasskeyStart`.")
    TOTP = _value(Method.TOTP, "The code that an authenticator app shows (RFC 6238).")
    RECOVERY_CODE = _value(Method.RECOVERY_CODE, "One of the codes kept for the day when the rest is lost; each is good once.")


def _methods(challenged: Challenged) -> list[SecondFactorMethod]:
    return [SecondFactorMethod(each.value) for each in challenged.methods]


@strawberry.type(name="LogInChallenge", description="The log-in was right so far, and waits for a second factor.")
@shows(Challenged)
class LogInChallenge:
    """Shown from `Challenged`, to who logs in alone."""

    secret: str = plain("Give it to `mfaChallengeComplete`, with one of the methods.")
    methods: list[SecondFactorMethod] = computed(_methods, "What may be shown, the best first.")
    expires_at: datetime = plain("Until when the log-in waits, UTC.")


@strawberry.type(name="AuthenticatorEnrollment", description="What an authenticator app is fed with. It is shown this once.")
@shows(Enrollment)
class AuthenticatorEnrollment:
    """Shown from `Enrollment`."""

    secret: str = plain("The secret in base32, to be typed where no picture can be taken.")
    uri: str = plain("The same as an `otpauth:` URI.")
    qr_svg: str = plain("The URI as a QR code, an SVG element.")


def _options(begun: Begun) -> Mapping[str, object]:
    return begun.options


@strawberry.type(name="PasskeyCeremony", description="A challenge for a passkey to sign, once and in time.")
@shows(Begun)
class PasskeyCeremony:
    """Shown from `Begun`."""

    secret: str = plain("Give it back with what the browser answers.")
    options: Json = computed(
        _options,
        "The `publicKey` options in JSON form: read them with `PublicKeyCredential.parseCreationOptionsFromJSON` or "
        "`parseRequestOptionsFromJSON` (Web Authentication level 3).",
    )
    expires_at: datetime = plain("Until when an answer is taken, UTC.")


@strawberry.type(name="Passkey", description="A passkey that logs in to one's account.")
@shows(PasskeyView, allow=SIGNED_IN)
class Passkey(Node):
    """Shown from `PasskeyView`, to its owner alone."""

    id: strawberry.ID = identity("Passkey")
    name: str = plain("What its owner calls it.")
    is_backed_up: bool = plain("Whether it is kept in an account of its maker's, and so on several devices.")
    created_at: datetime = plain("When it was added, UTC.")
    last_used_at: datetime | None = plain("When it last logged in, UTC.")


async def _passkeys(factors: Sequence[FactorsView], context: Context) -> list[list[PasskeyView]]:
    return await reads.passkeys(context.reader, [each.account_id for each in factors])


@strawberry.type(name="SecondFactors", description="What one is asked for besides a password.")
@shows(FactorsView, allow=SIGNED_IN)
class SecondFactors:
    """Shown from `FactorsView`, to its owner alone."""

    has_password: bool = plain("Whether there is a password to log in with; without one it is done at another provider.")
    app_confirmed_at: datetime | None = plain("Since when an authenticator app is asked for, UTC; null without one.")
    recovery_codes_left: int = plain("How many recovery codes are unused.")
    passkeys: list[Passkey] = batch(_passkeys, f"One's passkeys, the oldest first, {PASSKEYS_MAX} at most.", size=PASSKEYS_MAX)


async def _own(parents: Sequence[Any], context: Context) -> list[FactorsView | None]:
    """For each parent that is the viewer what they have, for anybody else nothing."""
    viewer = context.viewer
    if not isinstance(viewer, (Customer, Staff)):
        return [None for _ in parents]
    mine = (await reads.factors(context.reader, [viewer.id]))[0]
    return [mine if each.id == viewer.id else None for each in parents]


def second_factors_field() -> Any:
    """The field `secondFactors` of whoever can log in."""
    return batch(_own, "What you are asked for besides your password; of others nothing is shown.", allow=SIGNED_IN)


@loads_nodes("Passkey")
async def _nodes(context: Context, ids: Sequence[UUID]) -> list[PasskeyView | None]:
    """One's own passkeys only."""
    viewer = context.viewer
    if not isinstance(viewer, (Customer, Staff)):
        return [None for _ in ids]
    found = {each.id: each for each in (await reads.passkeys(context.reader, [viewer.id]))[0]}
    return [found.get(each) for each in ids]
