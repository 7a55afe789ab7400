"""The one shape in which the outer layers refuse a request: a GraphQL error body with its code and the request's id.

Clients of the API then need one way only to read what went wrong, wherever it did.
"""

from __future__ import annotations

import orjson
from starlette.types import Scope, Send


def request_id_of(scope: Scope) -> str | None:
    """The id that the header layer gave the request; None outside of it."""
    state = scope.get("state") or {}
    request_id = state.get("request_id")
    return request_id if isinstance(request_id, str) else None


async def refuse(scope: Scope, send: Send, status: int, code: str, message: str) -> None:
    """Answer with the status and close the connection, as the rest of the request may still be under way."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": code})
        return
    extensions = {"code": code, "requestId": request_id_of(scope)}
    body = orjson.dumps({"errors": [{"message": message, "extensions": extensions}]})
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
