"""People with second factors, through the API: what they say, what they are shown, and the codes their apps show."""

from __future__ import annotations

from typing import Any

import pyotp

from tests.makers.access import GOOD_PASSWORD, LOG_IN, Api, Person, a_customer

FAILURES = "userErrors { __typename code message path }"
TOKENS = "accessToken refreshToken"
BEGIN = (
    "mutation ($input: TokenCreateInput!) "
    f"{{ tokenCreate(input: $input) {{ {TOKENS} challenge {{ secret methods expiresAt }} {FAILURES} }} }}"
)
ENROLL = f"mutation ($input: MfaEnrollInput!) {{ mfaEnroll(input: $input) {{ enrollment {{ secret uri qrSvg }} {FAILURES} }} }}"
CONFIRM = f"mutation ($input: MfaConfirmInput!) {{ mfaConfirm(input: $input) {{ confirmedAt recoveryCodes {FAILURES} }} }}"
COMPLETE = (
    "mutation ($input: MfaChallengeCompleteInput!) "
    f"{{ mfaChallengeComplete(input: $input) {{ {TOKENS} cart {{ id }} {FAILURES} warnings {{ code }} }} }}"
)
DISABLE = f"mutation ($input: MfaDisableInput!) {{ mfaDisable(input: $input) {{ disabledAt {FAILURES} }} }}"
REGENERATE = (
    "mutation ($input: MfaRecoveryCodesRegenerateInput!) "
    f"{{ mfaRecoveryCodesRegenerate(input: $input) {{ recoveryCodes {FAILURES} }} }}"
)
MINE = "{ me { secondFactors { hasPassword appConfirmedAt recoveryCodesLeft passkeys { id name isBackedUp lastUsedAt } } } }"
PASSWORD = {"currentPassword": GOOD_PASSWORD}


def codes_of(payload: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The codes of a payload's failures, with their paths."""
    return [(each["code"], each["path"]) for each in payload["userErrors"]]


async def done(api: Api, document: str, token: str | None = None, **said: Any) -> dict[str, Any]:
    """The payload of a mutation, failures and all."""
    data = await api.ask(document, token=token, input=said)
    [payload] = data.values()
    assert isinstance(payload, dict)
    return payload


class Enrolled:
    """Somebody whose log-ins need their app's code."""

    def __init__(self, person: Person, token: str, secret: str, recovery_codes: list[str]) -> None:
        self.api = person.api
        self.person = person
        self.token = token
        self.recovery_codes = recovery_codes
        self._app = pyotp.TOTP(secret)

    def code(self, *, steps: int = 0) -> str:
        """What the app shows so many steps from now."""
        return self._app.at(self.api.clock.now, counter_offset=steps)

    async def begins(self) -> dict[str, Any]:
        """The challenge that the password is answered with."""
        payload = await done(self.api, BEGIN, email=self.person.email, password=self.person.password)
        assert payload["userErrors"] == []
        assert payload["accessToken"] is None
        challenge: dict[str, Any] = payload["challenge"]
        return challenge

    async def answers(self, challenge: dict[str, Any], **given: Any) -> dict[str, Any]:
        """What the second factor is answered with."""
        return await done(self.api, COMPLETE, challenge=challenge["secret"], **given)

    async def logs_in(self, **given: Any) -> dict[str, Any]:
        """A whole log-in; by the app unless something else is given."""
        return await self.answers(await self.begins(), **(given or {"code": self.code()}))


async def enrolled(api: Api, person: Person | None = None) -> Enrolled:
    """Somebody who has just enrolled an app; the next time step has come, so that its code is fresh."""
    somebody = person or await a_customer(api)
    token: str = (await somebody.logs_in())["accessToken"]
    enrollment = (await done(api, ENROLL, token, **PASSWORD))["enrollment"]
    code = pyotp.TOTP(enrollment["secret"]).at(api.clock.now)
    confirmed = await done(api, CONFIRM, token, code=code)
    assert confirmed["userErrors"] == []
    api.clock.advance(seconds=30)
    return Enrolled(somebody, token, enrollment["secret"], confirmed["recoveryCodes"])


__all__ = [
    "BEGIN",
    "COMPLETE",
    "CONFIRM",
    "DISABLE",
    "ENROLL",
    "LOG_IN",
    "MINE",
    "PASSWORD",
    "REGENERATE",
    "Enrolled",
    "codes_of",
    "done",
    "enrolled",
]
