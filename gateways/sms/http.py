"""How carriers of text messages are called: one request within a deadline, behind a circuit, and what became of it.

A carrier would not know a message again that comes twice. So it matters here, other than with payments, whether a request
that was not answered can have arrived.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx2

from domain.notices.provider import NotAccepted
from gateways.payments.circuit import Circuit

CALL_SECONDS = 7.0
"""How long one call may take; two of them take less than the lease of a message."""
CONNECT_SECONDS = 2.0
_ANSWER_MAX = 256 * 1024
_NEVER_LEFT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer, below 500: its status and its bytes."""

    status: int
    body: bytes


def sms_client() -> httpx2.AsyncClient:
    """The client of a process; whoever makes it closes it."""
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(CALL_SECONDS, connect=CONNECT_SECONDS), follow_redirects=False, trust_env=False
    )


class SmsLine:
    """The line to one carrier."""

    def __init__(self, client: httpx2.AsyncClient, *, call_seconds: float = CALL_SECONDS) -> None:
        self._client = client
        self._call_seconds = call_seconds
        self._circuit = Circuit()

    async def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Heard | NotAccepted:
        """Sends a form."""
        content = urlencode(form).encode()
        told = {**headers, "content-type": "application/x-www-form-urlencoded"}
        return await self._ask(self._client.build_request("POST", url, content=content, headers=told))

    async def get(self, url: str, params: Mapping[str, str], headers: Mapping[str, str]) -> Heard | NotAccepted:
        """Reads something."""
        return await self._ask(self._client.build_request("GET", url, params=dict(params), headers=dict(headers)))

    async def _ask(self, request: httpx2.Request) -> Heard | NotAccepted:
        if not self._circuit.lets_through():
            return NotAccepted("the carrier has not answered for a while, and was not asked")
        try:
            async with asyncio.timeout(self._call_seconds):
                heard = await self._answer(request)
        except _NEVER_LEFT as error:
            self._circuit.failed()
            return NotAccepted(f"no connection: {type(error).__name__}")
        except (TimeoutError, httpx2.RequestError) as error:
            self._circuit.failed()
            return NotAccepted(f"no answer: {type(error).__name__}", may_be_taken=True)
        if heard.status >= 500:
            self._circuit.failed()
            return NotAccepted(f"the carrier answered {heard.status}", may_be_taken=True)
        self._circuit.answered()
        if heard.status == 429 or 300 <= heard.status < 400:
            return NotAccepted(f"the carrier answered {heard.status}")
        return heard

    async def _answer(self, request: httpx2.Request) -> Heard:
        response = await self._client.send(request, stream=True)
        try:
            read = bytearray()
            async for chunk in response.aiter_bytes():
                read += chunk
                if len(read) > _ANSWER_MAX:
                    raise httpx2.ReadError("too long an answer")
        finally:
            await response.aclose()
        return Heard(response.status_code, bytes(read))
