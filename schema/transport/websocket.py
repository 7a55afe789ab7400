"""The door for WebSockets: who may connect, over which subprotocol, and how many are open.

What is said on a socket is `connection`'s business.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.types import Receive, Scope, Send

from schema.transport import frames
from schema.transport.caller import headers_of
from schema.transport.connection import Connection, Shared, SocketLimits
from schema.transport.cookies import Cookies, is_own_origin
from schema.transport.drain import Drain
from schema.transport.frames import Fault
from schema.transport.operations import Operations
from schema.transport.sessions import Living, SessionWatch


class GraphQLOverWebSocket:
    """The endpoint for `scope["type"] == "websocket"`. `origins` are allowed besides the server's own host."""

    def __init__(
        self,
        operations: Operations,
        drain: Drain,
        *,
        origins: frozenset[str],
        now: Callable[[], datetime],
        limits: SocketLimits,
        cookies: Cookies | None = None,
        living: Living | None = None,
    ) -> None:
        self._shared = Shared(operations=operations, now=now, limits=limits, cookies=cookies)
        self._drain = drain
        self._origins = origins
        self._sockets: set[Connection] = set()
        self._watch = SessionWatch(self._sockets, living) if living is not None else None
        drain.tell(self._close_all)

    @property
    def sockets(self) -> int:
        """How many sockets are open."""
        return len(self._sockets)

    @property
    def subscriptions(self) -> int:
        """How many subscriptions are open on all of them."""
        return self._shared.subscriptions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (await receive())["type"] != "websocket.connect":
            return
        if self._drain.begun or not self._same_origin(scope):
            # Before the handshake this is HTTP 403: a page of another site cannot even connect.
            await send({"type": "websocket.close", "code": frames.FORBIDDEN, "reason": "Forbidden"})
            return
        if frames.SUBPROTOCOL not in scope.get("subprotocols", ()):
            await send({"type": "websocket.accept"})
            reason = f"The subprotocol must be {frames.SUBPROTOCOL}"
            await send({"type": "websocket.close", "code": frames.NO_SUBPROTOCOL, "reason": reason})
            return
        await send({"type": "websocket.accept", "subprotocol": frames.SUBPROTOCOL})
        socket = Connection(self._shared, scope, receive, send)
        self._sockets.add(socket)
        if self._watch is not None:
            self._watch.begin()
        try:
            await socket.run()
        finally:
            self._sockets.discard(socket)

    def _same_origin(self, scope: Scope) -> bool:
        """Programs send no Origin; a browser's must be our own host or a listed one."""
        headers = headers_of(scope)
        origin = headers.get("origin")
        return origin is None or is_own_origin(origin, headers.get("host", ""), self._origins)

    def _close_all(self) -> None:
        for socket in list(self._sockets):
            socket.fail(Fault(frames.RESTARTING, "Service restart"))
