"""PayPal as its API reference documents it, as far as a shop calls it: tokens, orders, captures, refunds, disputes, webhooks.

The buyer's page approves; nothing is taken before the shop asks. A request id seen before answers with how things stand now.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.gateways.fakes.authority import Authority
from tests.gateways.fakes.paypal_search import Search
from tests.gateways.fakes.paypal_tokens import Refused, Tokens
from tests.gateways.fakes.serving import Backstage

MERCHANT, WEBHOOK_ID = "MERCHANT00001", "WEBHOOK0000001"
CERTIFIED_NAME = "messageverificationcerts.paypal.com"
_WITHOUT_DIGITS = {"HUF", "JPY", "TWD"}


class FakePayPal:
    """One merchant. `backstage` holds faults and webhooks."""

    def __init__(self, authority: Authority) -> None:
        self.key, self.chain = authority.issued(CERTIFIED_NAME)
        self.backstage = Backstage(sign=self.signed)
        self.orders: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.certificates_asked = 0
        self.certificates_down = 0
        """So many times the certificate cannot be had."""
        self.declines = 0
        """So many of the next captures find no money."""
        self._keys: dict[tuple[str, str], str | None] = {}
        self._ids = itertools.count(1)
        self.tokens = Tokens()
        self.search = Search(self.orders, self.tokens)
        self._url = ""

    def app(self, url: str) -> ASGIApp:
        self._url = url
        deed = self._deed
        routes = [
            Route("/v1/oauth2/token", self.tokens.take, methods=["POST"]),
            Route("/v2/checkout/orders", deed(self._create, 201), methods=["POST"]),
            Route("/v2/checkout/orders/{id}", self._read(self._order)),
            Route("/v2/checkout/orders/{id}/capture", deed(self._take, 201), methods=["POST"]),
            Route("/v2/checkout/orders/{id}/authorize", deed(self._authorize, 201), methods=["POST"]),
            Route("/v2/payments/authorizations/{id}/capture", deed(self._capture, 201), methods=["POST"]),
            Route("/v2/payments/authorizations/{id}/void", deed(self._void, 200), methods=["POST"]),
            Route("/v2/payments/captures/{id}", self._read(self._of_capture)),
            Route("/v2/payments/captures/{id}/refund", deed(self._refund, 201), methods=["POST"]),
            Route("/v1/reporting/transactions", self.search.answer),
            Route("/v1/customer/disputes", self._disputes),
            Route("/v1/customer/disputes/{id}", self._read(lambda id: self.disputes[id])),
            Route("/v1/notifications/certs/{id}", self._certificate),
            Route("/pages/{id}", self._page, methods=["POST"]),
        ]
        return self.backstage.wrapped(Starlette(routes=routes))

    def signed(
        self,
        body: bytes,
        *,
        at: datetime | None = None,
        webhook_id: str = WEBHOOK_ID,
        changed: Mapping[str, str] = MappingProxyType({}),
    ) -> dict[str, str]:
        """The headers of a webhook."""
        sent_at, sent_id = (
            (at or datetime.now(UTC)).isoformat(timespec="seconds").replace("+00:00", "Z"),
            f"sent-{next(self._ids)}",
        )
        message = f"{sent_id}|{sent_at}|{webhook_id}|{zlib.crc32(body)}".encode()
        signature = base64.b64encode(self.key.sign(message, PKCS1v15(), hashes.SHA256())).decode()
        headers = {
            "transmission-id": sent_id, "transmission-time": sent_at, "transmission-sig": signature, "auth-algo": "SHA256withRSA",
            "cert-url": f"{self._url}/v1/notifications/certs/CERT-1",
        }  # fmt: skip
        return {f"paypal-{name.replace('_', '-')}": value for name, value in (headers | dict(changed)).items()}

    def charged(self, attempt: str) -> tuple[int, list[str]]:
        """How many captures stand under an attempt, and their amounts."""
        own = [order for order in self.orders.values() if _unit(order)["custom_id"] == attempt]
        taken = [each["amount"]["value"] for order in own for each in _unit(order)["payments"]["captures"]]
        return len(taken), taken

    def dispute(self, order_id: str, *, outcome: str | None = None) -> None:
        """The buyer complains, or PayPal decides."""
        capture = _unit(self.orders[order_id])["payments"]["captures"][0]
        own = f"PP-D-{order_id}"
        self.disputes[own] = {
            "dispute_id": own, "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED", "dispute_amount": capture["amount"],
            "status": "OPEN" if outcome is None else "RESOLVED", "create_time": _now(), "capture": capture["id"],
            "seller_response_due_date": (datetime.now(UTC) + timedelta(days=10)).isoformat(),
            "disputed_transactions": [{"seller_transaction_id": capture["id"]}],
        }  # fmt: skip
        if outcome is not None:
            self.disputes[own]["dispute_outcome"] = {"outcome_code": outcome}
        self._tell("CUSTOMER.DISPUTE.CREATED" if outcome is None else "CUSTOMER.DISPUTE.RESOLVED", self.disputes[own])

    def fail_refund(self, attempt: str) -> None:
        """The buyer's bank sends the latest refund back."""
        [order] = [each for each in self.orders.values() if _unit(each)["custom_id"] == attempt]
        refund = _unit(order)["payments"]["refunds"][-1]
        refund["status"] = "FAILED"
        self._tell("PAYMENT.REFUND.FAILED", refund)

    def _deed(self, do: Any, status: int) -> Any:
        async def handle(request: Request) -> Response:
            if not self.tokens.admit(request):
                return JSONResponse({"error": "invalid_token", "error_description": "Token signature verification failed"}, 401)
            key = (request.url.path, request.headers.get("paypal-request-id", ""))
            if not key[1]:
                return JSONResponse(Refused(400, "INVALID_REQUEST", "PAYPAL_REQUEST_ID_REQUIRED").body, 400)
            if key in self._keys:
                known = self._keys[key]
                if known is None:
                    return JSONResponse(Refused(409, "RESOURCE_CONFLICT").body, 409)
                return JSONResponse(self.orders.get(known) or {"id": known, "status": "COMPLETED"}, 200)
            self.calls.append(request.url.path)
            self._keys[key] = None
            await asyncio.sleep(0.02)  # long enough for a copy to find it being worked on
            try:
                made = do(request.path_params.get("id", ""), await request.json())
            except Refused as refused:
                del self._keys[key]
                return JSONResponse(refused.body, refused.status)
            self._keys[key] = made["id"]
            return JSONResponse(made, status)

        return handle

    def _read(self, read: Any) -> Any:
        async def handle(request: Request) -> Response:
            if not self.tokens.admit(request):
                return JSONResponse({"error": "invalid_token"}, 401)
            try:
                return JSONResponse(read(request.path_params["id"]))
            except Refused as refused:
                return JSONResponse(refused.body, refused.status)

        return handle

    def _create(self, _: str, body: dict[str, Any]) -> dict[str, Any]:
        (unit,) = body["purchase_units"]
        currency, value = unit["amount"]["currency_code"], unit["amount"]["value"]
        if currency in _WITHOUT_DIGITS and "." in value:
            raise Refused(422, "UNPROCESSABLE_ENTITY", "DECIMALS_NOT_SUPPORTED")
        if currency not in _WITHOUT_DIGITS and len(value.partition(".")[2]) != 2:
            raise Refused(422, "UNPROCESSABLE_ENTITY", "DECIMAL_PRECISION")
        own = f"ORDER{next(self._ids):012}"
        order = {
            "id": own, "intent": body["intent"], "status": "PAYER_ACTION_REQUIRED", "create_time": _now(),
            "payment_source": {"paypal": {}},
            "purchase_units": [{**unit, "payee": {"merchant_id": MERCHANT, "email_address": "shop@example.com"}}],
            "links": [{"rel": "payer-action", "href": f"{self._url}/pages/{own}"}],
            "return_url": body["payment_source"]["paypal"]["experience_context"]["return_url"],
        }  # fmt: skip
        order["purchase_units"][0]["payments"] = {"authorizations": [], "captures": [], "refunds": []}
        self.orders[own] = order
        return order

    def _take(self, id: str, body: dict[str, Any]) -> dict[str, Any]:
        del body
        order = self._approved(id, "CAPTURE")
        self._captured(order, _unit(order)["amount"])
        return order

    def _approved(self, id: str, intent: str) -> dict[str, Any]:
        order = self._order(id)
        if order["status"] == "COMPLETED":
            raise Refused(422, "UNPROCESSABLE_ENTITY", "ORDER_ALREADY_CAPTURED")
        if order["status"] != "APPROVED" or order["intent"] != intent:
            raise Refused(422, "UNPROCESSABLE_ENTITY", "ORDER_NOT_APPROVED")
        if self.declines:
            self.declines -= 1
            raise Refused(422, "UNPROCESSABLE_ENTITY", "INSTRUMENT_DECLINED")
        order["status"] = "COMPLETED"
        return order

    def _authorize(self, id: str, body: dict[str, Any]) -> dict[str, Any]:
        del body
        order = self._approved(id, "AUTHORIZE")
        own = f"AUTH{next(self._ids):013}"
        _unit(order)["payments"]["authorizations"].append({"id": own, "status": "CREATED", "amount": _unit(order)["amount"]})
        self._tell("PAYMENT.AUTHORIZATION.CREATED", {"id": own, **_related(order)})
        return order

    def _capture(self, id: str, body: dict[str, Any]) -> dict[str, Any]:
        order, authorization = self._authorized(id)
        if float(body["amount"]["value"]) > float(authorization["amount"]["value"]):
            raise Refused(422, "UNPROCESSABLE_ENTITY", "MAX_CAPTURE_AMOUNT_EXCEEDED")
        assert body["final_capture"] is True
        authorization["status"] = "CAPTURED"
        return self._captured(order, body["amount"])

    def _void(self, id: str, body: dict[str, Any]) -> dict[str, Any]:
        del body
        _, authorization = self._authorized(id)
        authorization["status"] = "VOIDED"
        return authorization

    def _authorized(self, id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        for order in self.orders.values():
            for each in _unit(order)["payments"]["authorizations"]:
                if each["id"] == id and each["status"] == "CREATED":
                    return order, each
                if each["id"] == id:
                    ended = "AUTHORIZATION_VOIDED" if each["status"] == "VOIDED" else "AUTHORIZATION_ALREADY_CAPTURED"
                    raise Refused(422, "UNPROCESSABLE_ENTITY", ended)
        raise Refused(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")

    def _captured(self, order: dict[str, Any], amount: dict[str, str]) -> dict[str, Any]:
        fee = f"{float(amount['value']) * 0.034:.{0 if amount['currency_code'] in _WITHOUT_DIGITS else 2}f}"
        capture = {
            "id": f"CAPT{next(self._ids):013}", "status": "COMPLETED", "amount": amount, "final_capture": True, "create_time": _now(),
            "seller_receivable_breakdown": {"paypal_fee": {"currency_code": amount["currency_code"], "value": fee}},
        }  # fmt: skip
        _unit(order)["payments"]["captures"].append(capture)
        self._tell("PAYMENT.CAPTURE.COMPLETED", {**capture, **_related(order)})
        return capture

    def _refund(self, id: str, body: dict[str, Any]) -> dict[str, Any]:
        order = self._order(self._of_capture(id)["supplementary_data"]["related_ids"]["order_id"])
        paid = _unit(order)["payments"]
        (capture,) = paid["captures"]
        left = _cents(capture["amount"]) - sum(_cents(each["amount"]) for each in paid["refunds"] if each["status"] != "FAILED")
        if not left:
            raise Refused(422, "UNPROCESSABLE_ENTITY", "CAPTURE_FULLY_REFUNDED")
        if _cents(body["amount"]) > left:
            raise Refused(422, "UNPROCESSABLE_ENTITY", "REFUND_AMOUNT_EXCEEDED")
        up = {"rel": "up", "href": f"{self._url}/v2/payments/captures/{id}"}
        made = {"id": f"REFU{next(self._ids):013}", "create_time": _now()}
        refund = {**made, "status": "COMPLETED", "amount": body["amount"], "links": [up]}
        paid["refunds"].append(refund)
        capture["status"] = "REFUNDED" if _cents(body["amount"]) == left else "PARTIALLY_REFUNDED"
        self._tell("PAYMENT.CAPTURE.REFUNDED", refund)
        return refund

    def _order(self, id: str) -> dict[str, Any]:
        if id not in self.orders:
            raise Refused(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
        return self.orders[id]

    def _of_capture(self, id: str) -> dict[str, Any]:
        for order in self.orders.values():
            for each in _unit(order)["payments"]["captures"]:
                if each["id"] == id:
                    return {**each, **_related(order)}
        raise Refused(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")

    async def _disputes(self, request: Request) -> Response:
        if not self.tokens.admit(request):
            return JSONResponse({"error": "invalid_token"}, 401)
        asked = request.query_params["disputed_transaction_id"]
        items = [{"dispute_id": each["dispute_id"]} for each in self.disputes.values() if each["capture"] == asked]
        return JSONResponse({"items": items, "links": []})

    async def _certificate(self, request: Request) -> Response:
        del request
        self.certificates_asked += 1
        if self.certificates_down:
            self.certificates_down -= 1
            return PlainTextResponse("trouble", 503)
        return PlainTextResponse(self.chain)

    async def _page(self, request: Request) -> Response:
        """PayPal's page: the buyer approves, or goes back to the shop."""
        order, form = self._order(request.path_params["id"]), dict(parse_qsl((await request.body()).decode()))
        if form.get("decision") == "approve":
            order["status"] = "APPROVED"
            self._tell("CHECKOUT.ORDER.APPROVED", order)
        return RedirectResponse(f"{order['return_url']}&token={order['id']}", 303)

    def _tell(self, kind: str, resource: dict[str, Any]) -> None:
        event = {
            "id": f"WH-{next(self._ids)}",
            "event_type": kind,
            "create_time": _now(),
            "event_version": "1.0",
            "resource": resource,
        }
        self.backstage.tell(json.dumps(event).encode())


def _unit(order: dict[str, Any]) -> Any:
    return order["purchase_units"][0]


def _related(order: dict[str, Any]) -> dict[str, Any]:
    return {"custom_id": _unit(order)["custom_id"], "supplementary_data": {"related_ids": {"order_id": order["id"]}}}


def _cents(amount: dict[str, str]) -> int:
    return round(float(amount["value"]) * 100)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
