"""The sandbox provider, from our side: requests, translation of its words into ours, and its webhook signatures.

Nothing is believed that does not fit what was asked: another payment, amount, currency or account in an answer makes the
outcome unknown, and a person looks.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import httpx2

from domain.money import Currency, Money
from domain.payments.model import Notification, ProviderPayment, ProviderStatus
from domain.payments.provider import (
    Ability,
    Answer,
    AttemptRequest,
    BadNotification,
    CaptureMode,
    Declined,
    ProviderUnavailable,
    Unknown,
)
from gateways.payments.http import TOTAL_SECONDS, Answered, Call, Line
from gateways.payments.methods import misshapen
from gateways.payments.sandbox_words import NAME, REFERENCE, payment_of
from gateways.payments.strict_json import Fields, decode
from gateways.payments.webhook_signature import key_of, signed_id

_CAPTURE = {CaptureMode.AUTOMATIC: "automatic", CaptureMode.MANUAL: "manual"}
_ABOUT_PAYMENTS = ("payment.", "dispute.")
_REFUSALS = frozenset({400, 402, 404, 422})
"""What says for certain that nothing was done. Not 401 or 409: behind a wrong API key or a key that was used for another
request, an earlier call may well have charged."""
_METHOD = re.compile(r"[!-~]{1,200}\Z")
_PAGE_MAX = 1_000
_ABILITIES = frozenset(
    {
        Ability.MANUAL_CAPTURE,
        Ability.PARTIAL_CAPTURE,
        Ability.SEVERAL_CAPTURES,
        Ability.REFUND,
        Ability.PARTIAL_REFUND,
        Ability.CANCEL,
        Ability.LISTING,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxValues:
    """Where the sandbox is and what we share with it. No webhook secret turns notifications off; two are for a change."""

    url: str
    api_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(repr=False)
    account: str = "acct_sandbox"
    total_seconds: float = TOTAL_SECONDS


class SandboxProvider:
    """The provider port over the sandbox's HTTP API. Holds no state; the client is the process's, and closed by it."""

    name = NAME
    abilities = _ABILITIES
    methods: tuple[str, ...] = ()
    currencies: frozenset[Currency] | None = None

    def __init__(self, client: httpx2.AsyncClient, values: SandboxValues) -> None:
        for secret in values.webhook_secrets:
            key_of(secret)  # a secret that is no secret stops the start, rather than the first notification
        self.line = Line(client, total_seconds=values.total_seconds)
        self.account = values.account
        self._values = values

    async def create(self, request: AttemptRequest) -> Answer:
        if (refusal := misshapen(request.method, _METHOD)) is not None:
            return refusal
        body = {
            "merchant_reference": request.attempt_key,
            "order_number": request.order_number,
            "amount": request.amount.minor,
            "currency": request.amount.currency,
            "method": request.method,
            "capture": _CAPTURE[request.capture],
            "return_url": request.return_url,
            "webhook_url": request.webhook_url,
        }
        answer = self._answer(await self._post("/payments", request.attempt_key, body))
        payment = answer.payment if isinstance(answer, Declined) else answer
        if isinstance(payment, ProviderPayment) and (payment.attempt_key, payment.amount) != (
            request.attempt_key,
            request.amount,
        ):
            return Unknown(reason=f"asked for {request.amount} and told of {payment.amount}, {payment.reference}")
        return answer

    async def capture(self, reference: str, amount: Money, key: str) -> Answer:
        answer = await self._move(reference, "capture", key, amount)
        if isinstance(answer, ProviderPayment) and not amount.minor <= answer.captured.minor:
            return Unknown(reason=f"asked to capture {amount} and told that {answer.captured} are")
        return answer

    async def refund(self, reference: str, amount: Money, key: str) -> Answer:
        answer = await self._move(reference, "refund", key, amount)
        if isinstance(answer, ProviderPayment) and not amount.minor <= answer.refunded.minor:
            return Unknown(reason=f"asked to refund {amount} and told that {answer.refunded} are")
        return answer

    async def cancel(self, reference: str, key: str) -> Answer:
        answer = await self._move(reference, "cancel", key, None)
        if isinstance(answer, ProviderPayment) and answer.status is not ProviderStatus.CANCELLED:
            return Unknown(reason=f"asked to cancel and told of {answer.status.value}")
        return answer

    async def find(self, attempt_key: str) -> ProviderPayment | Unknown | None:
        got = await self._get("/payments", {"merchant_reference": attempt_key})
        if isinstance(got, Unknown):
            return got
        try:
            found = [payment_of(item) for item in got.fields.many("data", most=_PAGE_MAX)] if got.status == 200 else None
        except ValueError as error:
            return Unknown(reason=f"an answer that cannot be read: {error}")
        if found is None or any(payment.attempt_key != attempt_key for payment in found):
            return Unknown(reason=f"asked for an attempt, answered {got.status} or another")
        if len(found) > 1:
            return Unknown(reason=f"{len(found)} payments stand under one attempt")
        return found[0] if found else None

    async def fetch(self, reference: str) -> ProviderPayment | Unknown | None:
        if not REFERENCE.match(reference):
            return None
        got = await self._get(f"/payments/{reference}", {})
        if isinstance(got, Answered) and got.status == 404:
            return None
        answer = self._answer(got, reference=reference)
        return Unknown(reason=f"refused: {answer.code}") if isinstance(answer, Declined) else answer

    async def proceed(self, reference: str) -> ProviderPayment | Unknown | None:
        return await self.fetch(reference)

    async def forget_method(self, token: str) -> Declined | Unknown | None:
        del token
        return Declined(code="unsupported", message="The sandbox keeps no methods.")

    async def list_since(self, since: datetime) -> AsyncIterator[ProviderPayment]:
        params: dict[str, str] | None = {"since": since.isoformat()}
        while params is not None:
            page, params = await self._page(params)
            for payment in page:
                yield payment

    async def read_notification(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notification | None:
        message_id = signed_id(body, headers, secrets=self._values.webhook_secrets, now=now)
        try:
            fields = Fields(decode(body))
            kind, body_id = fields.text("type"), fields.text("id")
            if not kind.startswith(_ABOUT_PAYMENTS):
                return None
            payment, occurred_at = payment_of(fields.inner("payment")), fields.moment("occurred_at")
        except ValueError as error:
            raise BadNotification(str(error)) from error
        if body_id != message_id:
            raise BadNotification("the signed id is not the message's")
        return Notification(
            provider=NAME,
            notification_id=message_id,
            kind=kind,
            payment=payment,
            reference=payment.reference,
            occurred_at=occurred_at,
        )

    async def _page(self, params: Mapping[str, str]) -> tuple[Sequence[ProviderPayment], dict[str, str] | None]:
        got = await self._get("/payments", params)
        if isinstance(got, Unknown):
            raise ProviderUnavailable(got.reason)
        if got.status != 200:
            raise ProviderUnavailable(f"the provider answered {got.status}")
        try:
            page = [payment_of(item) for item in got.fields.many("data", most=_PAGE_MAX)]
            cursor = got.fields.text_or_none("next_cursor")
        except ValueError as error:
            raise ProviderUnavailable(f"an answer that cannot be read: {error}") from error
        return page, None if cursor is None else {"cursor": cursor}

    async def _move(self, reference: str, deed: str, key: str, amount: Money | None) -> Answer:
        # A reference goes into a path: nothing that came from elsewhere may choose what our key is sent to.
        if not REFERENCE.match(reference):
            return Declined(code="not_found", message="there is no such payment")
        body = {} if amount is None else {"amount": amount.minor, "currency": amount.currency}
        got = await self._post(f"/payments/{reference}/{deed}", key, body)
        answer = self._answer(got, reference=reference)
        if isinstance(answer, ProviderPayment) and amount is not None and answer.amount.currency != amount.currency:
            return Unknown(reason=f"asked in {amount.currency}, answered in {answer.amount.currency}")
        return answer

    async def _post(self, path: str, key: str, body: Mapping[str, object]) -> Answered | Unknown:
        headers = {**self._headers(), "idempotency-key": key}
        made = Call(method="POST", url=f"{self._values.url}/v1{path}", headers=headers, body=body)
        return await self.line.ask(made)

    async def _get(self, path: str, params: Mapping[str, str]) -> Answered | Unknown:
        made = Call(method="GET", url=f"{self._values.url}/v1{path}", headers=self._headers(), params=params)
        return await self.line.ask(made)

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._values.api_key}"}

    def _answer(self, got: Answered | Unknown, *, reference: str | None = None) -> Answer:
        """The provider's word on one payment. A 4xx says that nothing was done; what cannot be read says nothing."""
        if isinstance(got, Unknown):
            return got
        try:
            if got.status < 300:
                return self._own(payment_of(got.fields), reference)
            if got.status not in _REFUSALS:
                return Unknown(reason=f"the provider answered {got.status}")
            error, kept = got.fields.inner("error"), got.fields.inner_or_none("payment")
            payment = None if kept is None else payment_of(kept)
            return Declined(code=error.text("code"), message=error.text("message"), payment=payment)
        except ValueError as error:
            return Unknown(reason=f"an answer that cannot be read: {error}")

    def _own(self, payment: ProviderPayment, reference: str | None) -> Answer:
        if payment.account != self._values.account or reference not in {None, payment.reference}:
            return Unknown(reason=f"told of {payment.reference} of {payment.account} instead of ours")
        return payment
