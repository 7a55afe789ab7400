"""Stripe as its API reference documents it, as far as a shop calls it: payment intents, refunds, disputes, customers, events.

Amounts follow Stripe's currency rules; cards are Stripe's own test tokens. Who is let in and what is repeated: `stripe_door`.
"""

from __future__ import annotations

import itertools
import json
import time
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp
from stripe import WebhookSignature

from tests.gateways.fakes.serving import Backstage
from tests.gateways.fakes.stripe_door import Door, Refused

SECRET = "whsec_stripe_for_tests"
ACCOUNT = "acct_vitrine"
_DECLINES = {
    "pm_card_chargeDeclined": ("card_declined", "generic_decline", "Your card was declined."),
    "pm_card_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "pm_card_chargeDeclinedStolenCard": ("card_declined", "stolen_card", "Your card was declined."),
}
_CHALLENGED = {"pm_card_authenticationRequired"}
_GOOD = {"pm_card_visa"}
_ZERO = set("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
_STEPS = {"ISK": 100, "UGX": 100, "BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10}


class FakeStripe:
    """One account. `backstage` holds faults and webhooks."""

    def __init__(self) -> None:
        self.backstage = Backstage(
            sign=lambda body: {"stripe-signature": WebhookSignature.generate_signature_header(body.decode(), SECRET)}
        )
        self.intents: dict[str, dict[str, Any]] = {}
        self.charges: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}
        self.disputes: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, dict[str, str]]] = []
        self.lies: dict[str, Any] = {}
        """Members of the next payment intent that is shown, instead of the true ones."""
        self._door = Door(self.calls, self._expanded)
        self._ids = itertools.count(1)
        self._url = ""

    def app(self, url: str) -> ASGIApp:
        self._url = url
        deed, shown = self._door.deed, self._door.shown
        one = "/v1/payment_intents/{id}"
        routes = [
            Route("/v1/payment_intents", deed(self._create), methods=["POST"]),
            Route("/v1/payment_intents", shown(lambda _, query: self._listed(self.intents, query)), methods=["GET"]),
            Route("/v1/payment_intents/search", shown(self._search), methods=["GET"]),
            Route(one, shown(lambda id, _: self._intent(id)), methods=["GET"]),
            Route(f"{one}/confirm", deed(self._confirm), methods=["POST"]),
            Route(f"{one}/capture", deed(self._capture), methods=["POST"]),
            Route(f"{one}/cancel", deed(self._cancel), methods=["POST"]),
            Route("/v1/refunds", deed(self._refund), methods=["POST"]),
            Route("/v1/refunds", shown(lambda _, query: self._listed(self.refunds, query)), methods=["GET"]),
            Route("/v1/disputes", shown(lambda _, query: self._listed(self.disputes, query)), methods=["GET"]),
            Route(
                "/v1/customers",
                deed(lambda _, form: {"id": f"cus_{next(self._ids)}", "object": "customer", **form}),
                methods=["POST"],
            ),
            Route(
                "/v1/payment_methods/{id}/detach", deed(lambda id, _: {"id": id, "object": "payment_method"}), methods=["POST"]
            ),
            Route("/pages/{id}", self._page, methods=["POST"]),
        ]
        return self.backstage.wrapped(Starlette(routes=routes))

    def dispute(self, intent_id: str, *, reason: str = "fraudulent", status: str = "needs_response") -> None:
        """The buyer's bank asks the money back, or decides."""
        charge = self.charges[self.intents[intent_id]["latest_charge"]]
        charge["disputed"] = True
        own = f"du_{intent_id}"
        self.disputes[own] = {
            "id": own, "object": "dispute", "amount": charge["amount"], "currency": charge["currency"], "reason": reason,
            "status": status, "payment_intent": intent_id, "charge": charge["id"], "created": int(time.time()),
            "evidence_details": {"due_by": int(time.time()) + 7 * 86_400},
        }  # fmt: skip
        self._tell("charge.dispute.created" if status == "needs_response" else "charge.dispute.closed", self.disputes[own])

    def fail_refund(self, attempt: str) -> None:
        """The buyer's bank sends the latest refund back."""
        own = [each for each in self.refunds.values() if self.intents[each["payment_intent"]]["metadata"]["attempt"] == attempt]
        own[-1] |= {"status": "failed", "failure_reason": "lost_or_stolen_card"}
        self.charges[own[-1]["charge"]]["amount_refunded"] -= own[-1]["amount"]
        self._tell("refund.failed", own[-1])

    def charge(self, intent_id: str) -> None:
        """Whoever holds the client secret pays with a good card in the browser."""
        self._confirmed(self.intents[intent_id], "pm_card_visa")

    def charged(self, attempt: str) -> tuple[int, int]:
        """How many charges were captured under an attempt, and what they came to in Stripe's units."""
        own = [each for each in self.charges.values() if each["metadata"]["attempt"] == attempt and each["amount_captured"]]
        return len(own), sum(each["amount_captured"] for each in own)

    def _create(self, _: str, form: dict[str, str]) -> dict[str, Any]:
        currency, amount = form["currency"].upper(), int(form["amount"])
        if not form["currency"].islower() or amount <= 0:
            raise Refused(400, param="amount", code="parameter_invalid_integer")
        if amount % _STEPS.get(currency, 1):
            raise Refused(400, param="amount", message="This amount has too many digits.")
        own = f"pi_{next(self._ids):024}"
        metadata = {name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")}
        intent = {
            "id": own, "object": "payment_intent", "amount": amount, "currency": form["currency"], "amount_received": 0,
            "amount_capturable": 0, "capture_method": form.get("capture_method", "automatic"), "client_secret": f"{own}_secret_x",
            "created": int(time.time()), "customer": form.get("customer"), "last_payment_error": None, "latest_charge": None,
            "livemode": False, "metadata": metadata, "next_action": None, "payment_method": None,
            "setup_future_usage": form.get("setup_future_usage"), "status": "requires_payment_method",
            "return_url": form.get("return_url"),
        }  # fmt: skip
        if form.get("confirm") != "true":
            self.intents[own] = intent
            return intent
        method = form.get("payment_method", "")
        if method.startswith("pm_kept") and form.get("customer") is None:
            raise Refused(400, message="The PaymentMethod belongs to a Customer.")
        if not (method in _GOOD | _CHALLENGED | set(_DECLINES) or method.startswith("pm_kept")):
            raise Refused(400, code="resource_missing", param="payment_method", message="No such PaymentMethod")
        self.intents[own] = intent
        self._confirmed(intent, method)
        return intent

    def _confirmed(self, intent: dict[str, Any], method: str) -> None:
        intent["payment_method"] = f"pm_kept{intent['id'][3:]}" if intent["setup_future_usage"] else method
        if method in _CHALLENGED:
            intent["status"] = "requires_action"
            page = {"url": f"{self._url}/pages/{intent['id']}", "return_url": intent["return_url"]}
            intent["next_action"] = {"type": "redirect_to_url", "redirect_to_url": page}
            self._tell("payment_intent.requires_action", intent)
        elif method in _DECLINES:
            code, reason, message = _DECLINES[method]
            self._failed(intent, code=code, decline_code=reason, message=message)
            shown = {**intent, "latest_charge": f"ch_{intent['id'][3:]}"}
            raise Refused(402, type="card_error", code=code, decline_code=reason, message=message, payment_intent=shown)
        else:
            self._took_card(intent)

    def _failed(self, intent: dict[str, Any], **error: str) -> None:
        intent |= {"status": "requires_payment_method", "payment_method": None, "next_action": None}
        intent["last_payment_error"] = {"type": "card_error", **error}
        self._tell("payment_intent.payment_failed", intent)

    def _took_card(self, intent: dict[str, Any]) -> None:
        own = f"ch_{intent['id'][3:]}"
        by_hand = intent["capture_method"] == "manual"
        taken = 0 if by_hand else intent["amount"]
        self.charges[own] = {
            "id": own, "object": "charge", "amount": intent["amount"], "amount_captured": taken, "amount_refunded": 0,
            "balance_transaction": None, "captured": not by_hand, "currency": intent["currency"], "disputed": False,
            "metadata": intent["metadata"], "payment_intent": intent["id"],
            "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034}},
        }  # fmt: skip
        intent |= {"latest_charge": own, "next_action": None, "last_payment_error": None}
        if by_hand:
            intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
            self._tell("payment_intent.amount_capturable_updated", intent)
        else:
            self._took(intent, taken)

    def _took(self, intent: dict[str, Any], amount: int) -> None:
        intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
        charge = self.charges[intent["latest_charge"]]
        fee = amount * 29 // 1000
        charge |= {"amount_captured": amount, "captured": True}
        charge["balance_transaction"] = {
            "id": f"txn_{charge['id'][3:]}",
            "fee": fee,
            "currency": charge["currency"],
            "net": amount - fee,
        }
        self._tell("payment_intent.succeeded", intent)

    def _confirm(self, id: str, form: dict[str, str]) -> dict[str, Any]:
        intent = self._intent(id)
        if form.get("client_secret") not in {None, intent["client_secret"]}:
            raise Refused(400, message="The client_secret provided does not match.")
        if intent["status"] != "requires_payment_method":
            raise Refused(400, code="payment_intent_unexpected_state")
        intent["return_url"] = form.get("return_url")
        self._confirmed(intent, form["payment_method"])
        return intent

    def _capture(self, id: str, form: dict[str, str]) -> dict[str, Any]:
        intent = self._intent(id)
        amount = int(form.get("amount_to_capture", intent["amount"]))
        if intent["status"] != "requires_capture":
            raise Refused(400, code="payment_intent_unexpected_state", message="It has another status.")
        if amount > intent["amount_capturable"]:
            raise Refused(400, code="amount_too_large", param="amount_to_capture")
        self._took(intent, amount)
        return intent

    def _cancel(self, id: str, form: dict[str, str]) -> dict[str, Any]:
        del form
        intent = self._intent(id)
        if intent["status"] in {"succeeded", "canceled", "processing"}:
            raise Refused(400, code="payment_intent_unexpected_state")
        intent |= {"status": "canceled", "amount_capturable": 0, "next_action": None}
        self._tell("payment_intent.canceled", intent)
        return intent

    def _refund(self, _: str, form: dict[str, str]) -> dict[str, Any]:
        intent = self._intent(form["payment_intent"])
        if intent["latest_charge"] is None or not intent["amount_received"]:
            raise Refused(400, message="This PaymentIntent does not have a successful charge to refund.")
        charge, amount = self.charges[intent["latest_charge"]], int(form["amount"])
        left = charge["amount_captured"] - charge["amount_refunded"]
        if not left:
            raise Refused(400, code="charge_already_refunded")
        if amount > left:
            raise Refused(400, param="amount", message="Refund amount is greater than unrefunded amount on charge.")
        charge["amount_refunded"] += amount
        own = f"re_{next(self._ids):024}"
        self.refunds[own] = {
            "id": own, "object": "refund", "amount": amount, "charge": charge["id"], "payment_intent": intent["id"],
            "currency": charge["currency"], "status": "succeeded", "created": int(time.time()),
        }  # fmt: skip
        self._tell("charge.refunded", charge)
        return self.refunds[own]

    def _intent(self, id: str) -> dict[str, Any]:
        if id not in self.intents:
            raise Refused(404, code="resource_missing", message="No such payment_intent")
        return self.intents[id]

    def _listed(self, things: dict[str, dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
        own = [each for each in reversed(things.values()) if each["created"] >= int(query.get("created[gte]", "0"))]
        own = [each for each in own if query.get("payment_intent", each.get("payment_intent")) == each.get("payment_intent")]
        names = [each["id"] for each in own]
        start = names.index(query["starting_after"]) + 1 if "starting_after" in query else 0
        limit = int(query.get("limit", "10"))
        return {"object": "list", "data": own[start : start + limit], "has_more": start + limit < len(own)}

    def _search(self, _: str, query: dict[str, str]) -> dict[str, Any]:
        # As the documentation warns, a search does not know what was made within the last minute.
        old = [each for each in self.intents.values() if each["created"] < time.time() - 60]
        attempt = query["query"].split("'")[3]
        return {
            "object": "search_result",
            "data": [each for each in old if each["metadata"].get("attempt") == attempt],
            "has_more": False,
        }

    async def _page(self, request: Request) -> Response:
        """The bank's page: the buyer approves, or not, and is sent back to the shop."""
        intent, form = self._intent(request.path_params["id"]), dict(parse_qsl((await request.body()).decode()))
        if form.get("decision") == "approve":
            self._took_card(intent)
        else:
            self._failed(
                intent,
                code="payment_intent_authentication_failure",
                message="We are unable to authenticate your payment method.",
            )
        return RedirectResponse(f"{intent['return_url']}?payment_intent={intent['id']}", 303)

    def _expanded(self, answer: Any, expand: list[str]) -> Any:
        copy = json.loads(json.dumps(answer))
        in_list, alone = "data.latest_charge.balance_transaction" in expand, "latest_charge.balance_transaction" in expand
        for each in copy.get("data", []) if in_list else [copy] if alone else []:
            if each.get("latest_charge"):
                own = [r for r in reversed(self.refunds.values()) if r["charge"] == each["latest_charge"]]
                # A list within an object shows its ten newest.
                refunds = {"object": "list", "data": own[:10], "has_more": len(own) > 10}
                each["latest_charge"] = {**self.charges[each["latest_charge"]], "refunds": refunds}
        if copy.get("object") == "payment_intent":
            copy |= self.lies
            self.lies = {}
        return copy

    def _tell(self, kind: str, thing: dict[str, Any]) -> None:
        event = {
            "id": f"evt_{next(self._ids):024}",
            "object": "event",
            "type": kind,
            "created": int(time.time()),
            "data": {"object": thing},
        }
        self.backstage.tell(json.dumps(event).encode())
