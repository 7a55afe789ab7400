"""Chapa as its developer pages document it, as far as a shop calls it: initialise, pay on its page, verify, cancel, refund, list, webhooks.

A transaction reference is taken once; what nobody has paid is told without data; amounts come as JSON numbers.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.gateways.fakes.serving import Backstage

SECRET_KEY, SECRET = "CHASECK_TEST-of-the-tests", "chapa-webhook-secret"


class FakeChapa:
    """One merchant. `backstage` holds faults and webhooks."""

    def __init__(self) -> None:
        self.backstage = Backstage(sign=self.signed)
        self.transactions: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, str] = {}
        """The transaction that was refunded, by our reference of the refund."""
        self.calls: list[str] = []
        self.lists_oldest_first = False
        self._ids = itertools.count(1)
        self._url = ""

    def app(self, url: str) -> ASGIApp:
        self._url = url
        routes = [
            Route("/v1/transaction/initialize", self._initialize, methods=["POST"]),
            Route("/v1/transaction/verify/{tx_ref}", self._verify),
            Route("/v1/transaction/cancel/{tx_ref}", self._cancel, methods=["PUT"]),
            Route("/v1/refund/{tx_ref}", self._refund, methods=["POST"]),
            Route("/v1/transactions", self._list),
            Route("/pages/{tx_ref}", self._page, methods=["POST"]),
        ]
        return self.backstage.wrapped(Starlette(routes=routes))

    def signed(self, body: bytes, *, secret: str = SECRET) -> dict[str, str]:
        """The headers of a webhook: one over the body, one over the secret itself, which proves nothing."""
        own = hmac.new(secret.encode(), secret.encode(), hashlib.sha256).hexdigest()
        return {"x-chapa-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(), "chapa-signature": own}

    def charged(self, tx_ref: str) -> tuple[int, int]:
        """How many payments stand under a reference, and what they came to in cents."""
        paid = self.transactions.get(tx_ref, {}).get("payments", 0)
        return paid, round(self.transactions[tx_ref]["amount"] * 100) * paid if paid else 0

    async def _initialize(self, request: Request) -> Response:
        if (locked_out := _locked_out(request)) is not None:
            return locked_out
        body = await request.json()
        self.calls.append(request.url.path)
        tx_ref = body["tx_ref"]
        if tx_ref in self.transactions:
            return _failed(400, "Transaction reference has been used before")
        if body["currency"] not in {"ETB", "USD"} or len(body["customization"]["title"]) > 16:
            return _failed(400, {"currency": ["validation.in"]})
        self.transactions[tx_ref] = {
            "tx_ref": tx_ref, "amount": float(body["amount"]), "currency": body["currency"], "email": body["email"],
            "status": "pending", "payments": 0, "return_url": body["return_url"], "created_at": _now(),
        }  # fmt: skip
        await asyncio.sleep(0.02)
        return JSONResponse(
            {"message": "Hosted Link", "status": "success", "data": {"checkout_url": f"{self._url}/pages/{tx_ref}"}}
        )

    async def _verify(self, request: Request) -> Response:
        if (locked_out := _locked_out(request)) is not None:
            return locked_out
        known = self.transactions.get(request.path_params["tx_ref"])
        if known is None:
            return _failed(404, "Invalid transaction or Transaction not found")
        if known["status"] == "pending":
            return JSONResponse({"message": "Payment not paid yet", "status": "null", "data": None}, 404)
        return JSONResponse({"message": "Payment details", "status": "success", "data": self._told(known)})

    async def _cancel(self, request: Request) -> Response:
        if (locked_out := _locked_out(request)) is not None:
            return locked_out
        known = self.transactions.get(request.path_params["tx_ref"])
        if known is None or known["status"] != "pending":
            return _failed(400, "Only active transactions can be cancelled")
        known["status"] = "cancelled"
        return JSONResponse({"message": "Transaction cancelled successfully", "status": "success", "data": None})

    async def _refund(self, request: Request) -> Response:
        if (locked_out := _locked_out(request)) is not None:
            return locked_out
        known, form = self.transactions.get(request.path_params["tx_ref"]), dict(parse_qsl((await request.body()).decode()))
        self.calls.append(request.url.path)
        if known is None or not known["payments"]:
            return _failed(404, "Transaction not found")
        if known.get("refunded"):
            return _failed(400, "Transaction has already been refunded")
        if float(form["amount"]) != known["amount"]:
            return _failed(400, "Refund amount should be equal to the transaction amount")
        known["refunded"] = True
        self.refunds[form["reference"]] = known["tx_ref"]
        self._tell("charge.refunded", known)
        data = {
            "ref_id": f"REF{next(self._ids)}",
            "amount": known["amount"],
            "currency": known["currency"],
            "status": "pending",
        }
        return JSONResponse({"message": "Refund initiated successfully", "status": "success", "data": data})

    async def _list(self, request: Request) -> Response:
        """Ten a page, newest first; what a payment link brought has no reference of the shop's."""
        if (locked_out := _locked_out(request)) is not None:
            return locked_out
        page, per_page = int(request.query_params.get("page", "1")), 10
        newest = sorted(
            self.transactions.values(), key=lambda each: str(each["created_at"]), reverse=not self.lists_oldest_first
        )
        here, address = newest[(page - 1) * per_page : page * per_page], f"{self._url}/v1/transactions?page="
        more = len(newest) > page * per_page
        return JSONResponse({"message": "Transactions retrieved successfully", "status": "success", "data": {
            "transactions": [_listed(each) for each in here],
            "pagination": {
                "per_page": per_page, "current_page": page, "first_page_url": f"{address}1",
                "next_page_url": f"{address}{page + 1}" if more else None,
                "prev_page_url": f"{address}{page - 1}" if page > 1 else None,
            },
        }})  # fmt: skip

    async def _page(self, request: Request) -> Response:
        """Chapa's page: the buyer pays, or fails to."""
        known, form = self.transactions[request.path_params["tx_ref"]], dict(parse_qsl((await request.body()).decode()))
        if known["status"] != "pending":
            return _failed(400, "This link has expired")
        known |= {"status": "success", "payments": 1} if form.get("decision") == "approve" else {"status": "failed"}
        self._tell("charge.success" if known["payments"] else "charge.failed", known)
        return RedirectResponse(known["return_url"], 303)

    def _told(self, known: dict[str, Any]) -> dict[str, Any]:
        names = ("tx_ref", "currency", "email", "status", "created_at")
        amount = known["amount"]
        told = {name: known[name] for name in names}
        fee = _fee(known)
        whole = int(amount) if amount == int(amount) else amount
        return {
            **told,
            "amount": whole,
            "charge": fee,
            "mode": "test",
            "method": "telebirr",
            "reference": f"AP{known['tx_ref'][:8]}",
        }

    def _tell(self, kind: str, known: dict[str, Any]) -> None:
        told = self._told(known)
        event = {
            "event": kind,
            **told,
            "amount": f"{known['amount']:.2f}",
            "charge": f"{told['charge']:.2f}",
            "updated_at": _now(),
            "type": "API",
        }
        self.backstage.tell(json.dumps(event).encode())


def _fee(known: dict[str, Any]) -> float:
    return round(known["amount"] * 0.035, 2) if known["payments"] else 0.0


def _listed(known: dict[str, Any]) -> dict[str, Any]:
    return {
        "status": known["status"], "ref_id": f"AP{known['tx_ref'][:8]}",
        "type": "Payment Link" if known.get("is_link") else "API", "created_at": known["created_at"],
        "currency": known["currency"], "amount": f"{known['amount']:.3f}", "charge": f"{_fee(known):.3f}",
        "trans_id": None if known.get("is_link") else known["tx_ref"], "payment_method": "telebirr",
        "customer": {"id": 1, "email": known["email"], "first_name": None, "last_name": None, "mobile": None},
    }  # fmt: skip


def _locked_out(request: Request) -> Response | None:
    if request.headers.get("authorization") == f"Bearer {SECRET_KEY}":
        return None
    return _failed(401, "Invalid API Key or User doesn't exist")


def _failed(status: int, message: str | dict[str, list[str]]) -> JSONResponse:
    return JSONResponse({"message": message, "status": "failed", "data": None}, status)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
