"""Square's JSON in our words: payments, kept cards, disputes and errors; ValueError where it is not as documented.

Amounts are ISO 4217's smallest units.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from domain.money import MINOR_MAX, Currency, Money, currency_of, sum_of, zero
from domain.payments.model import Dispute, DisputeStatus, KeptMethod, MethodShown, ProviderPayment, ProviderStatus
from domain.payments.provider import Declined
from gateways.payments.progress import versioned
from gateways.payments.strict_json import Fields
from gateways.payments.units import Units

NAME = "square"
REFERENCE = re.compile(r"[A-Za-z0-9_-]{8,192}\Z")
UNITS = Units(currencies=frozenset(Currency(code) for code in "AUD CAD EUR GBP JPY USD".split()))
REFUNDS_MAX = 100
FAILED_REFUNDS = frozenset({"REJECTED", "FAILED"})
_MANY = 100
_STATUS = {
    "APPROVED": ProviderStatus.AUTHORIZED,
    "PENDING": ProviderStatus.PENDING,
    "COMPLETED": ProviderStatus.CAPTURED,
    "CANCELED": ProviderStatus.CANCELLED,
    "FAILED": ProviderStatus.FAILED,
}
_DISPUTE = {
    "WON": DisputeStatus.WON,
    "INQUIRY_CLOSED": DisputeStatus.WON,
    "LOST": DisputeStatus.LOST,
    "ACCEPTED": DisputeStatus.LOST,
}
_CODES = {
    "INSUFFICIENT_FUNDS": "insufficient_funds",
    "CARD_DECLINED_VERIFICATION_REQUIRED": "authentication_failed",
    "REFUND_AMOUNT_INVALID": "amount_too_large",
    "PAYMENT_NOT_REFUNDABLE": "wrong_state",
    "INVALID_PAYMENT_STATUS": "wrong_state",
    "NOT_FOUND": "not_found",
}
_UNDECIDED = frozenset({"IDEMPOTENCY_KEY_REUSED", "REFUND_ALREADY_PENDING", "CONFLICT"})
"""Refusals that say nothing of what an earlier call did."""


def payment_of(
    fields: Fields, *, refunds: Sequence[Fields] = (), dispute: Dispute | None = None, kept: KeptMethod | None = None
) -> ProviderPayment:
    """A payment as a snapshot; its account is the location that took it. `refunds` are all of its refunds."""
    amount = money_of(fields.inner("amount_money"))
    nothing = zero(amount.currency)
    word = fields.text("status")
    if word not in _STATUS:
        raise ValueError(f"{word[:40]!r} is no status of a payment")
    captured = amount if word == "COMPLETED" else nothing
    given_back = fields.inner_or_none("refunded_money")
    refunded, came_back = nothing if given_back is None else money_of(given_back), nothing
    if refunds:
        refunded, came_back = (
            sum_of(
                (money_of(r.inner("amount_money")) for r in refunds if (r.text("status") in FAILED_REFUNDS) is f),
                nothing.currency,
            )
            for f in (False, True)
        )
    if refunded.currency != amount.currency or captured < refunded:
        raise ValueError("the figures do not fit each other")
    status = _STATUS[word]
    if refunded.minor:
        status = ProviderStatus.REFUNDED if refunded == captured else ProviderStatus.PARTIALLY_REFUNDED
    has_failed = status is ProviderStatus.FAILED
    return versioned(
        ProviderPayment(
            provider=NAME,
            account=fields.text("location_id"),
            reference=reference_of(fields.text("id")),
            attempt_key=fields.text_or_none("reference_id") or "",
            amount=amount,
            authorized=amount if word in {"APPROVED", "COMPLETED"} else nothing,
            captured=captured,
            refunded=refunded,
            came_back=came_back,
            status=status,
            version=0,
            failure_code="card_declined" if has_failed else None,
            failure_message="Square did not take the payment." if has_failed else None,
            method=_shown(fields),
            kept=kept,
            fee=_fee(fields),
            dispute=dispute,
            created_at=fields.moment("created_at"),
        )
    )


def kept_of(card: Fields, *, customer: str) -> KeptMethod:
    """A card on file."""
    year, month = card.whole("exp_year", low=2000, high=9998), card.whole("exp_month", low=1, high=12)
    return KeptMethod(
        token=f"{customer}/{card.text('id')}",
        shown=MethodShown(brand=card.text("card_brand").lower(), last4=card.text("last_4")),
        expires_on=date.fromordinal(date(year + month // 12, month % 12 + 1, 1).toordinal() - 1),
    )


def dispute_of(fields: Fields) -> Dispute:
    """A dispute."""
    return Dispute(
        reference=fields.text("id"),
        amount=money_of(fields.inner("amount_money")),
        reason=fields.text("reason").lower(),
        status=_DISPUTE.get(fields.text("state"), DisputeStatus.OPEN),
        respond_by=fields.moment("due_at"),
    )


def refused_of(fields: Fields) -> Declined | None:
    """A 4xx's first error; None for one that says nothing of what an earlier call did."""
    error = fields.many("errors", most=_MANY)[0]
    code = error.text("code")
    if code in _UNDECIDED:
        return None
    told = "card_declined" if error.text("category") == "PAYMENT_METHOD_ERROR" else code.lower()
    shown = fields.inner_or_none("payment")
    return Declined(
        code=_CODES.get(code, told),
        message=error.text_or_none("detail") or "Refused.",
        payment=None if shown is None else payment_of(shown),
    )


def money_of(fields: Fields) -> Money:
    """An amount."""
    return UNITS.of_whole(fields.whole("amount", low=0, high=MINOR_MAX), currency_of(fields.text("currency")))


def money_as(amount: Money) -> dict[str, str | int]:
    """An amount, as Square reads it."""
    return {"amount": UNITS.whole(amount), "currency": amount.currency}


def reference_of(text: str) -> str:
    """An id that may go into an address."""
    if not REFERENCE.match(text):
        raise ValueError(f"{text[:40]!r} is no id of Square's")
    return text


def _shown(fields: Fields) -> MethodShown | None:
    details = fields.inner_or_none("card_details")
    card = None if details is None else details.inner_or_none("card")
    return None if card is None else MethodShown(brand=card.text("card_brand").lower(), last4=card.text("last_4"))


def _fee(fields: Fields) -> Money | None:
    fees = [money_of(each.inner("amount_money")) for each in fields.many_or_none("processing_fee", most=_MANY)]
    return Money(sum(each.minor for each in fees), fees[0].currency) if fees and len({f.currency for f in fees}) == 1 else None
