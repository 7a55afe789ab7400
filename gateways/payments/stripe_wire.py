"""Stripe's API as it is spoken: forms in, JSON out, idempotency keys in their header, lists page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from domain.payments.model import ProviderPayment
from domain.payments.provider import Answer, Declined, ProviderUnavailable, Unknown
from gateways.payments.http import TOTAL_SECONDS, Answered, Call, Line
from gateways.payments.strict_json import Fields
from gateways.payments.stripe_words import declined_of, has_more_refunds, payment_of

API_VERSION = "2025-03-31.basil"
PAGE = 100
Form = Mapping[str, str | int | bool | None]
EXPANDED = {"expand[0]": "latest_charge.balance_transaction", "expand[1]": "latest_charge.refunds"}
EXPANDED_IN_LISTS = {name: f"data.{field}" for name, field in EXPANDED.items()}
_PAGES_MAX = 1_000
_REFUSALS = frozenset({400, 402, 404})
"""What says for certain that nothing was done. Not 401, 403 or 409: an earlier call may have charged."""
_BUSY = frozenset({409})


@dataclass(frozen=True, slots=True, kw_only=True)
class StripeValues:
    """Our account and what we share with Stripe. No webhook secret turns notifications off; two are for a change."""

    api_key: str = field(repr=False)
    account: str
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    url: str = "https://api.stripe.com"
    total_seconds: float = TOTAL_SECONDS


class StripeWire:
    """One account's calls."""

    def __init__(self, line: Line, values: StripeValues) -> None:
        self._line = line
        self._values = values

    async def post(self, path: str, form: Form, *, key: str | None = None) -> Answered | Unknown:
        """Does something, once a key; while the same key is being worked on, it waits."""
        headers = self._headers() if key is None else {**self._headers(), "idempotency-key": key}
        call = Call(method="POST", url=f"{self._values.url}/v1{path}", headers=headers, form=_form(form))
        return await self._line.ask(call, busy=frozenset() if key is None else _BUSY)

    async def get(self, path: str, params: Mapping[str, str]) -> Answered | Unknown:
        """Reads something."""
        call = Call(method="GET", url=f"{self._values.url}/v1{path}", headers=self._headers(), params=params)
        return await self._line.ask(call)

    async def answer(self, got: Answered | Unknown, reference: str | None = None) -> Answer:
        """Stripe's word on one payment, with its disputes if it has any. Another payment than the one asked about is Unknown."""
        if isinstance(got, Unknown):
            return got
        try:
            if got.status >= 300:
                return self.refusal(got)
            disputes, refunds = await self._disputes(got.fields), await self._refunds(got.fields)
            if isinstance(disputes, Unknown) or isinstance(refunds, Unknown):
                return disputes if isinstance(disputes, Unknown) else Unknown(reason="no list of its refunds")
            payment = payment_of(got.fields, account=self._values.account, disputes=disputes, refunds=refunds)
        except ValueError as error:
            return Unknown(reason=f"an answer that cannot be read: {error}")
        if reference not in {None, payment.reference}:
            return Unknown(reason=f"told of {payment.reference} instead of ours")
        return payment

    def refusal(self, got: Answered) -> Declined | Unknown:
        """What a 4xx says. One about the key or about us says nothing of what was done. Raises ValueError."""
        error = got.fields.inner("error")
        if got.status not in _REFUSALS or error.text_or_none("type") == "idempotency_error":
            return Unknown(reason=f"the provider answered {got.status}")
        return declined_of(error, account=self._values.account)

    async def payments(self, path: str, params: Mapping[str, str]) -> Sequence[ProviderPayment] | Unknown:
        """The first page of a list of payments."""
        page = await self._page(path, {**params, **EXPANDED_IN_LISTS})
        if isinstance(page, Unknown):
            return page
        try:
            return [payment_of(each, account=self._values.account) for each in page.many("data", most=PAGE)]
        except ValueError as error:
            return Unknown(reason=f"an answer that cannot be read: {error}")

    async def pages(self, path: str, params: Mapping[str, str]) -> AsyncIterator[Sequence[Fields]]:
        """All pages of a list. Raises ProviderUnavailable when one cannot be had."""
        after: dict[str, str] = {}
        for _ in range(_PAGES_MAX):
            page = await self._page(path, {**params, **after})
            if isinstance(page, Unknown):
                raise ProviderUnavailable(page.reason)
            try:
                items, has_more = page.many("data", most=PAGE), page.true("has_more")
                after = {"starting_after": items[-1].text("id")} if items else {}
            except ValueError as error:
                raise ProviderUnavailable(f"an answer that cannot be read: {error}") from error
            yield items
            if not (has_more and after):
                return
        raise ProviderUnavailable(f"a list of more than {_PAGES_MAX} pages")

    async def _page(self, path: str, params: Mapping[str, str]) -> Fields | Unknown:
        got = await self.get(path, {**params, "limit": str(PAGE)})
        if isinstance(got, Unknown):
            return got
        return got.fields if got.status == 200 else Unknown(reason=f"the provider answered {got.status}")

    async def _disputes(self, intent: Fields) -> Fields | Unknown | None:
        charge = None if intent.is_text("latest_charge") else intent.inner_or_none("latest_charge")
        if charge is None or not charge.true("disputed"):
            return None
        return await self._page("/disputes", {"payment_intent": intent.text("id")})

    async def _refunds(self, intent: Fields) -> Fields | Unknown | None:
        """The refunds of a payment that has more than its charge shows."""
        if not has_more_refunds(intent):
            return None
        return await self._page("/refunds", {"payment_intent": intent.text("id")})

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._values.api_key}", "stripe-version": API_VERSION}


def _form(values: Form) -> dict[str, str]:
    """A form as Stripe reads it; what is None is left out."""
    return {
        name: value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in values.items()
        if value is not None
    }
