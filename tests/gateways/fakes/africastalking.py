"""Africa's Talking's bulk SMS as its documentation has it: one form, a JSON word on each recipient, unsigned delivery reports."""

from __future__ import annotations

import itertools
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.gateways.fakes.serving import Backstage

USERNAME, API_KEY, SENDER, SECRET = "vitrine", "atsk_of-the-tests", "VITRINE", "report-secret-of-the-tests"
STOPPED, BROKE = "+254711000406", "+254711000405"
"""A number on the black list, and one that the balance does not suffice for."""
_STATUSES = {STOPPED: (406, "UserInBlacklist"), BROKE: (405, "InsufficientBalance")}


class FakeAfricasTalking:
    """One account. `backstage` holds faults, `messages` what was taken."""

    def __init__(self) -> None:
        self.backstage = Backstage(sign=lambda _body: {})
        self.messages: list[dict[str, Any]] = []
        self.requests = 0
        self._ids = itertools.count(1)

    def app(self, url: str) -> ASGIApp:
        del url
        return self.backstage.wrapped(Starlette(routes=[Route("/version1/messaging", self._send, methods=["POST"])]))

    def report(self, message_id: str, status: str, **more: str) -> bytes:
        """The body of a delivery report."""
        told = {"id": message_id, "status": status, "phoneNumber": self.messages[-1]["to"], "networkCode": "63902", **more}
        return urlencode(told).encode()

    async def _send(self, request: Request) -> Response:
        self.requests += 1
        form = dict(await request.form())
        if request.headers.get("apikey") != API_KEY or form.get("username") != USERNAME:
            return PlainTextResponse("The supplied authentication is invalid", 401)
        if "application/json" not in request.headers.get("accept", ""):
            return PlainTextResponse("<AfricasTalkingResponse/>", 201)
        if form.get("from") != SENDER:
            return JSONResponse({"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}, 201)
        to = str(form["to"])
        code, status = _STATUSES.get(to, (101, "Success"))
        recipient: dict[str, Any] = {"statusCode": code, "number": to, "status": status, "cost": "0", "messageId": "None"}
        if code == 101:
            recipient |= {"cost": "KES 0.8000", "messageId": f"ATXid_{next(self._ids):032x}"}
            self.messages.append({"to": to, "body": str(form["message"]), "id": recipient["messageId"]})
        said = f"Sent to {int(code == 101)}/1 Total Cost: {recipient['cost']}"
        return JSONResponse({"SMSMessageData": {"Message": said, "Recipients": [recipient]}}, 201)
