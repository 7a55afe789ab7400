"""The load: a few kept-alive HTTP/1.1 connections that each ask again as soon as they are answered."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import statistics
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import orjson

from benchmarks.processes import Server

CONNECTIONS = 8
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Line(asyncio.Protocol):
    """One connection; one question at a time. Knows just as much of HTTP as our servers' answers need: a stated length."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes] | None = None
        self._bytes = b""
        self._needed = -1

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its class

    def data_received(self, data: bytes) -> None:
        self._bytes = self._bytes + data if self._bytes else data
        if self._needed < 0:
            end = self._bytes.find(_HEAD_END)
            if end < 0:
                return
            head = self._bytes[:end].lower()
            place = head.index(_LENGTH) + len(_LENGTH)
            self._needed = end + len(_HEAD_END) + int(head[place:].split(b"\r\n", 1)[0])
        if len(self._bytes) >= self._needed and self._answer is not None:
            whole, self._bytes, self._needed = self._bytes, b"", -1
            self._answer.set_result(whole)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError(f"the server hung up: {exc}"))

    async def ask(self, request: bytes) -> bytes:
        """The body of an answer that is 200; RuntimeError for any other."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        whole = await self._answer
        head, _, body = whole.partition(_HEAD_END)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{head.decode()} {body[:500].decode()}")
        return body

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    async def data(self, document: str, name: str, **variables: Any) -> dict[str, Any]:
        """The data of an operation that must not fail."""
        body = {"query": document, "operationName": name, "variables": variables}
        answer = orjson.loads(await self.ask(posted(body)))
        if "errors" in answer:
            raise RuntimeError(str(answer["errors"]))
        data: dict[str, Any] = answer["data"]
        for payload in data.values():
            if payload.get("userErrors"):
                raise RuntimeError(str(payload["userErrors"]))
        return data


def posted(body: object) -> bytes:
    """The bytes of a request."""
    content = orjson.dumps(body)
    head = (
        "POST /graphql HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


@contextlib.asynccontextmanager
async def lines(server: Server, number: int) -> AsyncIterator[list[Line]]:
    """Open connections."""
    loop = asyncio.get_running_loop()
    opened = [(await loop.create_connection(Line, "127.0.0.1", server.port))[1] for _ in range(number)]
    try:
        yield opened
    finally:
        for line in opened:
            line.close()


@dataclass(frozen=True, slots=True)
class Measured:
    """One run. Milliseconds; `cpu` is of the server's process per request, `statements` per request."""

    cpu: float
    a_second: float
    p50: float
    p99: float
    statements: float


async def measure(server: Server, bodies: Iterable[dict[str, Any]], *, seconds: float, counts: bool) -> Measured:
    """Asks for so long over all connections; the first answers, which fill caches, are not counted."""
    requests = itertools.cycle([posted(body) for body in itertools.islice(bodies, 500)])
    async with lines(server, CONNECTIONS) as open_lines:
        await _asked(open_lines, requests, max(0.3, seconds / 5))
        before = await asyncio.to_thread(server.statements) if counts else 0.0
        used, started = server.cpu_seconds(), time.perf_counter()
        took = await _asked(open_lines, requests, seconds)
        used, passed = server.cpu_seconds() - used, time.perf_counter() - started
        after = await asyncio.to_thread(server.statements) if counts else 0.0
    marks = statistics.quantiles(took, n=100, method="inclusive")
    return Measured(
        cpu=used * 1_000 / len(took),
        a_second=len(took) / passed,
        p50=marks[49] * 1_000,
        p99=marks[98] * 1_000,
        statements=(after - before) / len(took),
    )


async def _asked(open_lines: list[Line], requests: Iterator[bytes], seconds: float) -> list[float]:
    until = time.perf_counter() + seconds
    took: list[float] = []

    async def ask_again(line: Line) -> None:
        while (began := time.perf_counter()) < until:
            await line.ask(next(requests))
            took.append(time.perf_counter() - began)

    await asyncio.gather(*(ask_again(line) for line in open_lines))
    return took
