"""Square's API as it is spoken: JSON both ways, keys in the body, lists by cursor."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from domain.payments.model import Dispute, ProviderPayment
from domain.payments.provider import Answer, Declined, ProviderUnavailable, Unknown
from gateways.payments.http import TOTAL_SECONDS, Answered, Call, Line
from gateways.payments.square_words import REFUNDS_MAX, payment_of, reference_of, refused_of
from gateways.payments.strict_json import Fields

API_VERSION = "2025-01-23"
PAGE = 100
_PAGES_MAX = 500
_REFUSALS = frozenset({400, 402, 404, 422})
"""What says for certain that nothing was done. Not 401, 403 or 409: an earlier call may have charged."""
_BUSY = frozenset({409})


@dataclass(frozen=True, slots=True, kw_only=True)
class SquareValues:
    """Our location and what signs its webhooks. No webhook secret turns notifications off; two are for a change.

    `notification_url` is the address that is set for webhooks with Square, to the letter: it is signed along.
    """

    access_token: str = field(repr=False)
    location_id: str
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)
    notification_url: str = ""
    url: str = "https://connect.squareup.com"
    total_seconds: float = TOTAL_SECONDS


class SquareWire:
    """One location's calls."""

    def __init__(self, line: Line, values: SquareValues) -> None:
        self._line = line
        self._values = values

    async def pay(self, body: Mapping[str, object]) -> Answered | Unknown:
        """Makes a payment at our location."""
        return await self.post("/payments", {**body, "location_id": self._values.location_id})

    async def post(self, path: str, body: Mapping[str, object]) -> Answered | Unknown:
        """Does something; while the same key is being worked on, it waits."""
        call = Call(method="POST", url=f"{self._values.url}/v2{path}", headers=self._headers(), body=body)
        return await self._line.ask(call, busy=_BUSY)

    async def get(self, path: str, params: Mapping[str, str]) -> Answered | Unknown:
        """Reads something."""
        return await self._line.ask(
            Call(method="GET", url=f"{self._values.url}/v2{path}", headers=self._headers(), params=params)
        )

    async def refunds(self, got: Answered | Unknown) -> Sequence[Fields] | Unknown:
        """The refunds that an answer's payment names: they tell which of them failed after all."""
        found: list[Fields] = []
        try:
            payment = got.fields.inner_or_none("payment") if isinstance(got, Answered) and got.status < 300 else None
            for own_id in [] if payment is None else payment.texts_or_none("refund_ids", most=REFUNDS_MAX):
                told = await self.get(f"/refunds/{reference_of(own_id)}", {})
                if isinstance(told, Unknown) or told.status != 200:
                    return told if isinstance(told, Unknown) else Unknown(reason=f"no refund: answered {told.status}")
                found.append(told.fields.inner("refund"))
        except ValueError as error:
            return Unknown(reason=f"an answer that cannot be read: {error}")
        return found

    def payment(
        self,
        got: Answered | Unknown,
        *,
        reference: str | None = None,
        refunds: Sequence[Fields] = (),
        dispute: Dispute | None = None,
    ) -> Answer:
        """Square's word on one payment. Another than the one asked about is Unknown."""
        if isinstance(got, Unknown):
            return got
        try:
            if got.status >= 300:
                return self.refusal(got)
            payment: ProviderPayment = payment_of(got.fields.inner("payment"), refunds=refunds, dispute=dispute)
        except ValueError as error:
            return Unknown(reason=f"an answer that cannot be read: {error}")
        if reference not in {None, payment.reference} or payment.account != self._values.location_id:
            return Unknown(reason=f"told of {payment.reference} of {payment.account} instead of ours")
        return payment

    def refusal(self, got: Answered) -> Declined | Unknown:
        """What a 4xx says. Raises ValueError."""
        refused = refused_of(got.fields) if got.status in _REFUSALS else None
        return refused or Unknown(reason=f"the provider answered {got.status}")

    async def pages(self, path: str, name: str, params: Mapping[str, str]) -> AsyncIterator[Fields]:
        """All items of a list, oldest first. Raises ProviderUnavailable when a page cannot be had."""
        cursor: str | None = None
        for _ in range(_PAGES_MAX):
            asked = {**params, "location_id": self._values.location_id, "sort_order": "ASC", "limit": str(PAGE)}
            got = await self.get(path, asked if cursor is None else {**asked, "cursor": cursor})
            if isinstance(got, Unknown):
                raise ProviderUnavailable(got.reason)
            if got.status != 200:
                raise ProviderUnavailable(f"the provider answered {got.status}")
            try:
                items, cursor = got.fields.many_or_none(name, most=PAGE), got.fields.text_or_none("cursor")
            except ValueError as error:
                raise ProviderUnavailable(f"an answer that cannot be read: {error}") from error
            for item in items:
                yield item
            if cursor is None:
                return
        raise ProviderUnavailable(f"a list of more than {_PAGES_MAX} pages")

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._values.access_token}", "square-version": API_VERSION}
