"""Square as its API reference documents it, as far as a shop calls it: payments, refunds, cards, customers, disputes, webhooks.

Keys are in the body; one met with another body is IDEMPOTENCY_KEY_REUSED. Sources are Square's own sandbox nonces.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.gateways.fakes.serving import Backstage

TOKEN, LOCATION, SECRET = "square-token-of-tests", "LOCATION0001", "square-signature-key"
NOTIFICATION_URL = "https://shop.example/webhooks/payments/square"
GOOD, DECLINED, POOR = "cnon:card-nonce-ok", "cnon:card-nonce-declined", "cnon:card-nonce-insufficient-funds"
_CARD = {"card_brand": "VISA", "last_4": "5858", "exp_month": 12, "exp_year": 2031}


class Refused(Exception):
    """An error as Square answers it."""

    def __init__(self, status: int, code: str, category: str = "INVALID_REQUEST_ERROR", **more: Any) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"errors": [{"category": category, "code": code, "detail": f"{code}."}], **more}


class FakeSquare:
    """One location. `backstage` holds faults and webhooks; `address` is what the signature covers."""

    def __init__(self) -> None:
        self.address = NOTIFICATION_URL
        self.backstage = Backstage(sign=self.signed)
        self.payments: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.cards: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self._keys: dict[str, tuple[str, tuple[int, Any] | None]] = {}
        self._ids = itertools.count(1)

    def app(self, url: str) -> ASGIApp:
        del url
        deed, read = self._deed, self._read
        routes = [
            Route("/v2/payments", deed(self._pay), methods=["POST"]),
            Route("/v2/payments", read(lambda _, query: self._listed("payments", self.payments, query))),
            Route("/v2/payments/{id}", read(lambda id, _: {"payment": self._payment(id)})),
            Route("/v2/payments/{id}/complete", deed(self._complete), methods=["POST"]),
            Route("/v2/payments/{id}/cancel", deed(self._cancel), methods=["POST"]),
            Route("/v2/refunds", deed(self._refund), methods=["POST"]),
            Route("/v2/refunds/{id}", read(lambda id, _: {"refund": self.refunds[id]})),
            Route("/v2/refunds", read(lambda _, query: self._listed("refunds", self.refunds, query))),
            Route(
                "/v2/customers",
                deed(lambda _, body: {"customer": {"id": f"CUSTOMER{next(self._ids)}", **body}}),
                methods=["POST"],
            ),
            Route("/v2/cards", deed(self._keep), methods=["POST"]),
            Route("/v2/cards/{id}/disable", deed(self._disable), methods=["POST"]),
            Route("/v2/disputes/{id}", read(lambda id, _: {"dispute": self.disputes[id]})),
        ]
        return self.backstage.wrapped(Starlette(routes=routes))

    def signed(self, body: bytes, *, secret: str = SECRET, address: str | None = None) -> dict[str, str]:
        """The headers of a webhook."""
        message = (self.address if address is None else address).encode() + body
        digest = hmac.digest(secret.encode(), message, hashlib.sha256)
        return {"x-square-hmacsha256-signature": base64.b64encode(digest).decode()}

    def charged(self, attempt: str) -> tuple[int, int]:
        """How many payments were completed under an attempt, and what they came to."""
        own = [each for each in self.payments.values() if each["reference_id"] == attempt and each["status"] == "COMPLETED"]
        return len(own), sum(each["amount_money"]["amount"] for each in own)

    def dispute(self, payment_id: str, *, state: str = "EVIDENCE_REQUIRED") -> str:
        """The buyer's bank asks the money back, or decides; the dispute's id."""
        own = f"DISPUTE{payment_id}"
        self.disputes[own] = {
            "id": own, "amount_money": self.payments[payment_id]["amount_money"], "reason": "NO_KNOWLEDGE", "state": state,
            "due_at": (datetime.now(UTC) + timedelta(days=7)).isoformat(), "disputed_payment": {"payment_id": payment_id},
        }  # fmt: skip
        self._tell("dispute.created", "dispute", self.disputes[own])
        return own

    def fail_refund(self, attempt: str) -> None:
        """The buyer's bank sends the latest refund back."""
        own = [each for each in self.refunds.values() if self.payments[each["payment_id"]]["reference_id"] == attempt]
        own[-1]["status"] = "FAILED"
        payment = self.payments[own[-1]["payment_id"]]
        back = own[-1]["amount_money"]["amount"]
        payment["refunded_money"] = {**payment["refunded_money"], "amount": payment["refunded_money"]["amount"] - back}
        self._tell("refund.updated", "refund", own[-1])

    def _deed(self, do: Any) -> Any:
        async def handle(request: Request) -> Response:
            if (locked_out := _locked_out(request)) is not None:
                return locked_out
            body = await request.json()
            key = f"{request.url.path} {body['idempotency_key']}" if "idempotency_key" in body else None
            print_ = json.dumps(body, sort_keys=True)
            if key is not None and key in self._keys:
                known, answer = self._keys[key]
                if known != print_:
                    return JSONResponse(Refused(400, "IDEMPOTENCY_KEY_REUSED").body, 400)
                if answer is None:
                    return JSONResponse(Refused(409, "CONFLICT").body, 409)
                return JSONResponse(answer[1], answer[0])
            self.calls.append(request.url.path)
            if key is not None:
                self._keys[key] = (print_, None)
                await asyncio.sleep(0.02)  # long enough for a copy to find it being worked on
            try:
                status, told = 200, do(request.path_params.get("id", ""), body)
            except Refused as refused:
                status, told = refused.status, refused.body
            told = json.loads(json.dumps(told))
            if key is not None:
                self._keys[key] = (print_, (status, told))
            return JSONResponse(told, status)

        return handle

    def _read(self, read: Any) -> Any:
        async def handle(request: Request) -> Response:
            if (locked_out := _locked_out(request)) is not None:
                return locked_out
            try:
                return JSONResponse(read(request.path_params.get("id", ""), dict(request.query_params)))
            except Refused as refused:
                return JSONResponse(refused.body, refused.status)

        return handle

    def _pay(self, _: str, body: dict[str, Any]) -> dict[str, Any]:
        assert len(body["idempotency_key"]) <= 45
        assert len(body["reference_id"]) <= 40
        if body["location_id"] != LOCATION:
            raise Refused(400, "INVALID_LOCATION")
        source = body["source_id"]
        if source.startswith("ccof:") and (
            source not in self.cards or self.cards[source]["customer_id"] != body.get("customer_id")
        ):
            raise Refused(404, "NOT_FOUND")
        own, now = f"payment{next(self._ids):016}", _now()
        payment = {
            "id": own, "status": "FAILED", "amount_money": body["amount_money"], "location_id": LOCATION, "created_at": now,
            "updated_at": now, "reference_id": body["reference_id"], "source_type": "CARD", "card_details": {"card": _CARD},
        }  # fmt: skip
        self.payments[own] = payment
        if source in {DECLINED, POOR}:
            self._tell("payment.created", "payment", payment)
            code = "CARD_DECLINED" if source == DECLINED else "INSUFFICIENT_FUNDS"
            raise Refused(402, code, "PAYMENT_METHOD_ERROR", payment=payment)
        if source != GOOD and not source.startswith("ccof:"):
            del self.payments[own]
            raise Refused(404, "NOT_FOUND")
        payment |= {"status": "APPROVED", "approved_money": body["amount_money"]}
        self._tell("payment.created", "payment", payment)
        if body["autocomplete"]:
            self._completed(payment)
        return {"payment": payment}

    def _completed(self, payment: dict[str, Any]) -> None:
        amount = payment["amount_money"]
        fee = {"amount_money": {**amount, "amount": amount["amount"] * 26 // 1000}}
        payment |= {"status": "COMPLETED", "updated_at": _now(), "processing_fee": [fee]}
        self._tell("payment.updated", "payment", payment)

    def _complete(self, id: str, body: dict[str, Any]) -> dict[str, Any]:
        del body
        payment = self._payment(id)
        if payment["status"] != "APPROVED":
            raise Refused(400, "INVALID_PAYMENT_STATUS")
        self._completed(payment)
        return {"payment": payment}

    def _cancel(self, id: str, body: dict[str, Any]) -> dict[str, Any]:
        del body
        payment = self._payment(id)
        if payment["status"] != "APPROVED":
            raise Refused(400, "INVALID_PAYMENT_STATUS")
        payment |= {"status": "CANCELED", "updated_at": _now()}
        self._tell("payment.updated", "payment", payment)
        return {"payment": payment}

    def _refund(self, _: str, body: dict[str, Any]) -> dict[str, Any]:
        payment, amount = self._payment(body["payment_id"]), body["amount_money"]
        if payment["status"] != "COMPLETED":
            raise Refused(400, "PAYMENT_NOT_REFUNDABLE")
        before = payment.get("refunded_money", {"amount": 0})["amount"]
        if before + amount["amount"] > payment["amount_money"]["amount"]:
            raise Refused(400, "REFUND_AMOUNT_INVALID", "REFUND_ERROR")
        own = f"{payment['id']}_{next(self._ids)}"
        payment |= {"refunded_money": {**amount, "amount": before + amount["amount"]}, "updated_at": _now()}
        refund = {"id": own, "status": "PENDING", "amount_money": amount, "payment_id": payment["id"], "created_at": _now()}
        self.refunds[own] = refund
        payment["refund_ids"] = [*payment.get("refund_ids", []), own]
        self._tell("refund.created", "refund", refund)
        return {"refund": refund}

    def _keep(self, _: str, body: dict[str, Any]) -> dict[str, Any]:
        assert self._payment(body["source_id"])["status"] == "COMPLETED"
        own = f"ccof:card{next(self._ids)}"
        self.cards[own] = {"id": own, "customer_id": body["card"]["customer_id"], **_CARD}
        return {"card": self.cards[own]}

    def _disable(self, id: str, body: dict[str, Any]) -> dict[str, Any]:
        del body
        if id not in self.cards:
            raise Refused(400, "BAD_REQUEST")
        return {"card": self.cards.pop(id)}

    def _payment(self, id: str) -> dict[str, Any]:
        if id not in self.payments:
            raise Refused(404, "NOT_FOUND")
        return self.payments[id]

    def _listed(self, name: str, things: dict[str, dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
        begin, start = datetime.fromisoformat(query["begin_time"]), int(query.get("cursor", "0"))
        own = [each for each in things.values() if datetime.fromisoformat(each["created_at"]) >= begin]
        page = {name: own[start : start + int(query["limit"])]}
        more = start + int(query["limit"]) < len(own)
        return {**page, "cursor": str(start + int(query["limit"]))} if more else page

    def _tell(self, kind: str, name: str, thing: dict[str, Any]) -> None:
        data = {"type": name, "id": thing["id"], "object": {name: thing}}
        event = {
            "merchant_id": "MERCHANT",
            "type": kind,
            "event_id": f"event-{next(self._ids)}",
            "created_at": _now(),
            "data": data,
        }
        self.backstage.tell(json.dumps(event).encode())


def _locked_out(request: Request) -> Response | None:
    if request.headers.get("authorization") == f"Bearer {TOKEN}":
        return None
    return JSONResponse(Refused(401, "UNAUTHORIZED", "AUTHENTICATION_ERROR").body, 401)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
