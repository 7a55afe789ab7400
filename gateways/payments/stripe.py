"""Stripe by Payment Intents: what our requests are in its words, and which of its answers are believed.

A notification only names its payment, which is then asked for: what is applied is always how the payment stands.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime

import httpx2

from domain.money import Money
from domain.payments.model import Notification, ProviderPayment, ProviderStatus
from domain.payments.provider import Ability, Answer, AttemptRequest, CaptureMode, Declined, ProviderUnavailable, Unknown
from gateways.payments.http import Answered, Line, in_time
from gateways.payments.methods import misshapen
from gateways.payments.strict_json import Fields
from gateways.payments.stripe_webhooks import StripeWebhooks
from gateways.payments.stripe_wire import EXPANDED, EXPANDED_IN_LISTS, Form, StripeValues, StripeWire
from gateways.payments.stripe_words import ELEMENT, FAILED_REFUNDS, NAME, REFERENCE, UNITS, has_more_refunds, payment_of

_METHOD = re.compile(r"(?:pm|ctoken)_[A-Za-z0-9_]{1,120}\Z")
_KEPT = re.compile(r"(cus_[A-Za-z0-9]{1,64})/(pm_[A-Za-z0-9_]{1,120})\Z")
_ABILITIES = frozenset(
    {
        Ability.MANUAL_CAPTURE,
        Ability.PARTIAL_CAPTURE,
        Ability.REFUND,
        Ability.PARTIAL_REFUND,
        Ability.CANCEL,
        Ability.SAVED_METHODS,
        Ability.LISTING,
    }
)


class StripeProvider:
    """The provider port over Stripe's API. Holds no state but its circuit; the client is the process's, and closed by it."""

    name = NAME
    abilities = _ABILITIES
    methods: tuple[str, ...] = ()
    currencies = UNITS.currencies

    def __init__(self, client: httpx2.AsyncClient, values: StripeValues) -> None:
        self.line = Line(client, total_seconds=values.total_seconds)
        self._wire = StripeWire(self.line, values)
        self._webhooks = StripeWebhooks(values.webhook_secrets)
        self.account = values.account

    @in_time
    async def create(self, request: AttemptRequest) -> Answer:
        if (refusal := UNITS.refusal(request.amount)) is not None:
            return refusal
        by = await self._payer(request)
        if isinstance(by, Declined | Unknown):
            return by
        form: Form = {
            "amount": UNITS.whole(request.amount),
            "currency": request.amount.currency.lower(),
            "capture_method": "manual" if request.capture is CaptureMode.MANUAL else "automatic",
            "description": f"Order {request.order_number}",
            "metadata[attempt]": request.attempt_key,
            "metadata[order]": request.order_number,
            "return_url": request.return_url if "confirm" in by else None,
            **by,
            **EXPANDED,
        }
        answer = await self._wire.answer(await self._wire.post("/payment_intents", form, key=request.attempt_key))
        payment = answer.payment if isinstance(answer, Declined) else answer
        if isinstance(payment, ProviderPayment) and (payment.attempt_key, payment.amount) != (
            request.attempt_key,
            request.amount,
        ):
            return Unknown(reason=f"asked for {request.amount} and told of {payment.amount}, {payment.reference}")
        return answer

    @in_time
    async def capture(self, reference: str, amount: Money, key: str) -> Answer:
        if (refusal := UNITS.refusal(amount)) is not None:
            return refusal
        answer = await self._move(reference, "capture", key, {"amount_to_capture": UNITS.whole(amount)})
        if isinstance(answer, ProviderPayment) and answer.captured != amount:
            return Unknown(reason=f"asked to capture {amount} and told that {answer.captured} are")
        return answer

    @in_time
    async def refund(self, reference: str, amount: Money, key: str) -> Answer:
        if not REFERENCE.match(reference):
            return Declined(code="not_found", message="there is no such payment")
        if (refusal := UNITS.refusal(amount)) is not None:
            return refusal
        form: Form = {"payment_intent": reference, "amount": UNITS.whole(amount), "metadata[refund]": key}
        if (problem := self._refund_problem(await self._wire.post("/refunds", form, key=key))) is not None:
            return problem
        answer = await self.fetch(reference)
        if isinstance(answer, ProviderPayment) and answer.refunded < amount:
            return Unknown(reason=f"asked to refund {amount} and told that {answer.refunded} are")
        return answer or Unknown(reason="the payment is gone")

    @in_time
    async def cancel(self, reference: str, key: str) -> Answer:
        answer = await self._move(reference, "cancel", key, {})
        if isinstance(answer, ProviderPayment) and answer.status is not ProviderStatus.CANCELLED:
            return Unknown(reason=f"asked to cancel and told of {answer.status.value}")
        return answer

    @in_time
    async def find(self, attempt_key: str) -> ProviderPayment | Unknown | None:
        """By Stripe's search, which may be a minute behind; what it does not know yet is among the newest payments."""
        query = {"query": f"metadata['attempt']:'{attempt_key.replace(chr(39), '')}'"}
        for path, params in (("/payment_intents/search", query), ("/payment_intents", {})):
            page = await self._wire.payments(path, params)
            if isinstance(page, Unknown):
                return page
            found = [payment for payment in page if payment.attempt_key == attempt_key]
            if len(found) > 1:
                return Unknown(reason=f"{len(found)} payments stand under one attempt")
            if found:
                return await self.fetch(found[0].reference)
        return None

    @in_time
    async def fetch(self, reference: str) -> ProviderPayment | Unknown | None:
        if not REFERENCE.match(reference):
            return None
        got = await self._wire.get(f"/payment_intents/{reference}", EXPANDED)
        if isinstance(got, Answered) and got.status == 404:
            return None
        answer = await self._wire.answer(got, reference)
        return Unknown(reason=f"refused: {answer.code}") if isinstance(answer, Declined) else answer

    async def proceed(self, reference: str) -> ProviderPayment | Unknown | None:
        return await self.fetch(reference)

    async def forget_method(self, token: str) -> Declined | Unknown | None:
        kept = _KEPT.match(token)
        if kept is None:
            return None
        got = await self._wire.post(f"/payment_methods/{kept[2]}/detach", {})
        if isinstance(got, Unknown):
            return got
        # 400: it is attached to nobody, as after an earlier call.
        return None if got.status in {200, 400, 404} else Unknown(reason=f"the provider answered {got.status}")

    async def list_since(self, since: datetime) -> AsyncIterator[ProviderPayment]:
        """What was made since; then what was refunded or disputed since, whenever it was made."""
        made_since = {"created[gte]": str(int(since.timestamp()))}
        async for page in self._wire.pages("/payment_intents", {**made_since, **EXPANDED_IN_LISTS}):
            for each in page:
                payment = await self._shown(each)
                if payment is not None:
                    yield payment
        for path in ("/refunds", "/disputes"):
            async for page in self._wire.pages(path, made_since):
                for reference in {each.text_or_none("payment_intent") for each in page} - {None}:
                    changed = _told(await self.fetch(reference or ""))
                    if changed is not None:
                        yield changed

    async def _shown(self, intent: Fields) -> ProviderPayment | None:
        """A payment of a list; one with more refunds than lists show is looked at by itself. Raises ProviderUnavailable."""
        try:
            if not has_more_refunds(intent):
                return payment_of(intent, account=self.account)
            return _told(await self.fetch(intent.text("id")))
        except ValueError as error:
            raise ProviderUnavailable(f"an answer that cannot be read: {error}") from error

    async def read_notification(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notification | None:
        return self._webhooks.read(body, headers, now)

    async def _payer(self, request: AttemptRequest) -> Form | Declined | Unknown:
        """Who pays with what: a kept method, a token of the browser's, or whatever is chosen in Stripe's element there."""
        if request.saved_method is not None:
            kept = _KEPT.match(request.saved_method)
            if kept is None:
                return Declined(code="method_gone", message="This method is not kept any more.")
            return {"customer": kept[1], "payment_method": kept[2], "confirm": True}
        by: Form
        if request.method in {"", ELEMENT}:
            by = {"metadata[method]": ELEMENT}
        elif (refusal := misshapen(request.method, _METHOD)) is not None:
            return refusal
        else:
            by = {
                "confirmation_token" if request.method.startswith("ctoken_") else "payment_method": request.method,
                "confirm": True,
            }
        by = {**by, "automatic_payment_methods[enabled]": True}
        if not request.keep_method or request.customer_key is None:
            return by
        owner = await self._customer(request)
        return owner if isinstance(owner, Unknown) else {**by, "customer": owner, "setup_future_usage": "on_session"}

    async def _customer(self, request: AttemptRequest) -> str | Unknown:
        """A customer of Stripe's to keep the method for; one an attempt, for it is the method that is found again."""
        form: Form = {
            "email": request.buyer.email,
            "name": request.buyer.name or None,
            "metadata[customer]": request.customer_key,
        }
        got = await self._wire.post("/customers", form, key=f"{request.attempt_key}:customer")
        if isinstance(got, Unknown):
            return got
        try:
            return got.fields.text("id") if got.status == 200 else Unknown(reason=f"no customer: answered {got.status}")
        except ValueError as error:
            return Unknown(reason=f"an answer that cannot be read: {error}")

    async def _move(self, reference: str, deed: str, key: str, form: Form) -> Answer:
        # A reference goes into a path: nothing that came from elsewhere may choose what our key is sent to.
        if not REFERENCE.match(reference):
            return Declined(code="not_found", message="there is no such payment")
        got = await self._wire.post(f"/payment_intents/{reference}/{deed}", {**form, **EXPANDED}, key=key)
        return await self._wire.answer(got, reference)

    def _refund_problem(self, got: Answered | Unknown) -> Declined | Unknown | None:
        """What came of a refund other than that it is made, or on its way to a bank."""
        if isinstance(got, Unknown):
            return got
        try:
            if got.status >= 300:
                return self._wire.refusal(got)
            if got.fields.text_or_none("status") not in FAILED_REFUNDS:
                return None
            code = got.fields.text_or_none("failure_reason") or "refund_failed"
        except ValueError as error:
            return Unknown(reason=f"an answer that cannot be read: {error}")
        return Declined(code=code, message="Stripe could not give the money back.")


def _told(seen: ProviderPayment | Unknown | None) -> ProviderPayment | None:
    if isinstance(seen, Unknown):
        raise ProviderUnavailable(seen.reason)
    return seen
