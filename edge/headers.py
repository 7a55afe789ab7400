"""Headers of every answer: the request's id, and what tells browsers to be careful.

The id is the caller's if it sent a well-formed one; it goes into the log's context and into the scope's state
(`request_id`), where the inner layers find it.
"""

from __future__ import annotations

import os
import re

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ID_HEADER = b"x-request-id"
_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}\Z")
_ALWAYS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_NO_STORE = (b"cache-control", b"no-store")


class RequestHeaders:
    """The outermost layer. What a response says of itself (its own policy, its own caching) is left alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        request_id = request_id_for(scope)
        # A copy: the state may be one dictionary for all requests of the process.
        scope["state"] = {**(scope.get("state") or {}), "request_id": request_id}
        id_header = (ID_HEADER, request_id.encode())

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _completed(scope, list(message.get("headers", ())), id_header)
            elif message["type"] == "websocket.accept":
                message["headers"] = [*message.get("headers", ()), id_header]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_with_headers)


def request_id_for(scope: Scope) -> str:
    """The id that a request goes by: its own if it is well-formed, else a new one."""
    for name, value in scope["headers"]:
        if name.lower() == ID_HEADER and _ID.match(value):
            return bytes(value).decode("ascii")
    return os.urandom(16).hex()


def _completed(scope: Scope, headers: list[tuple[bytes, bytes]], id_header: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    present = {name.lower() for name, _ in headers}
    added = [*_ALWAYS, id_header]
    if _POLICY[0] not in present:
        added.append(_POLICY)
    if scope["method"] == "POST" and _NO_STORE[0] not in present:
        added.append(_NO_STORE)
    return headers + added
