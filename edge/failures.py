"""The last resort: an exception that nobody answered for becomes a plain 500 with the request's id, and a line in the log.

What it says stays in the log.
"""

from __future__ import annotations

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.refusal import refuse

_log = structlog.get_logger(__name__)


class AnsweredFailures:
    """The layer. Where an answer is under way already, the exception goes on to the server, which cuts the connection."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def noted_send(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, noted_send)
        except Exception as failure:
            if started:
                raise
            _log.error("http.unexpected", path=scope["path"], exc_info=failure)
            await refuse(scope, send, 500, "INTERNAL", "Something went wrong on our side.")
