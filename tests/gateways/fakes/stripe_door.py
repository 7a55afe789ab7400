"""Stripe's door: keys of the account and of the browser, idempotency keys, error bodies.

Idempotency keys are kept with their parameters and first answer; what is worked on is 409; what fails validation never began.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

API_KEY, PUBLISHABLE_KEY = "sk_test_vitrine", "pk_test_vitrine"
Do = Callable[[str, dict[str, str]], Any]
Handler = Callable[[Request], Awaitable[Response]]


class Refused(Exception):
    """An error as Stripe answers it."""

    def __init__(self, status: int, **error: Any) -> None:
        super().__init__(error.get("message"))
        self.status = status
        self.error = {"type": "invalid_request_error", "message": "No.", **error}


class Door:
    """What stands before every deed and every question. `expanded` shows an answer as far as it was asked to."""

    def __init__(self, calls: list[tuple[str, dict[str, str]]], expanded: Callable[[Any, list[str]], Any]) -> None:
        self._calls = calls
        self._expanded = expanded
        self._keys: dict[str, tuple[str, tuple[int, Any] | None]] = {}

    def deed(self, do: Do) -> Handler:
        """A POST, done once a key."""

        async def handle(request: Request) -> Response:
            form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
            if (locked_out := _locked_out(request, form)) is not None:
                return locked_out
            key, print_ = request.headers.get("idempotency-key"), json.dumps([request.url.path, form], sort_keys=True)
            if key is None:
                return JSONResponse(*reversed(self._done(do, request, form)))
            if key in self._keys:
                return self._repeated(*self._keys[key], print_)
            self._keys[key] = (print_, None)
            await asyncio.sleep(0.02)  # long enough for a copy to find it being worked on
            status, body = self._done(do, request, form)
            if status == 400:
                del self._keys[key]
            else:
                self._keys[key] = (print_, (status, body))
            return JSONResponse(body, status)

        return handle

    def shown(self, read: Do) -> Handler:
        """A GET."""

        async def handle(request: Request) -> Response:
            if (locked_out := _locked_out(request, {})) is not None:
                return locked_out
            try:
                told = read(request.path_params.get("id", ""), dict(request.query_params))
            except Refused as refused:
                return JSONResponse({"error": refused.error}, refused.status)
            return JSONResponse(self._expanded(told, _expand(request.query_params)))

        return handle

    def _done(self, do: Do, request: Request, form: dict[str, str]) -> tuple[int, Any]:
        self._calls.append((request.url.path, form))
        try:
            return 200, self._expanded(do(request.path_params.get("id", ""), form), _expand(form))
        except Refused as refused:
            return refused.status, {"error": refused.error}

    def _repeated(self, known: str, answer: tuple[int, Any] | None, print_: str) -> Response:
        if known != print_:
            message = "Keys for idempotent requests can only be used with the same parameters."
            return JSONResponse({"error": {"type": "idempotency_error", "message": message}}, 400)
        if answer is None:
            error = {
                "type": "idempotency_error",
                "code": "idempotency_key_in_use",
                "message": "Another request is in progress.",
            }
            return JSONResponse({"error": error}, 409)
        return JSONResponse(answer[1], answer[0], headers={"idempotent-replayed": "true"})


def _expand(given: Mapping[str, str]) -> list[str]:
    return [value for name, value in given.items() if name.startswith("expand[")]


def _locked_out(request: Request, form: dict[str, str]) -> Response | None:
    key = request.headers.get("authorization", "").removeprefix("Bearer ")
    if key == API_KEY or (key == PUBLISHABLE_KEY and "client_secret" in form):
        return None
    return JSONResponse({"error": {"type": "invalid_request_error", "message": "Invalid API Key provided."}}, 401)
