"""How providers are called: one shared client with deadlines, no redirects, no proxies, and a ceiling on what is read.

It tells an answer from no answer and no more: what a status means is the provider's module's business.
"""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar
from urllib.parse import urlencode

import httpx2

from domain.payments.provider import NotAsked, Unknown
from gateways.payments.circuit import Circuit
from gateways.payments.strict_json import Fields, decode

P = ParamSpec("P")
S = TypeVar("S", bound="Called")
T = TypeVar("T")

CONNECT_SECONDS = 2.0
TOTAL_SECONDS = 10.0
ANSWER_MAX = 4 * 1024 * 1024
_BUSY_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to a provider: the address is made of settings, never of what came from elsewhere.

    A `body` goes as JSON, a `form` as a form; at most one of them is given.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    params: Mapping[str, str] | None = None
    body: Mapping[str, object] | None = None
    form: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The provider answered, below 500, with a JSON object; one without members where it answered 204."""

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


class Line:
    """The line to one provider: the shared client, how long a call may take, and the circuit."""

    __slots__ = ("_client", "_total_seconds", "circuit")

    def __init__(self, client: httpx2.AsyncClient, *, total_seconds: float = TOTAL_SECONDS) -> None:
        self._client = client
        self._total_seconds = total_seconds
        self.circuit = Circuit()

    async def ask(self, call: Call, *, busy: frozenset[int] = frozenset()) -> Answered | Unknown:
        """One request within the deadline. Whatever leaves the outcome open is Unknown: no connection, no answer in time, 5xx.

        So are 429 and redirects (nothing was decided, and we follow nobody elsewhere) and an answer that is no JSON object.
        `busy` are the statuses by which the provider says that the same key is being worked on: it is asked again, while there
        is time. An open circuit is NotAsked.
        """
        if not self.circuit.lets_through():
            return NotAsked(reason="the provider has not answered for a while, and was not asked")
        pause = _BUSY_PAUSE_SECONDS
        try:
            async with asyncio.timeout(self._total_seconds):
                while (answer := await self._answer(call)).status in busy:
                    await asyncio.sleep(pause)
                    pause *= 2
        except TimeoutError:
            self.circuit.failed()
            return Unknown(reason="no answer in time")
        except httpx2.RequestError as error:
            self.circuit.failed()
            return Unknown(reason=f"no answer: {type(error).__name__}")
        except _NoAnswer as none:
            if none.status >= 500:
                self.circuit.failed()
            else:
                self.circuit.answered()
            return Unknown(reason=f"the provider answered {none.status}")
        except ValueError as error:
            self.circuit.answered()
            return Unknown(reason=f"an answer that cannot be read: {error}")
        self.circuit.answered()
        return answer

    async def within(self, asking: Awaitable[T]) -> T | Unknown:
        """The end of several calls that together may take as long as one."""
        try:
            async with asyncio.timeout(self._total_seconds):
                return await asking
        except TimeoutError:
            self.circuit.failed()
            return Unknown(reason="no answer in time")

    async def text(self, url: str, *, most: int) -> str | Unknown:
        """A text that the provider publishes, such as a certificate, of at most so many bytes."""
        try:
            async with asyncio.timeout(self._total_seconds), self._client.stream("GET", url) as response:
                if response.status_code != 200:
                    return Unknown(reason=f"the provider answered {response.status_code}")
                return (await _read(response, most)).decode("ascii")
        except TimeoutError:
            return Unknown(reason="no answer in time")
        except httpx2.RequestError as error:
            return Unknown(reason=f"no answer: {type(error).__name__}")
        except ValueError as error:
            return Unknown(reason=f"an answer that cannot be read: {error}")

    async def _answer(self, call: Call) -> Answered:
        headers, content = dict(call.headers), None
        if call.body is not None:
            headers["content-type"], content = "application/json", json.dumps(call.body, separators=(",", ":")).encode()
        elif call.form is not None:
            headers["content-type"], content = "application/x-www-form-urlencoded", urlencode(call.form).encode()
        request = self._client.stream(call.method, call.url, headers=headers, params=call.params, content=content)
        async with request as response:
            status = response.status_code
            if status >= 500 or status == 429 or 300 <= status < 400:
                raise _NoAnswer(status)
            return Answered(status, Fields({} if status == 204 else decode(await _read(response, ANSWER_MAX))))


class Called(Protocol):
    """A provider that is called over a line."""

    @property
    def line(self) -> Line: ...


def in_time(
    deed: Callable[Concatenate[S, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, T | Unknown]]:
    """A provider's method that may need several calls, all within the time of one."""

    @functools.wraps(deed)
    async def bounded(provider: S, /, *args: P.args, **kwargs: P.kwargs) -> T | Unknown:
        return await provider.line.within(deed(provider, *args, **kwargs))

    return bounded


class _NoAnswer(Exception):
    """A status that decides nothing."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def _read(response: httpx2.Response, most: int) -> bytes:
    read = bytearray()
    async for chunk in response.aiter_bytes():
        read += chunk
        if len(read) > most:
            raise ValueError(f"over {most} bytes")
    return bytes(read)
