"""Chapa: a page where the buyer pays in birr, and verification by asking, which alone is believed.

Its transactions are known by our own key, which it takes once. Refunds are of the whole amount.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx2

from domain.money import Money
from domain.payments.model import Notification, ProviderPayment, ProviderStatus
from domain.payments.provider import (
    Ability,
    Answer,
    AttemptRequest,
    BadNotification,
    BadSignature,
    Buyer,
    CaptureMode,
    Declined,
    ProviderUnavailable,
    Unknown,
)
from gateways.payments import chapa_words
from gateways.payments.chapa_words import NAME, TX_REF, UNITS, Named, is_unpaid, listed_of, payment_of, waiting
from gateways.payments.hmac_signature import check_digest
from gateways.payments.http import TOTAL_SECONDS, Answered, Call, Line, in_time
from gateways.payments.methods import misshapen
from gateways.payments.strict_json import Fields, decode

_METHOD = re.compile(r"(?:chapa)?\Z")
_ABILITIES = frozenset({Ability.REFUND, Ability.CANCEL, Ability.LISTING})
_HEX = re.compile(r"[0-9a-fA-F]{64}\Z")
_TITLE = re.compile(r"[^A-Za-z0-9 ._-]")
_TITLE_MAX = 16
_RETRIED = timedelta(hours=72)
"""So long Chapa sends a message again. Its signature covers no time of sending, only that of the event."""
_AHEAD = timedelta(minutes=5)
_PAGE_MAX, _PAGES_MAX = 1_000, 10_000
_NOT_FOUND = Declined(code="not_found", message="there is no such payment")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapaValues:
    """Our account and what signs its webhooks. No webhook secret turns notifications off; two are for a change."""

    secret_key: str = field(repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    url: str = "https://api.chapa.co"
    total_seconds: float = TOTAL_SECONDS


class ChapaProvider:
    """The provider port over Chapa's API. Holds no state but its circuit; the client is the process's, and closed by it."""

    name = NAME
    account = NAME
    abilities = _ABILITIES
    methods: tuple[str, ...] = ()
    currencies = UNITS.currencies

    def __init__(self, client: httpx2.AsyncClient, values: ChapaValues) -> None:
        self.line = Line(client, total_seconds=values.total_seconds)
        self._values = values

    @in_time
    async def create(self, request: AttemptRequest) -> Answer:
        if (refusal := UNITS.refusal(request.amount) or misshapen(request.method, _METHOD)) is not None:
            return refusal
        if request.capture is CaptureMode.MANUAL or request.keep_method or request.saved_method is not None:
            return Declined(code="unsupported", message="Chapa takes the whole amount at once, and keeps no methods.")
        if not TX_REF.match(request.attempt_key):
            return Declined(code="bad_request", message="This key is none that Chapa takes.")
        return await self._initialize(request)

    async def capture(self, reference: str, amount: Money, key: str) -> Answer:
        del reference, amount, key
        return Declined(code="unsupported", message="Chapa takes the whole amount at once.")

    @in_time
    async def refund(self, reference: str, amount: Money, key: str) -> Answer:
        named = Named.of(reference)
        if named is None or named.amount is None:
            return _NOT_FOUND
        if named.amount.currency != amount.currency or named.amount < amount:
            return Declined(code="amount_too_large", message="More than was paid.")
        if amount < named.amount:
            return Declined(code="unsupported", message="Chapa gives back whole payments only.")
        return await self._refunded(named, await self.fetch(reference), key)

    @in_time
    async def cancel(self, reference: str, key: str) -> Answer:
        del key
        named = Named.of(reference)
        if named is None:
            return _NOT_FOUND
        seen = await self.fetch(reference)
        if not isinstance(seen, ProviderPayment) or seen.status is ProviderStatus.CANCELLED:
            return seen or _NOT_FOUND
        if seen.status is not ProviderStatus.REQUIRES_ACTION:
            return Declined(code="wrong_state", message="It has ended already.", payment=seen)
        got = await self._ask("PUT", f"/transaction/cancel/{named.tx_ref}")
        if isinstance(got, Answered) and got.status < 300:
            return chapa_words.as_cancelled(seen)
        again = await self.fetch(reference)
        if isinstance(again, ProviderPayment) and again.status is not ProviderStatus.REQUIRES_ACTION:
            return Declined(code="wrong_state", message="It has ended meanwhile.", payment=again)
        return Unknown(reason="the page could not be closed")

    @in_time
    async def find(self, attempt_key: str) -> ProviderPayment | Unknown | None:
        """A page whose address we were never told is one that nobody can pay: such an attempt counts as none."""
        seen = await self._verified(Named(tx_ref=attempt_key, amount=None)) if TX_REF.match(attempt_key) else None
        return seen if isinstance(seen, ProviderPayment | Unknown) else None

    async def fetch(self, reference: str) -> ProviderPayment | Unknown | None:
        named = Named.of(reference)
        if named is None:
            return None
        seen = await self._verified(named)
        if not isinstance(seen, _Unpaid):
            return seen
        return Unknown(reason="not paid, and of an unknown amount") if named.amount is None else waiting(named)

    async def proceed(self, reference: str) -> ProviderPayment | Unknown | None:
        return await self.fetch(reference)

    async def forget_method(self, token: str) -> Declined | Unknown | None:
        del token
        return Declined(code="unsupported", message="Chapa keeps no methods.")

    async def list_since(self, since: datetime) -> AsyncIterator[ProviderPayment]:
        """Those begun since; what became later of older ones Chapa's list tells only where they stand in it."""
        for number in range(1, _PAGES_MAX + 1):
            try:
                rows, is_last = await self._page(number)
                begun = [each.moment("created_at") for each in rows]
                payments = [listed_of(each) for each in rows]
            except ValueError as error:
                raise ProviderUnavailable(f"an answer that cannot be read: {error}") from error
            for payment in payments:
                if payment is not None and payment.created_at >= since:
                    yield payment
            # In which order they come is not documented: only after what grows older there is nothing to be missed.
            grows_older = begun == sorted(begun, reverse=True)
            if is_last or (grows_older and begun[-1] < since):
                return
        raise ProviderUnavailable(f"a list of more than {_PAGES_MAX} pages")

    async def read_notification(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notification | None:
        given = headers.get("x-chapa-signature", "")
        if not _HEX.match(given):
            raise BadSignature("x-chapa-signature is missing or misshapen")
        check_digest(body, binascii.unhexlify(given), secrets=self._values.webhook_secrets, body=body)
        try:
            fields = Fields(decode(body))
            kind = fields.text("event")
            if not kind.startswith("charge."):
                return None
            tx_ref, changed_at = fields.text("tx_ref"), fields.moment("updated_at")
        except ValueError as error:
            raise BadNotification(str(error)) from error
        if not -_AHEAD <= now - changed_at <= _RETRIED:
            raise BadSignature("about something of another time")
        if not TX_REF.match(tx_ref):
            return None
        return Notification(
            provider=NAME,
            notification_id=f"{kind}:{tx_ref}:{changed_at.isoformat()}",
            kind=kind,
            payment=None,
            reference=tx_ref,
            occurred_at=changed_at,
        )

    async def _initialize(self, request: AttemptRequest) -> Answer:
        named = Named(tx_ref=request.attempt_key, amount=request.amount)
        title = _TITLE.sub("", f"Order {request.order_number}")[:_TITLE_MAX]
        body = {
            "amount": UNITS.text(request.amount),
            "currency": request.amount.currency,
            "tx_ref": named.tx_ref,
            "return_url": request.return_url,
            "customization": {"title": title},
            **_of_buyer(request.buyer),
        }
        got = await self._ask("POST", "/transaction/initialize", body=body)
        if isinstance(got, Unknown):
            return got
        try:
            if got.status < 300:
                return waiting(named, url=got.fields.inner("data").text("checkout_url"))
        except ValueError as error:
            return Unknown(reason=f"an answer that cannot be read: {error}")
        if got.status not in {400, 422}:
            return Unknown(reason=f"the provider answered {got.status}")
        # Refused: because the key was used by an earlier call, whose page we do not know, or for good.
        known = await self._verified(named)
        if known is None:
            return Declined(code="bad_request", message=_message(got))
        return known if isinstance(known, Unknown) else Unknown(reason="this key was used already")

    async def _refunded(self, named: Named, seen: ProviderPayment | Unknown | None, key: str) -> Answer:
        if isinstance(seen, Unknown):
            return seen
        if seen is None or not seen.captured.minor:
            return Declined(code="wrong_state", message="Nothing was paid.")
        form = {"reason": "Refund", "amount": UNITS.text(seen.amount), "reference": key}
        got = await self._ask("POST", f"/refund/{named.tx_ref}", form=form)
        if isinstance(got, Unknown):
            return got
        if got.status >= 300 and got.status not in {400, 404, 422}:
            return Unknown(reason=f"the provider answered {got.status}")
        # Whole payments are refunded, and each once: what was already refunded is what we asked for.
        if got.status < 300 or "already" in _message(got).lower():
            return chapa_words.as_refunded(seen)
        return Declined(code="refund_failed", message=_message(got))

    async def _verified(self, named: Named) -> ProviderPayment | _Unpaid | Unknown | None:
        got = await self._ask("GET", f"/transaction/verify/{named.tx_ref}")
        if isinstance(got, Unknown):
            return got
        try:
            if is_unpaid(got.fields) and got.status in {200, 400, 404}:
                return _Unpaid()
            if got.status == 404:
                return None
            if got.status != 200:
                return Unknown(reason=f"the provider answered {got.status}")
            return payment_of(got.fields.inner("data"), tx_ref=named.tx_ref)
        except ValueError as error:
            return Unknown(reason=f"an answer that cannot be read: {error}")

    async def _page(self, number: int) -> tuple[list[Fields], bool]:
        """A page of the list, and whether it is the last. Raises ValueError and ProviderUnavailable."""
        got = await self._ask("GET", "/transactions", params={"page": str(number)})
        if isinstance(got, Unknown):
            raise ProviderUnavailable(got.reason)
        if got.status != 200:
            raise ProviderUnavailable(f"the provider answered {got.status}")
        data = got.fields.inner("data")
        rows = data.many("transactions", most=_PAGE_MAX)
        return rows, not rows or data.inner("pagination").text_or_none("next_page_url") is None

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Answered | Unknown:
        headers = {"authorization": f"Bearer {self._values.secret_key}"}
        url = f"{self._values.url}/v1{path}"
        return await self.line.ask(Call(method=method, url=url, headers=headers, params=params, body=body, form=form))


class _Unpaid:
    """Chapa knows the transaction, and nobody has paid it."""


def _message(got: Answered) -> str:
    """What Chapa says; of a form that it refuses it tells each field's fault, which is for nobody but us."""
    return (got.fields.text_or_none("message") if got.fields.is_text("message") else None) or "Refused."


def _of_buyer(buyer: Buyer) -> dict[str, str]:
    first, _, last = buyer.name.strip().partition(" ")
    told = {"email": buyer.email, "first_name": first, "last_name": last}
    if buyer.phone is not None and buyer.phone.startswith("+251"):
        told["phone_number"] = "0" + buyer.phone.removeprefix("+251")
    return {name: value for name, value in told.items() if value}
