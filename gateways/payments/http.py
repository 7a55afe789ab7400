"""How providers are called: one shared client with deadlines, no redirects, no proxies, and a ceiling on what is read.

It tells an answer from no answer and no more: what a status means is the provider's module's business.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

from domain.payments.provider import Unknown
from gateways.payments.strict_json import Fields, decode

CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 10.0
ANSWER_MAX = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to a provider: the address is made of settings, never of what came from elsewhere."""

    method: str
    url: str
    headers: Mapping[str, str]
    params: Mapping[str, str] | None = None
    body: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The provider answered, below 500, with a JSON object."""

    status: int
    fields: Fields


def payment_client() -> httpx2.AsyncClient:
    """The client that all providers of a process share; whoever makes it closes it."""
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx2.Limits(max_connections=100, max_keepalive_connections=20),
        follow_redirects=False,
        trust_env=False,
    )


async def answer_to(client: httpx2.AsyncClient, call: Call, *, total_seconds: float = TOTAL_SECONDS) -> Answered | Unknown:
    """One request within the deadline. Whatever leaves the outcome open is Unknown: no connection, no answer in time, 5xx.

    So are 429 and redirects (nothing was decided, and we follow nobody elsewhere) and an answer that is no JSON object.
    """
    content = None if call.body is None else json.dumps(call.body, separators=(",", ":")).encode()
    headers = dict(call.headers) if content is None else {**call.headers, "content-type": "application/json"}
    try:
        async with (
            asyncio.timeout(total_seconds),
            client.stream(call.method, call.url, headers=headers, params=call.params, content=content) as response,
        ):
            status = response.status_code
            if status >= 500 or status == 429 or 300 <= status < 400:
                return Unknown(reason=f"the provider answered {status}")
            return Answered(status, Fields(decode(await _read(response))))
    except TimeoutError:
        return Unknown(reason="no answer in time")
    except httpx2.RequestError as error:
        return Unknown(reason=f"no answer: {type(error).__name__}")
    except ValueError as error:
        return Unknown(reason=f"an answer that cannot be read: {error}")


async def _read(response: httpx2.Response) -> bytes:
    read = bytearray()
    async for chunk in response.aiter_bytes():
        read += chunk
        if len(read) > ANSWER_MAX:
            raise ValueError("over 4 MB")
    return bytes(read)
