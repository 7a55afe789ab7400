"""PayPal's API as it is spoken: JSON, an access token for hours, and a request id that makes a call safe to repeat."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.payments.provider import Declined, NotAsked, Unknown
from gateways.payments.http import TOTAL_SECONDS, Answered, Call, Line
from gateways.payments.paypal_words import declined_of

_REFUSALS = frozenset({400, 404, 422})
"""What says for certain that nothing was done. Not 401, 403 or 409: an earlier call may have charged."""
_BUSY = frozenset({409})
_EXPIRY_MARGIN_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PayPalValues:
    """Our application and merchant id, and which of our webhooks are listened to: none turns notifications off.

    `certificate_roots`: PEM of who is trusted to certify PayPal's signing keys; empty: the authorities that browsers trust.
    """

    client_id: str
    client_secret: str = field(repr=False)
    account: str
    webhook_ids: tuple[str, ...] = ()
    url: str = "https://api-m.paypal.com"
    certificate_roots: str = ""
    total_seconds: float = TOTAL_SECONDS


class PayPalWire:
    """One application's calls. Keeps its access token."""

    def __init__(self, line: Line, values: PayPalValues) -> None:
        self._line = line
        self._values = values
        self._token = ""
        self._good_until = 0.0
        self._renewing = asyncio.Lock()

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> Answered | Unknown:
        """Reads something."""
        return await self._ask("GET", path, params=params)

    async def post(self, path: str, body: Mapping[str, object], *, key: str) -> Answered | Unknown:
        """Does something, once a key; while the same key is being worked on, it waits."""
        return await self._ask("POST", path, body=body, key=key)

    def refusal(self, got: Answered) -> Declined | Unknown:
        """What a 4xx says. Raises ValueError."""
        return declined_of(got.fields) if got.status in _REFUSALS else Unknown(reason=f"the provider answered {got.status}")

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        key: str | None = None,
    ) -> Answered | Unknown:
        answer: Answered | Unknown = Unknown(reason="the access token was refused")
        for _ in range(2):  # a token may be revoked before its time
            token = await self._access()
            if isinstance(token, Unknown):
                return token
            headers = {"authorization": f"Bearer {token}", "prefer": "return=representation"}
            if key is not None:
                headers["paypal-request-id"] = key
            call = Call(method=method, url=f"{self._values.url}{path}", headers=headers, params=params, body=body)
            answer = await self._line.ask(call, busy=frozenset() if key is None else _BUSY)
            if not (isinstance(answer, Answered) and answer.status == 401):
                break
            self._good_until = 0.0
        return answer

    async def _access(self) -> str | NotAsked:
        """The access token; one call fetches it for all who need it. Without one, nothing is asked."""
        async with self._renewing:
            if time.monotonic() < self._good_until:
                return self._token
            basic = base64.b64encode(f"{self._values.client_id}:{self._values.client_secret}".encode()).decode()
            call = Call(
                method="POST",
                url=f"{self._values.url}/v1/oauth2/token",
                headers={"authorization": f"Basic {basic}"},
                form={"grant_type": "client_credentials"},
            )
            asked = time.monotonic()
            got = await self._line.ask(call)
            if isinstance(got, Unknown):
                return NotAsked(reason=f"no access token: {got.reason}")
            try:
                if got.status != 200:
                    return NotAsked(reason=f"no access token: answered {got.status}")
                self._token = got.fields.text("access_token")
                seconds = got.fields.whole("expires_in", low=1, high=10**7)
            except ValueError as error:
                return NotAsked(reason=f"no access token: {error}")
            self._good_until = asked + max(seconds - _EXPIRY_MARGIN_SECONDS, 1.0)
            return self._token
