"""GraphQL over server-sent events, distinct connections mode: one request, one stream of `next` and one `complete`.

Any operation may come this way; a query or mutation gives one event. A comment line goes out while nothing happens, so
that proxies keep the stream and a lost client is noticed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from datetime import datetime

from graphql import OperationType
from starlette.types import Receive, Send

from schema.execution.engine import Prepared
from schema.transport.answers import Answer
from schema.transport.bodies import Ask
from schema.transport.caller import Caller, Refused
from schema.transport.drain import Drain
from schema.transport.operations import Operations, StreamFailed, Subscribed

_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
_COMPLETE = b"event: complete\ndata:\n\n"


class Streams:
    """Runs operations as event streams. `keep_alive` and `send` are seconds; `now` gives aware UTC time."""

    def __init__(
        self,
        operations: Operations,
        drain: Drain,
        *,
        now: Callable[[], datetime],
        keep_alive_seconds: float,
        send_seconds: float,
    ) -> None:
        self._operations = operations
        self._drain = drain
        self._now = now
        self._keep_alive_seconds = keep_alive_seconds
        self._send_seconds = send_seconds
        self.open = 0
        """How many streams are open."""

    async def run(self, prepared: Prepared, ask: Ask, caller: Caller, receive: Receive, send: Send) -> None:
        """Answer one request with a stream, to its end, the client's or the process's."""
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        write = _Writer(send, self._send_seconds)
        events = self._events(prepared, ask, caller)
        self.open += 1
        ends = [
            asyncio.create_task(part)
            for part in (_produce(events, write), self._keep_alive(write), _gone(receive), self._drain.wait())
        ]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.open -= 1
            for end in ends:
                end.cancel()
            # A slow or lost client shows as TimeoutError or OSError in whoever was writing; there is nobody to tell.
            await asyncio.gather(*ends, return_exceptions=True)
        await write.close()

    async def tell(self, answer: Answer, send: Send) -> None:
        """A stream of one answer, for an operation that does not run: EventSource shows no body of another status."""
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        write = _Writer(send, self._send_seconds)
        await write(_next(answer.body) + _COMPLETE)
        await write.close()

    async def _events(self, prepared: Prepared, ask: Ask, caller: Caller) -> AsyncGenerator[bytes, None]:
        if prepared.kind is not OperationType.SUBSCRIPTION:
            yield (await self._operations.run(prepared, ask, caller, "sse")).body
            return
        try:
            async with self._operations.subscribed(prepared, ask, caller, "sse") as subscribed:
                async for event in _until(subscribed, self._now):
                    yield event
        except StreamFailed as failure:
            yield failure.answer.body
        except Refused as failure:
            yield self._operations.answers.of_failure(failure, caller.request_id).body
        except Exception as failure:  # noqa: BLE001 - the context failed to open or close; `of_failure` logs it
            yield self._operations.answers.of_failure(failure, caller.request_id).body

    async def _keep_alive(self, write: _Writer) -> None:
        while True:
            await write(b":\n\n")
            await asyncio.sleep(self._keep_alive_seconds)


class _Writer:
    """Writes pieces of one body, one after the other; TimeoutError when the client does not take one in time."""

    def __init__(self, send: Send, seconds: float) -> None:
        self._send = send
        self._seconds = seconds
        self._turn = asyncio.Lock()

    async def __call__(self, data: bytes, *, more: bool = True) -> None:
        async with self._turn, asyncio.timeout(self._seconds):
            await self._send({"type": "http.response.body", "body": data, "more_body": more})

    async def close(self) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            await self(b"", more=False)


def _next(body: bytes) -> bytes:
    return b"event: next\ndata: " + body + b"\n\n"


async def _produce(events: AsyncGenerator[bytes, None], write: _Writer) -> None:
    async with contextlib.aclosing(events):
        async for event in events:
            await write(_next(event))
    await write(_COMPLETE)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _until(subscribed: Subscribed, now: Callable[[], datetime]) -> AsyncGenerator[bytes, None]:
    """The events while the viewer's token lasts, then Refused."""
    while True:
        left = None if subscribed.until is None else (subscribed.until - now()).total_seconds()
        try:
            # The events word their own failures, so a TimeoutError here can only be ours.
            async with asyncio.timeout(left):
                event = await anext(subscribed.events)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Refused("TOKEN_EXPIRED", "The access token has expired.") from None
        yield event
