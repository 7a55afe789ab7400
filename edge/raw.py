"""What all endpoints for other machines have in common: the raw bytes of a body under a ceiling, and short answers."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.responses import Response


class TooLarge(Exception):
    """The body passes the ceiling; the rest of it was not read."""


async def raw_body(request: Request, *, most: int) -> bytes:
    """The raw bytes, as signed. Raises TooLarge as soon as they pass the ceiling."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and (len(declared) > 9 or int(declared) > most):
        raise TooLarge
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise TooLarge
    return bytes(body)


def machine_answer(status: int, code: str) -> Response:
    """A status with a stable code; 503 says when to come again."""
    headers = {"cache-control": "no-store"}
    if status == 503:
        headers["retry-after"] = "5"
    return Response(orjson.dumps({"code": code}), status, headers=headers, media_type="application/json")
