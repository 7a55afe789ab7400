"""One socket speaking graphql-transport-ws: reads messages, runs each operation in its own context, ends cleanly.

One reading task a socket and one for each running operation; clocks are timers of the loop, so that an idle socket costs
little. A slow reader holds back its own operations and is closed when it takes nothing for a while.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from graphql import OperationType
from starlette.types import Receive, Scope, Send

from domain.viewer import Customer, Staff
from schema.execution.engine import Prepared, Rejected
from schema.transport import frames
from schema.transport.bodies import Ask
from schema.transport.caller import Caller, Refused, caller_of, headers_of, request_id_of, with_headers
from schema.transport.cookies import Cookies
from schema.transport.frames import Fault
from schema.transport.operations import Operations, StreamFailed, until_of

_CLOSE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """What one socket may do; `user_subscriptions` is over all sockets of a signed-in user in this process."""

    init_seconds: float = 5.0
    ping_seconds: float = 20.0
    send_seconds: float = 10.0
    frame_bytes: int = 65_536
    operations: int = 20
    user_subscriptions: int = 50


@dataclass(slots=True)
class Shared:
    """What all sockets of the process share; `subscriptions` counts the open ones, `by_user` those of each user."""

    operations: Operations
    now: Callable[[], datetime]
    limits: SocketLimits
    cookies: Cookies | None = None
    subscriptions: int = 0
    by_user: Counter[UUID] = field(default_factory=Counter)


class _Lost(Exception):
    """The client is gone, or is being closed: nothing more can be sent."""


class Connection:
    """One open socket, from the handshake on."""

    def __init__(self, shared: Shared, scope: Scope, receive: Receive, send: Send) -> None:
        self._shared = shared
        self._operations = shared.operations
        self._limits = shared.limits
        self._scope = scope
        self._receive = receive
        self._send_event = send
        self._caller: Caller | None = None
        self._user: UUID | None = None
        self.session: UUID | None = None
        """Whose log-in the socket belongs to; None for guests and apps."""
        self._initialised = False
        self._served = 0
        self._active: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._reading = asyncio.current_task()
        self._fault: Fault | None = None
        self._lost = False
        loop = asyncio.get_running_loop()
        timeout = Fault(frames.INIT_TIMEOUT, "Connection initialisation timeout")
        self._init_timer = loop.call_later(self._limits.init_seconds, self.fail, timeout)
        self._expiry_timer: asyncio.TimerHandle | None = None
        self._ping_timer = loop.call_later(self._limits.ping_seconds, self._ping)

    def fail(self, fault: Fault) -> None:
        """Close the socket with the fault; the first one counts."""
        if self._fault is None and not self._lost and self._reading is not None:
            self._fault = fault
            self._reading.cancel()

    async def run(self) -> None:
        """Serve the client until either side ends it; leaves no task behind."""
        fault: Fault | None = None
        try:
            await self._read()
        except Fault as broken:
            fault = broken
        except asyncio.CancelledError:
            fault = self._fault
            if fault is None or self._reading is None:
                raise
            self._reading.uncancel()
        finally:
            self._lost = True
            for timer in (self._init_timer, self._ping_timer, self._expiry_timer):
                if timer is not None:
                    timer.cancel()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        if fault is not None:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await self._send_event({"type": "websocket.close", "code": fault.code, "reason": fault.reason})

    async def _read(self) -> None:
        while (event := await self._receive())["type"] == "websocket.receive":
            text = event.get("text")
            if text is None:
                raise Fault(frames.BAD_MESSAGE, "Messages must be text.")
            data = text.encode("utf-8", "surrogatepass")
            if len(data) > self._limits.frame_bytes:
                raise Fault(frames.FRAME_TOO_LARGE, f"Messages must not pass {self._limits.frame_bytes} bytes.")
            match frames.read_message(data):
                case frames.Init(payload):
                    await self._init(payload)
                case frames.Subscribe(operation_id, ask):
                    await self._subscribe(operation_id, ask)
                case frames.Complete(operation_id):
                    task = self._active.pop(operation_id, None)
                    if task is not None:
                        task.cancel()
                case frames.Ping():
                    await self._send_or_end(frames.PONG)
                case frames.Pong():
                    pass

    async def _init(self, payload: dict[str, object]) -> None:
        if self._initialised:
            raise Fault(frames.TOO_MANY_INITS, "Too many initialisation requests")
        self._initialised = True
        self._init_timer.cancel()
        said = {name.lower(): value for name, value in payload.items() if isinstance(value, str)}
        request_id = request_id_of(self._scope)
        try:
            headers = headers_of(self._scope)
            caller = with_headers(caller_of(self._scope, headers, request_id), said)
            if self._shared.cookies is not None:
                caller = self._shared.cookies.applied(caller, self._scope, headers)
            viewer = await self._operations.viewer_of(caller)
        except Refused as refused:
            raise Fault(frames.FORBIDDEN, f"{refused.code}: {refused.message}") from None
        except Exception as failure:  # noqa: BLE001 - whatever broke, the client is told to come back; `of_failure` logs it
            code = self._operations.answers.of_failure(failure, request_id).code
            unwell = frames.INTERNAL if code == "INTERNAL" else frames.TRY_LATER
            raise Fault(unwell, code or "INTERNAL") from None
        self._caller = caller
        # Nobody asks again what the handshake said, and thousands of sockets would hold it for as long as they are open.
        self._scope["headers"] = []
        if isinstance(viewer, Customer | Staff):
            self._user = viewer.id
            self.session = viewer.session
        until = until_of(viewer)
        if until is not None:
            expired = Fault(frames.FORBIDDEN, "TOKEN_EXPIRED: The access token has expired.")
            left = (until - self._shared.now()).total_seconds()
            self._expiry_timer = asyncio.get_running_loop().call_later(left, self.fail, expired)
        await self._send_or_end(frames.ACK)

    async def _subscribe(self, operation_id: str, ask: Ask) -> None:
        if self._caller is None:
            raise Fault(frames.UNAUTHORIZED, "Unauthorized")
        if operation_id in self._active:
            raise Fault(frames.SUBSCRIBER_EXISTS, f"Subscriber for {operation_id} already exists")
        self._served += 1
        request_id = f"{self._caller.request_id}.{self._served}"
        if len(self._tasks) >= self._limits.operations:
            refusal = self._too_many(self._limits.operations, "operations on one socket", request_id)
            await self._send_or_end(frames.error_message(operation_id, refusal))
            return
        caller = replace(self._caller, request_id=request_id)
        self._active[operation_id] = self._spawn(self._operate(operation_id, ask, caller))

    async def _operate(self, operation_id: str, ask: Ask, caller: Caller) -> None:
        """Run one operation; whatever happens, the client hears its end, unless it asked for it or is gone."""
        with contextlib.suppress(_Lost):
            message = await self._outcome(operation_id, ask, caller)
            if self._active.get(operation_id) is asyncio.current_task():
                del self._active[operation_id]
                await self._send(message)

    async def _outcome(self, operation_id: str, ask: Ask, caller: Caller) -> str:
        """Send the operation's results; gives the message that ends it."""
        answers, started = self._operations.answers, time.perf_counter()
        try:
            prepared = await self._operations.prepare(ask, caller)
            if prepared.kind is OperationType.SUBSCRIPTION:
                return await self._stream(operation_id, prepared, ask, caller)
            answer = await self._operations.run(prepared, ask, caller, "ws")
            await self._send(frames.next_message(operation_id, answer.body))
            return frames.complete_message(operation_id)
        except _Lost:
            raise
        except Rejected as failure:
            answer = answers.of_errors(failure.errors, caller.request_id)
            self._operations.told("ws", None, answer.code, started)
        except StreamFailed as failure:
            answer = failure.answer
        except Refused as refused:
            self.fail(Fault(frames.FORBIDDEN, f"{refused.code}: {refused.message}"))
            raise _Lost from None
        except Exception as failure:  # noqa: BLE001 - the last place to word a failure; `of_failure` logs what is a bug
            answer = answers.of_failure(failure, caller.request_id)
        return frames.error_message(operation_id, answer.body)

    async def _stream(self, operation_id: str, prepared: Prepared, ask: Ask, caller: Caller) -> str:
        shared, user = self._shared, self._user
        if user is not None and shared.by_user[user] >= self._limits.user_subscriptions:
            limit = self._limits.user_subscriptions
            refusal = self._too_many(limit, "subscriptions of one user", caller.request_id)
            return frames.error_message(operation_id, refusal)
        shared.subscriptions += 1
        if user is not None:
            shared.by_user[user] += 1
        try:
            async with self._operations.subscribed(prepared, ask, caller, "ws") as subscribed:
                async for event in subscribed.events:
                    await self._send(frames.next_message(operation_id, event))
        finally:
            shared.subscriptions -= 1
            if user is not None:
                shared.by_user[user] -= 1
                if not shared.by_user[user]:
                    del shared.by_user[user]
        return frames.complete_message(operation_id)

    def _too_many(self, limit: int, what: str, request_id: str) -> bytes:
        message = f"No more than {limit} {what} at a time."
        return self._operations.answers.of_code("TOO_MANY_SUBSCRIPTIONS", message, request_id, 429).body

    async def _send(self, text: str) -> None:
        """Send one message; _Lost when the client is gone or does not take it in time, which also ends the socket."""
        if self._lost or self._fault is not None:
            raise _Lost
        try:
            async with asyncio.timeout(self._limits.send_seconds):
                await self._send_event({"type": "websocket.send", "text": text})
        except TimeoutError:
            self.fail(Fault(frames.TRY_LATER, "Too slow to read"))
            raise _Lost from None
        except (OSError, RuntimeError):
            # The socket was closed in between: a RuntimeError is the server's word for sending after that.
            raise _Lost from None

    async def _send_or_end(self, text: str) -> None:
        """As `_send`, for the reading task: a lost client shows at its next `receive`."""
        with contextlib.suppress(_Lost):
            await self._send(text)

    def _ping(self) -> None:
        self._spawn(self._send_or_end(frames.PING))
        self._ping_timer = asyncio.get_running_loop().call_later(self._limits.ping_seconds, self._ping)

    def _spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
