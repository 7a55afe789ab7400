"""Twilio's Messages resource as its documentation has it: forms in, JSON out, lists by number, callbacks that are signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.gateways.fakes.serving import Backstage

ACCOUNT, TOKEN, SENDER = "AC" + "0123456789abcdef" * 2, "twilio-auth-token", "+15005550006"
STOPPED, BUSY = "+4915100000021", "+4915100000029"
"""A number that has answered STOP, and one at which the account is over its rate."""


class FakeTwilio:
    """One account. `backstage` holds faults, `messages` what was taken, the oldest first."""

    def __init__(self) -> None:
        self.backstage = Backstage(sign=lambda _body: {})
        self.messages: list[dict[str, Any]] = []
        self.callbacks: dict[str, str] = {}
        """Where the callbacks of a message go, by its SID."""
        self.requests = 0
        self._ids = itertools.count(1)

    def app(self, url: str) -> ASGIApp:
        del url
        path = "/2010-04-01/Accounts/{sid}/Messages.json"
        routes = [Route(path, self._list, methods=["GET"]), Route(path, self._create, methods=["POST"])]
        return self.backstage.wrapped(Starlette(routes=routes))

    def callback(self, sid: str, status: str, **more: str) -> tuple[str, bytes, dict[str, str]]:
        """A status callback: where it goes, its body and its headers."""
        message = next(each for each in self.messages if each["sid"] == sid)
        form = {
            "MessageSid": sid, "SmsSid": sid, "AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "From": SENDER,
            "To": message["to"], "MessageStatus": status, "SmsStatus": status, **more,
        }  # fmt: skip
        return self.callbacks[sid], urlencode(form).encode(), signed(self.callbacks[sid], form)

    async def _create(self, request: Request) -> Response:
        self.requests += 1
        if (locked_out := _locked_out(request)) is not None:
            return locked_out
        form = dict(await request.form())
        to, sender, body = str(form.get("To", "")), form.get("From"), str(form.get("Body", ""))
        if sender != SENDER:
            return _error(400, 21603 if sender is None else 21212, "A 'From' phone number is required.")
        if not to.startswith("+"):
            return _error(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if to == STOPPED:
            return _error(400, 21610, "Attempt to send to unsubscribed recipient")
        if to == BUSY:
            return _error(429, 20429, "Too Many Requests")
        sid = f"SM{next(self._ids):032x}"
        message = {
            "sid": sid, "account_sid": ACCOUNT, "to": to, "from": sender, "body": body, "status": "queued",
            "date_created": format_datetime(datetime.now(UTC)), "date_sent": None, "error_code": None,
            "error_message": None, "num_segments": "1", "direction": "outbound-api",
            "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json",
        }  # fmt: skip
        self.messages.append(message)
        self.callbacks[sid] = str(form.get("StatusCallback", ""))
        return JSONResponse(message, 201)

    async def _list(self, request: Request) -> Response:
        if (locked_out := _locked_out(request)) is not None:
            return locked_out
        to, size = request.query_params["To"], int(request.query_params["PageSize"])
        found = [each for each in reversed(self.messages) if each["to"] == to][:size]
        return JSONResponse({"messages": found, "page": 0, "page_size": size, "next_page_uri": None, "uri": str(request.url)})


def signed(url: str, form: dict[str, str], *, token: str = TOKEN) -> dict[str, str]:
    """The headers of a callback."""
    said = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    digest = hmac.new(token.encode(), said.encode(), hashlib.sha1).digest()
    return {
        "x-twilio-signature": base64.b64encode(digest).decode(),
        "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
    }


def _locked_out(request: Request) -> Response | None:
    pair = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
    if request.headers.get("authorization") != f"Basic {pair}" or request.path_params["sid"] != ACCOUNT:
        return _error(401, 20003, "Authenticate")
    return None


def _error(status: int, code: int, message: str) -> Response:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return JSONResponse({"code": code, "message": message, "more_info": more, "status": status}, status)
