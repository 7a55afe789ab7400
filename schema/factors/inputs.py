"""What can be said to show, to add and to remove second factors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry

from domain.error import Invalid
from domain.factors.model import PASSKEY_NAME_LENGTH_MAX, CodeGiven, Given, PasskeyGiven, RecoveryCodeGiven
from schema.scalars import Json


@strawberry.input(name="PasskeyAnswerInput", description="What a passkey answered.")
class PasskeyAnswerInput:
    ceremony: str = strawberry.field(description="The secret of the ceremony that it answers.")
    credential: Json = strawberry.field(description="The browser's `PublicKeyCredential`, as its `toJSON()` gives it.")


def _again(description: str) -> Any:
    return strawberry.field(default=None, description=description)


_PASSWORD = "The present password; only accounts without one do without."  # noqa: S105 - a description
_CODE = "The code that the authenticator app shows."
_RECOVERY_CODE = "One of the recovery codes, however it is spaced and in any case."
_PASSKEY = "The answer of a passkey to `mfaPasskeyStart`."
_ONE = "Where the account has a second factor, one of `code`, `recoveryCode` and `passkey` shows it."


@strawberry.input(name="MfaChallengeCompleteInput", description="The second factor that a log-in waits for: one of the three.")
class MfaChallengeCompleteInput:
    challenge: str = strawberry.field(description="The secret of the challenge that the log-in answered.")
    code: str | None = _again(_CODE)
    recovery_code: str | None = _again(_RECOVERY_CODE)
    passkey: PasskeyAnswerInput | None = _again(_PASSKEY)
    cart_id: strawberry.ID | None = _again("The secret id of the cart filled before logging in; it becomes the customer's.")


@strawberry.input(name="ReauthenticationInput", description=f"Proof that it is you who changes how you log in. {_ONE}")
class ReauthenticationInput:
    current_password: str | None = _again(_PASSWORD)
    code: str | None = _again(_CODE)
    recovery_code: str | None = _again(_RECOVERY_CODE)
    passkey: PasskeyAnswerInput | None = _again(_PASSKEY)


@strawberry.input(name="MfaEnrollInput", description=f"Proof that it is you who adds an authenticator app. {_ONE}")
class MfaEnrollInput(ReauthenticationInput):
    pass


@strawberry.input(name="MfaDisableInput", description=f"Proof that it is you who turns the authenticator app off. {_ONE}")
class MfaDisableInput(ReauthenticationInput):
    pass


@strawberry.input(name="MfaRecoveryCodesRegenerateInput", description=f"Proof that it is you who wants new codes. {_ONE}")
class MfaRecoveryCodesRegenerateInput(ReauthenticationInput):
    pass


@strawberry.input(name="PasskeyRegistrationStartInput", description=f"Proof that it is you who adds a passkey. {_ONE}")
class PasskeyRegistrationStartInput(ReauthenticationInput):
    pass


@strawberry.input(name="MfaConfirmInput", description="A first code of a new authenticator app.")
class MfaConfirmInput:
    code: str = strawberry.field(description=_CODE)


@strawberry.input(name="MfaPasskeyStartInput", description="Whose passkeys are to show that it is they.")
class MfaPasskeyStartInput:
    challenge: str | None = _again("The secret of the challenge that a log-in answered; without it, who is logged in.")


@strawberry.input(name="PasskeyRegisterInput", description="A passkey that the browser has made.")
class PasskeyRegisterInput:
    passkey: PasskeyAnswerInput = strawberry.field(description="What the browser answered `passkeyRegistrationStart` with.")
    name: str = strawberry.field(description=f"What to call it, 1 to {PASSKEY_NAME_LENGTH_MAX} characters.")


@strawberry.input(name="PasskeyRenameInput", description="Another name for a passkey.")
class PasskeyRenameInput:
    id: strawberry.ID = strawberry.field(description="The passkey's id; one of your own.")
    name: str = strawberry.field(description=f"What to call it, 1 to {PASSKEY_NAME_LENGTH_MAX} characters.")


@strawberry.input(name="PasskeyRemoveInput", description=f"A passkey to forget. {_ONE}")
class PasskeyRemoveInput(ReauthenticationInput):
    id: strawberry.ID = strawberry.field(description="The passkey's id; one of your own.")


@strawberry.input(name="PasskeyLogInInput", description="A log-in by passkey, without a password.")
class PasskeyLogInInput:
    passkey: PasskeyAnswerInput = strawberry.field(description="The answer of a passkey to `passkeyLogInStart`.")
    cart_id: strawberry.ID | None = _again("The secret id of the cart filled before logging in; it becomes the customer's.")


def given_passkey(said: PasskeyAnswerInput) -> PasskeyGiven:
    """The answer as the domain takes it; what is no object is none that a browser gave, and will be refused as such."""
    credential = said.credential
    return PasskeyGiven(ceremony=said.ceremony, credential=credential if isinstance(credential, Mapping) else {})


def given_of(said: MfaChallengeCompleteInput | ReauthenticationInput) -> Given | Invalid | None:
    """The one thing that is shown; None for nothing, and `Invalid` for several."""
    found: list[Given] = []
    if said.code is not None:
        found.append(CodeGiven(code=said.code))
    if said.recovery_code is not None:
        found.append(RecoveryCodeGiven(code=said.recovery_code))
    if said.passkey is not None:
        found.append(given_passkey(said.passkey))
    if len(found) > 1:
        return Invalid(path=("input",), reason="Show one of code, recoveryCode and passkey.")
    return found[0] if found else None
