"""Bounds on what comes in, before anything reads it: number and size of headers, size of bodies, no packed bodies.

A declared length is refused at once, an undeclared one is counted as it comes. Slow connections are left to the proxy in
front: neither the server nor this layer closes them.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.refusal import refuse

_LENGTH_DIGITS_MAX = 18


@dataclass(frozen=True, slots=True)
class InputLimits:
    """`headers` is how many, `header_bytes` their names and values together; `bodies` gives single paths another size."""

    headers: int = 100
    header_bytes: int = 32_768
    body_bytes: int = 262_144
    bodies: Mapping[str, int] = field(default_factory=dict)


class _TooLarge(Exception):
    """The body went past its bound while being read."""


class LimitedInput:
    """The layer: 431 for headers, 413 for bodies, 415 for packed ones, 400 for a length that is none."""

    def __init__(self, app: ASGIApp, limits: InputLimits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        body_max = self._limits.bodies.get(scope["path"], self._limits.body_bytes)
        refusal = self._refusal(scope, body_max)
        if refusal is not None:
            await refuse(scope, send, *refusal)
        elif scope["type"] == "websocket":
            await self._app(scope, receive, send)
        else:
            await self._counted(scope, receive, send, body_max)

    def _refusal(self, scope: Scope, body_max: int) -> tuple[int, str, str] | None:
        headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        limits = self._limits
        if len(headers) > limits.headers or sum(len(name) + len(value) for name, value in headers) > limits.header_bytes:
            message = f"At most {limits.headers} headers of {limits.header_bytes} bytes together are taken."
            return 431, "HEADERS_TOO_LARGE", message
        lengths = {value.strip() for name, value in headers if name.lower() == b"content-length"}
        if len(lengths) > 1 or any(not value.isdigit() for value in lengths):
            return 400, "BAD_REQUEST", "The Content-Length is malformed."
        if any(len(value) > _LENGTH_DIGITS_MAX or int(value) > body_max for value in lengths):
            return 413, "BODY_TOO_LARGE", f"The body must not pass {body_max} bytes."
        if any(value.strip().lower() != b"identity" for name, value in headers if name.lower() == b"content-encoding"):
            return 415, "UNSUPPORTED_CONTENT_ENCODING", "Send the body without Content-Encoding."
        return None

    async def _counted(self, scope: Scope, receive: Receive, send: Send, body_max: int) -> None:
        size = 0
        started = is_too_large = False

        async def counted_receive() -> Message:
            nonlocal size, is_too_large
            message = await receive()
            size += len(message.get("body", b""))
            if size > body_max:
                is_too_large = True
                raise _TooLarge
            return message

        async def noted_send(message: Message) -> None:
            nonlocal started
            # Frameworks answer an exception with a 500 of their own on its way out; it is not the answer here.
            if is_too_large and not started:
                return
            started = True
            await send(message)

        with contextlib.suppress(_TooLarge):
            await self._app(scope, counted_receive, noted_send)
        # Once an answer is under way there is no second one; the server closes the connection.
        if is_too_large and not started:
            await refuse(scope, send, 413, "BODY_TOO_LARGE", f"The body must not pass {body_max} bytes.")
