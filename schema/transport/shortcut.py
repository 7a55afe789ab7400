"""The shortest way to a kept answer: what was sent to a question is sent again to who asks it in the same bytes.

It stands in front of all layers and knows nothing of GraphQL, headers or packing: it remembers what they made of a kept
answer, for as long as that is kept. Whatever is not plainly such a question goes the ordinary way, untouched.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schema.caching.kept import Kept, Question, Sent
from schema.caching.responses import Responses
from schema.transport.admission import Admission

PATH = "/graphql"
QUESTION_BYTES_MAX = 16_384
"""The largest body or query string that is looked up as it is."""

_SCOPE_KEY = "vitrine.noted"
_ID_HEADER = b"x-request-id"
_READ = frozenset(
    {
        b"accept",
        b"accept-encoding",
        b"accept-language",
        b"content-type",
        b"if-none-match",
        b"origin",
        b"x-channel",
        b"x-country",
        b"x-currency",
    }
)
"""The headers that a stranger's answer depends on, by themselves or by being malformed."""
_ELSE = frozenset(
    {
        b"authorization",
        b"content-encoding",
        b"cookie",
        b"expect",
        b"idempotency-key",
        b"transfer-encoding",
        b"x-session",
    }
)
"""Who sends one of these is somebody, or sends the body in another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the layers take at most: so many headers, of so many bytes together, and such a body."""

    headers: int
    header_bytes: int
    body_bytes: int


@dataclass(slots=True, eq=False)
class Noted:
    """What the endpoint notes of its answer, for who stands outside: that it is a kept one."""

    kept: Kept | None = None


def noted_in(scope: Scope) -> Noted | None:
    """Where to note it; None when nobody wants to know."""
    noted = scope.get(_SCOPE_KEY)
    return noted if isinstance(noted, Noted) else None


class CountsHit(Protocol):
    """Told of every answer that was sent again."""

    def __call__(self, *, path: str, method: str, status: int, name: str | None, seconds: float) -> None: ...


class Shortcut:
    """The layer. `request_id` and `counted` are those of the layers that are passed over; `bounds` are theirs as well."""

    def __init__(
        self,
        app: ASGIApp,
        responses: Responses,
        admission: Admission,
        *,
        bounds: Bounds,
        request_id: Callable[[Scope], str],
        counted: CountsHit,
    ) -> None:
        self._app = app
        self._responses = responses
        self._admission = admission
        self._bounds = bounds
        self._body_max = min(QUESTION_BYTES_MAX, bounds.body_bytes)
        self._request_id = request_id
        self._counted = counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = self._asked(scope) if scope["type"] == "http" and scope["path"] == PATH else None
        if asked is None:
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        question, length = asked
        if length is not None:
            come = [await receive()]
            body: bytes = come[0].get("body", b"")
            while come[-1].get("more_body", False) and len(body) <= length:
                come.append(await receive())
                body += come[-1].get("body", b"")
            receive = _again(come, receive)
            # Otherwise the client has left, or the server counts bytes in a way of its own.
            if len(body) != length or come[-1]["type"] != "http.request":
                await self._app(scope, receive, send)
                return
            question = (*question, body)
        sent = self._responses.sent(question)
        if sent is None:
            await self._remembering(question, scope, receive, send)
        elif not self._admission.counts_at_once(_address(scope)):
            await self._app(scope, receive, send)
        else:
            headers = list(sent.headers)
            headers[sent.id_at] = (_ID_HEADER, self._request_id(scope).encode())
            await send({"type": "http.response.start", "status": sent.status, "headers": headers})
            await send({"type": "http.response.body", "body": sent.body})
            self._counted(
                path=PATH,
                method=scope["method"],
                status=sent.status,
                name=sent.kept.name,
                seconds=time.perf_counter() - started,
            )

    def _asked(self, scope: Scope) -> tuple[Question, int | None] | None:
        """The question but for its body, and the body's length, None for a GET; None for all that goes the ordinary way."""
        method = scope["method"]
        query: bytes = scope["query_string"]
        if method not in {"GET", "POST"} or len(query) > QUESTION_BYTES_MAX:
            return None
        parts = [method.encode(), query]
        length: int | None = None
        size = 0
        for name, value in scope["headers"]:
            size += len(name) + len(value)
            if name in _READ:
                parts += (name, value)
            elif name in _ELSE:
                return None
            elif name == b"content-length":
                # A second one, and one that is no number, are refused by who reads it next.
                if length is not None or not value.isdigit() or len(value) > len(str(QUESTION_BYTES_MAX)):
                    return None
                length = int(value)
        if size > self._bounds.header_bytes or len(scope["headers"]) > self._bounds.headers:
            return None
        if (length is None) is (method == "POST") or (length or 0) > self._body_max:
            return None
        return tuple(parts), length

    async def _remembering(self, question: Question, scope: Scope, receive: Receive, send: Send) -> None:
        """The ordinary way, looking on: a kept answer that goes out whole is remembered as it was."""
        noted = scope[_SCOPE_KEY] = Noted()
        begun: list[Message] = []
        since = self._responses.kept.forgettings

        async def noting_send(message: Message) -> None:
            kept = noted.kept
            if kept is None:
                pass
            elif message["type"] == "http.response.start":
                begun.append(message)
            elif begun and not message.get("more_body", False):
                sent = _sent(kept, begun.pop(), message.get("body", b""))
                if sent is not None:
                    self._responses.kept.remember(question, sent, since=since)
            else:
                begun.clear()
            await send(message)

        await self._app(scope, receive, noting_send)


def _sent(kept: Kept, start: Message, body: bytes) -> Sent | None:
    """The answer as it goes out; None when it says something to one client alone."""
    headers = tuple((bytes(name), bytes(value)) for name, value in start["headers"])
    names = [name.lower() for name, _ in headers]
    if b"set-cookie" in names or names.count(_ID_HEADER) != 1:
        return None
    return Sent(kept, start["status"], headers, names.index(_ID_HEADER), body)


def _again(come: list[Message], receive: Receive) -> Receive:
    """Gives the messages that were read already, then what comes."""
    waiting = iter(come)

    async def received() -> Message:
        for message in waiting:
            return message
        return await receive()

    return received


def _address(scope: Scope) -> str | None:
    client = scope.get("client")
    return client[0] if client else None
