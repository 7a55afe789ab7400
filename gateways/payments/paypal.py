"""PayPal by Orders v2: the buyer approves on PayPal's page, and then it is we who take the money.

A notification only names its payment, which is then asked for: what is applied is always how the payment stands.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

import httpx2

from domain.money import Money
from domain.payments.model import Dispute, Notification, ProviderPayment, ProviderStatus
from domain.payments.provider import Ability, Answer, AttemptRequest, CaptureMode, Declined, ProviderUnavailable, Unknown
from gateways.payments.http import Answered, Line, in_time
from gateways.payments.methods import misshapen
from gateways.payments.paypal_search import booked_since
from gateways.payments.paypal_webhooks import PayPalWebhooks
from gateways.payments.paypal_wire import PayPalValues, PayPalWire
from gateways.payments.paypal_words import CAPTURE, NAME, ORDER, UNITS, Order, cancelled, dispute_of, failed, money_as

_METHOD = re.compile(r"(?:paypal)?\Z")
_ABILITIES = frozenset(
    {
        Ability.MANUAL_CAPTURE,
        Ability.PARTIAL_CAPTURE,
        Ability.REFUND,
        Ability.PARTIAL_REFUND,
        Ability.CANCEL,
        Ability.LISTING,
    }
)
_ASKED_AT_ONCE = 4
"""Payments of a listing that are looked at beside each other."""
_NOT_FOUND = Declined(code="not_found", message="there is no such payment")


class PayPalProvider:
    """The provider port over PayPal's API. Holds its access token and circuit; the client is the process's, and closed by it."""

    name = NAME
    abilities = _ABILITIES
    methods: tuple[str, ...] = ()
    currencies = UNITS.currencies

    def __init__(self, client: httpx2.AsyncClient, values: PayPalValues) -> None:
        self.line = Line(client, total_seconds=values.total_seconds)
        self._wire = PayPalWire(self.line, values)
        self._webhooks = PayPalWebhooks(self.line, values)
        self.account = values.account

    @in_time
    async def create(self, request: AttemptRequest) -> Answer:
        if (refusal := UNITS.refusal(request.amount) or misshapen(request.method, _METHOD)) is not None:
            return refusal
        if request.saved_method is not None or request.keep_method:
            return Declined(code="unsupported", message="PayPal accounts are not kept here.")
        body = {
            "intent": "AUTHORIZE" if request.capture is CaptureMode.MANUAL else "CAPTURE",
            "purchase_units": [
                {
                    "reference_id": "order",
                    "custom_id": request.attempt_key,
                    # PayPal takes an invoice's money once only: a second barrier against charging twice.
                    "invoice_id": request.attempt_key,
                    "description": f"Order {request.order_number}",
                    "amount": money_as(request.amount),
                }
            ],
            "payment_source": {
                "paypal": {
                    "experience_context": {
                        "return_url": request.return_url,
                        "cancel_url": request.return_url,
                        "user_action": "PAY_NOW",
                        "shipping_preference": "NO_SHIPPING",
                    }
                }
            },
        }
        answer = self._told(await self._wire.post("/v2/checkout/orders", body, key=request.attempt_key))
        if isinstance(answer, Unknown | Declined):
            return answer
        payment = answer[1]
        if (payment.attempt_key, payment.amount) != (request.attempt_key, request.amount):
            return Unknown(reason=f"asked for {request.amount} and told of {payment.amount}, {payment.reference}")
        return payment

    @in_time
    async def capture(self, reference: str, amount: Money, key: str) -> Answer:
        order = await self._order(reference)
        if isinstance(order, Unknown | None):
            return order or _NOT_FOUND
        if order.amount.currency != amount.currency or order.amount < amount:
            return Declined(code="amount_too_large", message="More than was authorised.")
        authorization = order.authorization()
        if authorization is None:
            return Declined(code="wrong_state", message="Nothing is authorised.")
        # The first capture is the last: what is left over is released, so that a refund has one capture to go to.
        body = {"amount": money_as(amount), "final_capture": True}
        path = f"/v2/payments/authorizations/{authorization}/capture"
        answer = await self._done(await self._wire.post(path, body, key=key), reference)
        if isinstance(answer, ProviderPayment) and answer.status is not ProviderStatus.PENDING and answer.captured != amount:
            return Unknown(reason=f"asked to capture {amount} and told that {answer.captured} are")
        return answer

    @in_time
    async def refund(self, reference: str, amount: Money, key: str) -> Answer:
        order = await self._order(reference)
        if isinstance(order, Unknown | None):
            return order or _NOT_FOUND
        capture = order.capture()
        if capture is None:
            return Declined(code="wrong_state", message="Nothing was captured.")
        if (refusal := UNITS.refusal(amount)) is not None:
            return refusal
        got = await self._wire.post(f"/v2/payments/captures/{capture}/refund", {"amount": money_as(amount)}, key=key)
        if isinstance(got, Answered) and got.status < 300 and _has_failed(got):
            return Declined(code="refund_failed", message="PayPal could not give the money back.")
        answer = await self._done(got, reference)
        if isinstance(answer, ProviderPayment) and answer.refunded < amount:
            return Unknown(reason=f"asked to refund {amount} and told that {answer.refunded} are")
        return answer

    @in_time
    async def cancel(self, reference: str, key: str) -> Answer:
        order = await self._order(reference)
        if isinstance(order, Unknown | None):
            return order or _NOT_FOUND
        seen = order.payment()
        if seen.captured.minor or seen.status is ProviderStatus.FAILED:
            return Declined(code="wrong_state", message="It has ended already.", payment=seen)
        authorization = order.authorization()
        if authorization is None or seen.status is ProviderStatus.CANCELLED:
            return cancelled(seen)
        got = await self._wire.post(f"/v2/payments/authorizations/{authorization}/void", {}, key=key)
        answer = await self._done(got, reference)
        if isinstance(answer, ProviderPayment) and answer.status is not ProviderStatus.CANCELLED:
            return Unknown(reason=f"asked to cancel and told of {answer.status.value}")
        return answer

    async def find(self, attempt_key: str) -> ProviderPayment | Unknown | None:
        """None, for certain: an order whose making was not answered is one that nobody can approve, and that we do not take."""
        del attempt_key
        return None

    @in_time
    async def fetch(self, reference: str) -> ProviderPayment | Unknown | None:
        order = await self._order(reference)
        return order if isinstance(order, Unknown | None) else await self._with_dispute(order)

    @in_time
    async def proceed(self, reference: str) -> ProviderPayment | Unknown | None:
        order = await self._order(reference)
        if isinstance(order, Unknown | None):
            return order
        if not order.is_approved:
            return await self._with_dispute(order)
        deed = "authorize" if order.authorizes else "capture"
        got = await self._wire.post(f"/v2/checkout/orders/{order.id}/{deed}", {}, key=f"{order.id}-{deed}")
        answer = await self._done(got, order.id)
        if not isinstance(answer, Declined):
            return answer
        now = await self._order(order.id)
        if isinstance(now, Unknown | None):
            return now
        # What cannot be taken now is not taken later by itself either: the buyer has to choose another way.
        return failed(now.payment(), answer) if now.is_approved else now.payment()

    async def forget_method(self, token: str) -> Declined | Unknown | None:
        del token
        return Declined(code="unsupported", message="PayPal accounts are not kept here.")

    async def list_since(self, since: datetime) -> AsyncIterator[ProviderPayment]:
        """Those of which money moved since, as they stand now; what moved in the last three hours may be missing."""
        known: set[str] = set()
        async for booked in booked_since(self._wire, since, datetime.now(UTC), account=self.account):
            for each in booked:
                if each.stranger is not None:
                    yield each.stranger
            captures = list({each.capture for each in booked if each.stranger is None} - known)
            known.update(captures)
            for start in range(0, len(captures), _ASKED_AT_ONCE):
                asked = (self.fetch(f"capture/{each}") for each in captures[start : start + _ASKED_AT_ONCE])
                for payment in await asyncio.gather(*asked):
                    if isinstance(payment, Unknown):
                        raise ProviderUnavailable(payment.reason)
                    if payment is not None:
                        yield payment

    async def read_notification(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notification | None:
        return await self._webhooks.read(body, headers, now)

    async def _order(self, reference: str) -> Order | Unknown | None:
        # A reference goes into a path: nothing that came from elsewhere may choose what our key is sent to.
        by_capture = CAPTURE.match(reference)
        if by_capture is not None:
            named = await self._order_of_capture(by_capture[1])
            if not isinstance(named, str):
                return named
            reference = named
        if not ORDER.match(reference):
            return None
        got = await self._wire.get(f"/v2/checkout/orders/{reference}")
        if isinstance(got, Answered) and got.status == 404:
            return None
        answer = self._told(got)
        if isinstance(answer, Declined):
            return Unknown(reason=f"refused: {answer.code}")
        if isinstance(answer, Unknown):
            return answer
        return answer[0] if answer[0].id == reference else Unknown(reason=f"told of {answer[0].id} instead of ours")

    async def _order_of_capture(self, capture: str) -> str | Unknown | None:
        got = await self._wire.get(f"/v2/payments/captures/{capture}")
        if isinstance(got, Unknown):
            return got
        try:
            if got.status != 200:
                return None if got.status == 404 else Unknown(reason=f"the provider answered {got.status}")
            # What was not taken by an order of this API, such as a payment by hand, has none.
            related = got.fields.inner_or_none("supplementary_data")
            return None if related is None else related.inner("related_ids").text("order_id")
        except ValueError as error:
            return Unknown(reason=f"an answer that cannot be read: {error}")

    async def _done(self, got: Answered | Unknown, reference: str) -> Answer:
        """After a deed: what it was refused for, or the order as it now stands."""
        if isinstance(got, Unknown):
            return got
        try:
            if got.status >= 300:
                return self._wire.refusal(got)
        except ValueError as error:
            return Unknown(reason=f"an answer that cannot be read: {error}")
        order = await self._order(reference)
        return order.payment() if isinstance(order, Order) else order or Unknown(reason="the payment is gone")

    def _told(self, got: Answered | Unknown) -> tuple[Order, ProviderPayment] | Declined | Unknown:
        if isinstance(got, Unknown):
            return got
        try:
            if got.status >= 300:
                return self._wire.refusal(got)
            order = Order(got.fields)
            return order, order.payment()
        except ValueError as error:
            return Unknown(reason=f"an answer that cannot be read: {error}")

    async def _with_dispute(self, order: Order) -> ProviderPayment | Unknown:
        capture = order.capture()
        dispute = None if capture is None else await self._dispute(capture)
        if isinstance(dispute, Unknown):
            return dispute
        return order.payment(dispute=dispute)

    async def _dispute(self, capture: str) -> Dispute | Unknown | None:
        """The newest dispute about a capture; none where the application may not see disputes."""
        got = await self._wire.get("/v1/customer/disputes", {"disputed_transaction_id": capture})
        if isinstance(got, Unknown):
            return got
        try:
            if got.status != 200:
                return None if got.status in {403, 404} else Unknown(reason=f"no disputes: answered {got.status}")
            listed = [each.text("dispute_id") for each in got.fields.many_or_none("items", most=100)]
            if not listed or not re.match(r"PP-[A-Z0-9-]{1,60}\Z", listed[0]):
                return None
            told = await self._wire.get(f"/v1/customer/disputes/{listed[0]}")
            if isinstance(told, Unknown):
                return told
            return dispute_of(told.fields) if told.status == 200 else Unknown(reason=f"no dispute: answered {told.status}")
        except ValueError as error:
            return Unknown(reason=f"an answer that cannot be read: {error}")


def _has_failed(got: Answered) -> bool:
    return got.fields.text_or_none("status") in {"FAILED", "CANCELLED"}
