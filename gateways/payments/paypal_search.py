"""PayPal's Transaction Search: of which captures money moved since a time, so that a lost webhook is found.

It may be three hours behind and answers for 31 days at once (https://developer.paypal.com/docs/api/transaction-search/v1/);
how each payment stands is asked of the payment itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.money import Money, currency_of, zero
from domain.payments.model import ProviderPayment, ProviderStatus
from domain.payments.provider import ProviderUnavailable
from gateways.payments.http import Answered
from gateways.payments.paypal_wire import PayPalWire
from gateways.payments.paypal_words import NAME, ORDER, UNITS
from gateways.payments.progress import versioned
from gateways.payments.strict_json import Fields

PAGE = 20
"""Few, for each of them is asked about before the next page is."""
SPAN_MAX = timedelta(days=31)
_SPAN_MIN = timedelta(minutes=1)
_PAGES_MAX = 10_000
_PAYMENTS, _ABOUT_PAYMENTS = "T00", ("T11", "T12")
"""Groups of event codes: payments, and what happened to one (reversals and refunds; chargebacks and other adjustments)."""
_STATUS = {"S": ProviderStatus.CAPTURED, "P": ProviderStatus.PENDING, "D": ProviderStatus.FAILED, "V": ProviderStatus.REFUNDED}


@dataclass(frozen=True, slots=True)
class Booked:
    """One transaction: of which capture, and the payment it tells of where it is none of our attempts'."""

    capture: str
    stranger: ProviderPayment | None


async def booked_since(wire: PayPalWire, since: datetime, until: datetime, *, account: str) -> AsyncIterator[Sequence[Booked]]:
    """What was booked from `since` to `until`, a page at a time. Raises ProviderUnavailable when a page cannot be had.

    A span with more transactions than PayPal tells at once is halved until it has few enough.
    """
    spans = _spans(since, until)
    while spans:
        start, end = spans.pop(0)
        page, pages = 1, 1
        while page <= pages:
            told = await _page(wire, start, end, page)
            if told is None:
                if end - start <= _SPAN_MIN:
                    raise ProviderUnavailable("more transactions within a minute than PayPal lists")
                middle = start + (end - start) / 2
                spans[:0] = [(start, middle), (middle, end)]
                break
            try:
                pages = told.whole_or_none("total_pages", low=0, high=_PAGES_MAX) or 0
                yield _booked(told, account)
            except ValueError as error:
                raise ProviderUnavailable(f"an answer that cannot be read: {error}") from error
            page += 1


def _spans(since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    if since >= until:
        return []
    # Times are told in whole seconds, and a span without any length is refused.
    starts = [min(since, until - timedelta(seconds=1))]
    while until - starts[-1] > SPAN_MAX:
        starts.append(starts[-1] + SPAN_MAX)
    return list(zip(starts, [*starts[1:], until], strict=True))


async def _page(wire: PayPalWire, start: datetime, end: datetime, page: int) -> Fields | None:
    """One page; None when the span has too many transactions."""
    params = {
        "start_date": _written(start),
        "end_date": _written(end),
        "fields": "transaction_info",
        "page_size": str(PAGE),
        "page": str(page),
    }
    got = await wire.get("/v1/reporting/transactions", params)
    if not isinstance(got, Answered):
        raise ProviderUnavailable(got.reason)
    if got.status == 200:
        return got.fields
    if got.status == 403:
        raise ProviderUnavailable("the application may not search transactions: switch on Transaction Search for it at PayPal")
    if got.status == 400 and got.fields.text_or_none("name") == "RESULTSET_TOO_LARGE":
        return None
    raise ProviderUnavailable(f"the provider answered {got.status}")


def _booked(told: Fields, account: str) -> list[Booked]:
    rows = [each.inner("transaction_info") for each in told.many_or_none("transaction_details", most=PAGE)]
    found = [_of_row(row, account) for row in rows]
    return [each for each in found if each is not None]


def _of_row(row: Fields, account: str) -> Booked | None:
    """None for what is about no payment, such as a payout, a conversion of currency, or a payment that went out."""
    group = row.text("transaction_event_code")[: len(_PAYMENTS)]
    if group == _PAYMENTS:
        own_id = row.text("transaction_id")
        is_income = not row.inner("transaction_amount").text("value").startswith("-")
        if not ORDER.match(own_id) or not is_income:
            return None
        if _is_key(row.text_or_none("custom_field")):
            return Booked(own_id, None)
        stranger = _stranger(row, account)
        return None if stranger is None else Booked(own_id, stranger)
    about = row.text_or_none("paypal_reference_id") or ""
    if group in _ABOUT_PAYMENTS and row.text_or_none("paypal_reference_id_type") == "TXN" and ORDER.match(about):
        return Booked(about, None)
    return None


def _stranger(row: Fields, account: str) -> ProviderPayment | None:
    """The snapshot of a payment that none of our attempts asked for; None while it came to nothing, or in a foreign currency."""
    told = row.inner("transaction_amount")
    currency = currency_of(told.text("currency_code"))
    status = _STATUS.get(row.text("transaction_status"))
    if currency not in (UNITS.currencies or ()) or status not in {ProviderStatus.CAPTURED, ProviderStatus.REFUNDED}:
        return None
    amount: Money = UNITS.of_text(told.text("value"), currency)
    return versioned(
        ProviderPayment(
            provider=NAME,
            account=account,
            reference=f"capture/{row.text('transaction_id')}",
            attempt_key=row.text_or_none("custom_field") or "",
            amount=amount,
            authorized=amount,
            captured=amount,
            refunded=amount if status is ProviderStatus.REFUNDED else zero(currency),
            status=status,
            version=0,
            created_at=row.moment("transaction_initiation_date"),
        )
    )


def _is_key(text: str | None) -> bool:
    """Whether a payment carries a key as our attempts have them."""
    try:
        return text is not None and str(UUID(text)) == text
    except ValueError:
        return False


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
