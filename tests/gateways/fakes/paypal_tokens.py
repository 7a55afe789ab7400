"""PayPal's errors, and its access tokens: given for the application's id and secret, good until they are revoked."""

from __future__ import annotations

import base64
import itertools

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

CLIENT_ID, CLIENT_SECRET = "client-of-tests", "secret-of-tests"


class Refused(Exception):
    """An error as PayPal answers it."""

    def __init__(self, status: int, name: str, issue: str | None = None) -> None:
        super().__init__(issue or name)
        self.status = status
        details = [] if issue is None else [{"issue": issue, "description": f"{issue}."}]
        self.body = {"name": name, "message": "No.", "debug_id": "0", "details": details}


class Tokens:
    """All tokens that are good."""

    def __init__(self) -> None:
        self._good: set[str] = set()
        self._ids = itertools.count(1)

    async def take(self, request: Request) -> Response:
        """The endpoint that gives them."""
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {basic}":
            return JSONResponse({"error": "invalid_client", "error_description": "Client Authentication failed"}, 401)
        token = f"A21{next(self._ids)}"
        self._good.add(token)
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": 32_400})

    def admit(self, request: Request) -> bool:
        """Whether a request bears one."""
        return request.headers.get("authorization", "").removeprefix("Bearer ") in self._good

    def revoke(self) -> None:
        """None is good any more."""
        self._good.clear()
