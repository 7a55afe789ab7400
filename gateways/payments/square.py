"""Square by its Payments API: what our requests are in its words, and which of its answers are believed.

A notification only names its payment, which is then asked for: what is applied is always how the payment stands.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2

from domain.money import Money
from domain.payments.model import Dispute, KeptMethod, Notification, ProviderPayment, ProviderStatus
from domain.payments.provider import Ability, Answer, AttemptRequest, CaptureMode, Declined, ProviderUnavailable, Unknown
from gateways.payments.attempt_time import made_at
from gateways.payments.http import Answered, Line, in_time
from gateways.payments.methods import misshapen
from gateways.payments.square_webhooks import SquareWebhooks
from gateways.payments.square_wire import SquareValues, SquareWire
from gateways.payments.square_words import (
    FAILED_REFUNDS,
    NAME,
    REFERENCE,
    REFUNDS_MAX,
    UNITS,
    dispute_of,
    kept_of,
    money_as,
    payment_of,
    reference_of,
)

_METHOD = re.compile(r"(?:cnon|wnon|ccof|bnon):[A-Za-z0-9_:-]{1,160}\Z|(?:cnon|wnon|ccof|bnon)[A-Za-z0-9_-]{1,160}\Z")
_KEPT = re.compile(r"([A-Za-z0-9_-]{1,64})/(ccof:[A-Za-z0-9_:-]{1,160})\Z")
_DISPUTE = re.compile(r"dispute/([A-Za-z0-9_-]{1,64})\Z")
_SEARCHED = timedelta(minutes=1)
_ABILITIES = frozenset(
    {
        Ability.MANUAL_CAPTURE,
        Ability.REFUND,
        Ability.PARTIAL_REFUND,
        Ability.CANCEL,
        Ability.SAVED_METHODS,
        Ability.LISTING,
    }
)
_NOT_FOUND = Declined(code="not_found", message="there is no such payment")


class SquareProvider:
    """The provider port over Square's API. Holds no state but its circuit; the client is the process's, and closed by it."""

    name = NAME
    abilities = _ABILITIES
    methods: tuple[str, ...] = ()
    currencies = UNITS.currencies

    def __init__(self, client: httpx2.AsyncClient, values: SquareValues) -> None:
        self.line = Line(client, total_seconds=values.total_seconds)
        self._wire = SquareWire(self.line, values)
        self._webhooks = SquareWebhooks(values)
        self.account = values.location_id

    @in_time
    async def create(self, request: AttemptRequest) -> Answer:
        if (refusal := UNITS.refusal(request.amount)) is not None:
            return refusal
        body: dict[str, object] = {
            "idempotency_key": request.attempt_key,
            "reference_id": request.attempt_key,
            "amount_money": money_as(request.amount),
            "autocomplete": request.capture is CaptureMode.AUTOMATIC,
            "note": f"Order {request.order_number}",
            "buyer_email_address": request.buyer.email,
        }
        customer: str | None = None
        if request.saved_method is not None:
            saved = _KEPT.match(request.saved_method)
            if saved is None:
                return Declined(code="method_gone", message="This method is not kept any more.")
            body |= {"customer_id": saved[1], "source_id": saved[2]}
        elif (refusal := misshapen(request.method, _METHOD)) is not None:
            return refusal
        else:
            body |= {"source_id": request.method}
            if request.keep_method and request.customer_key is not None:
                customer = await self._customer(request)
                body |= {} if customer is None else {"customer_id": customer}
        answer = self._wire.payment(await self._wire.pay(body))
        payment = answer.payment if isinstance(answer, Declined) else answer
        if isinstance(payment, ProviderPayment) and (payment.attempt_key, payment.amount) != (
            request.attempt_key,
            request.amount,
        ):
            return Unknown(reason=f"asked for {request.amount} and told of {payment.amount}, {payment.reference}")
        if customer is None or not isinstance(answer, ProviderPayment):
            return answer
        return await self._with_card(answer, customer)

    @in_time
    async def capture(self, reference: str, amount: Money, key: str) -> Answer:
        del key  # completing is of the whole payment, and so safe to repeat
        seen = await self.fetch(reference)
        if not isinstance(seen, ProviderPayment):
            return seen or _NOT_FOUND
        if seen.amount.currency != amount.currency or seen.amount < amount:
            return Declined(code="amount_too_large", message="More than was authorised.")
        if amount < seen.amount:
            return Declined(code="unsupported", message="Square takes the whole of what was authorised.")
        if seen.captured.minor:
            return seen
        return await self._ended(reference, "complete", ProviderStatus.CAPTURED)

    @in_time
    async def refund(self, reference: str, amount: Money, key: str) -> Answer:
        if not REFERENCE.match(reference):
            return _NOT_FOUND
        if (refusal := UNITS.refusal(amount)) is not None:
            return refusal
        body = {"idempotency_key": key, "payment_id": reference, "amount_money": money_as(amount)}
        if (problem := self._refund_problem(await self._wire.post("/refunds", body))) is not None:
            return problem
        answer = await self.fetch(reference)
        if isinstance(answer, ProviderPayment) and answer.refunded < amount:
            return Unknown(reason=f"asked to refund {amount} and told that {answer.refunded} are")
        return answer or Unknown(reason="the payment is gone")

    @in_time
    async def cancel(self, reference: str, key: str) -> Answer:
        del key
        return await self._ended(reference, "cancel", ProviderStatus.CANCELLED) if REFERENCE.match(reference) else _NOT_FOUND

    @in_time
    async def find(self, attempt_key: str) -> ProviderPayment | Unknown | None:
        """Among all payments since the attempt was made: Square does not search by our key."""
        since = (made_at(attempt_key) or datetime.now(UTC) - timedelta(days=1)) - _SEARCHED
        found: list[ProviderPayment] = []
        try:
            async for payment in self._made_since(since):
                if payment.attempt_key == attempt_key:
                    found.append(payment)  # noqa: PERF401 -- the whole list is read all the same: two are none
        except ProviderUnavailable as unavailable:
            return Unknown(reason=str(unavailable))
        if len(found) > 1:
            return Unknown(reason=f"{len(found)} payments stand under one attempt")
        return found[0] if found else None

    @in_time
    async def fetch(self, reference: str) -> ProviderPayment | Unknown | None:
        disputed = _DISPUTE.match(reference)
        if disputed is not None:
            return await self._disputed(disputed[1])
        if not REFERENCE.match(reference):
            return None
        return await self._seen(reference)

    async def proceed(self, reference: str) -> ProviderPayment | Unknown | None:
        return await self.fetch(reference)

    async def forget_method(self, token: str) -> Declined | Unknown | None:
        kept = _KEPT.match(token)
        if kept is None:
            return None
        got = await self._wire.post(f"/cards/{kept[2]}/disable", {})
        if isinstance(got, Unknown):
            return got
        # 400: it is disabled already.
        return None if got.status in {200, 400, 404} else Unknown(reason=f"the provider answered {got.status}")

    async def list_since(self, since: datetime) -> AsyncIterator[ProviderPayment]:
        """What was made since; then what was refunded since, whenever it was made."""
        async for payment in self._made_since(since):
            yield payment
        async for refund in self._wire.pages("/refunds", "refunds", {"begin_time": since.isoformat()}):
            answer = await self.fetch(refund.text_or_none("payment_id") or "")
            if isinstance(answer, Unknown):
                raise ProviderUnavailable(answer.reason)
            if answer is not None:
                yield answer

    async def read_notification(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notification | None:
        return self._webhooks.read(body, headers, now)

    async def _customer(self, request: AttemptRequest) -> str | None:
        """A customer of Square's to keep the card for; without one it is paid all the same, and not kept."""
        key = f"{request.attempt_key}-c"
        body = {"idempotency_key": key, "email_address": request.buyer.email, "reference_id": request.customer_key}
        got = await self._wire.post("/customers", body)
        try:
            made = isinstance(got, Answered) and got.status == 200
            return reference_of(got.fields.inner("customer").text("id")) if isinstance(got, Answered) and made else None
        except ValueError:
            return None

    async def _with_card(self, payment: ProviderPayment, customer: str) -> ProviderPayment:
        """The payment with the card that it was made with, kept; without, when that could not be done."""
        key = f"{payment.attempt_key}-k"
        body = {"idempotency_key": key, "source_id": payment.reference, "card": {"customer_id": customer}}
        got = await self._wire.post("/cards", body)
        kept: KeptMethod | None = None
        try:
            if isinstance(got, Answered) and got.status == 200:
                kept = kept_of(got.fields.inner("card"), customer=customer)
        except ValueError:
            kept = None
        return payment if kept is None else replace(payment, kept=kept)

    async def _ended(self, reference: str, deed: str, wanted: ProviderStatus) -> Answer:
        """A deed that has no key, because it can be done once only: one that was done before is as good."""
        answer = self._wire.payment(await self._wire.post(f"/payments/{reference}/{deed}", {}), reference=reference)
        if isinstance(answer, Declined):
            seen = await self.fetch(reference)
            return seen if isinstance(seen, ProviderPayment) and seen.status is wanted else answer
        if isinstance(answer, ProviderPayment) and answer.status is not wanted:
            return Unknown(reason=f"asked to {deed} and told of {answer.status.value}")
        return answer

    async def _made_since(self, since: datetime) -> AsyncIterator[ProviderPayment]:
        async for each in self._wire.pages("/payments", "payments", {"begin_time": since.isoformat()}):
            try:
                is_whole = not each.texts_or_none("refund_ids", most=REFUNDS_MAX)
                payment = payment_of(each) if is_whole else await self._seen(reference_of(each.text("id")))
            except ValueError as error:
                raise ProviderUnavailable(f"an answer that cannot be read: {error}") from error
            if isinstance(payment, Unknown):
                raise ProviderUnavailable(payment.reason)
            if payment is not None:
                yield payment

    async def _seen(self, reference: str, *, dispute: Dispute | None = None) -> ProviderPayment | Unknown | None:
        """A payment with its refunds; the dispute is one that is known to be about it."""
        got = await self._wire.get(f"/payments/{reference}", {})
        if isinstance(got, Answered) and got.status == 404:
            return None
        refunds = await self._wire.refunds(got)
        if isinstance(refunds, Unknown):
            return refunds
        answer = self._wire.payment(got, reference=reference, refunds=refunds, dispute=dispute)
        return Unknown(reason=f"refused: {answer.code}") if isinstance(answer, Declined) else answer

    async def _disputed(self, dispute_id: str) -> ProviderPayment | Unknown | None:
        """The payment that a dispute is about, with it."""
        got = await self._wire.get(f"/disputes/{dispute_id}", {})
        if isinstance(got, Unknown):
            return got
        if got.status != 200:
            return None if got.status == 404 else Unknown(reason=f"the provider answered {got.status}")
        try:
            fields = got.fields.inner("dispute")
            reference = reference_of(fields.inner("disputed_payment").text("payment_id"))
            return await self._seen(reference, dispute=dispute_of(fields))
        except ValueError as error:
            return Unknown(reason=f"an answer that cannot be read: {error}")

    def _refund_problem(self, got: Answered | Unknown) -> Declined | Unknown | None:
        """What came of a refund other than that it is made, or on its way."""
        if isinstance(got, Unknown):
            return got
        try:
            if got.status >= 300:
                return self._wire.refusal(got)
            has_failed = got.fields.inner("refund").text("status") in FAILED_REFUNDS
        except ValueError as error:
            return Unknown(reason=f"an answer that cannot be read: {error}")
        return Declined(code="refund_failed", message="Square could not give the money back.") if has_failed else None
