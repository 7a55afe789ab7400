"""Stripe's JSON in our words: payment intents with their charge, their disputes and errors; ValueError where it is not as documented.

Amounts are in Stripe's own units (https://docs.stripe.com/currencies): ISK and UGX are written with two digits, MGA with
none, and what has three digits goes in tens.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from types import MappingProxyType

from domain.money import Currency, Money, currency_of, sum_of, zero
from domain.payments.model import (
    ActionKind,
    Dispute,
    DisputeStatus,
    KeptMethod,
    MethodShown,
    NextAction,
    ProviderPayment,
    ProviderStatus,
)
from domain.payments.provider import Declined
from gateways.payments.progress import versioned
from gateways.payments.strict_json import Fields
from gateways.payments.units import Units

NAME = "stripe"
REFERENCE = re.compile(r"pi_[A-Za-z0-9]{8,64}\Z")
UNITS = Units(
    digits=MappingProxyType({"ISK": 2, "UGX": 2, "MGA": 0}),
    steps=MappingProxyType({"ISK": 100, "UGX": 100, "BHD": 10, "JOD": 10, "KWD": 10, "OMR": 10, "TND": 10}),
)
ELEMENT = "payment_element"
"""The method of a buyer who chooses in Stripe's own element: it gets the client secret, and confirms."""
FAILED_REFUNDS = frozenset({"failed", "canceled"})
_WHOLE_MAX = 10**17
EPOCH_MAX = 253_402_300_799
"""The last second that a time of ours can be."""
_STATUS = {
    "requires_payment_method": ProviderStatus.REQUIRES_ACTION,
    "requires_confirmation": ProviderStatus.REQUIRES_ACTION,
    "requires_action": ProviderStatus.REQUIRES_ACTION,
    "processing": ProviderStatus.PENDING,
    "requires_capture": ProviderStatus.AUTHORIZED,
    "succeeded": ProviderStatus.CAPTURED,
    "canceled": ProviderStatus.CANCELLED,
}
_DISPUTE = {
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
    "warning_closed": DisputeStatus.WON,
    "prevented": DisputeStatus.WON,
}
_CODES = {
    "authentication_required": "authentication_failed",
    "payment_intent_authentication_failure": "authentication_failed",
    "payment_intent_unexpected_state": "wrong_state",
    "charge_already_refunded": "amount_too_large",
    "charge_already_captured": "wrong_state",
    "resource_missing": "not_found",
}


def payment_of(
    fields: Fields, *, account: str, disputes: Fields | None = None, refunds: Fields | None = None
) -> ProviderPayment:
    """A payment intent with `latest_charge` expanded, as a snapshot; `disputes` is the list of its disputes, if it has any.

    `refunds` is the list of its refunds, where it has more than its charge shows.
    """
    currency = currency_of(fields.text("currency"))
    amount, received, capturable = (
        _money(fields, name, currency) for name in ("amount", "amount_received", "amount_capturable")
    )
    charge = fields.inner_or_none("latest_charge")
    refunded, came_back = _given_back(charge, refunds, currency)
    if not refunded <= received <= amount:
        raise ValueError("the figures do not fit each other")
    metadata, error = fields.inner("metadata"), fields.inner_or_none("last_payment_error")
    status = _status(fields.text("status"), received, refunded, error if metadata.text_or_none("method") != ELEMENT else None)
    authorized = received + capturable if status is ProviderStatus.AUTHORIZED else received
    dispute = None if disputes is None else _latest(disputes)
    fee = None if charge is None else _fee(charge)
    failed = status is ProviderStatus.FAILED and error is not None
    method = None if charge is None else _shown(charge)
    payment = ProviderPayment(
        provider=NAME,
        account=account,
        reference=_reference(fields.text("id")),
        attempt_key=metadata.text_or_none("attempt") or "",
        amount=amount,
        authorized=authorized,
        captured=received,
        refunded=refunded,
        came_back=came_back,
        status=status,
        version=0,
        next_action=_action(fields) if status is ProviderStatus.REQUIRES_ACTION else None,
        failure_code=_code(error) if failed and error is not None else None,
        failure_message=error.text_or_none("message") if failed and error is not None else None,
        method=method,
        kept=_kept(fields, charge, method) if received.minor or authorized.minor else None,
        fee=fee,
        dispute=dispute,
        created_at=_moment(fields, "created"),
    )
    return versioned(payment)


def has_more_refunds(intent: Fields) -> bool:
    """Whether a payment has more refunds than its expanded charge shows. Raises ValueError."""
    charge = None if intent.is_text("latest_charge") else intent.inner_or_none("latest_charge")
    shown = None if charge is None else charge.inner_or_none("refunds")
    return shown is not None and shown.true("has_more")


def _given_back(charge: Fields | None, refunds: Fields | None, currency: Currency) -> tuple[Money, Money]:
    """What is given back, and what of all that ever was came back again: a refund may fail days after Stripe took it on."""
    listed = refunds or (None if charge is None else charge.inner_or_none("refunds"))
    if charge is None or listed is None:
        return zero(currency) if charge is None else _money(charge, "amount_refunded", currency), zero(currency)
    made = listed.many("data", most=100)
    failed = [each.text_or_none("status") in FAILED_REFUNDS for each in made]
    amounts = [_money(each, "amount", currency) for each in made]
    of_both = [sum_of((a for a, f in zip(amounts, failed, strict=True) if f is wanted), currency) for wanted in (False, True)]
    return of_both[0], of_both[1]


def declined_of(error: Fields, *, account: str) -> Declined:
    """A 4xx's error; with the payment intent where Stripe shows it, unless its charge is not expanded in it."""
    shown = error.inner_or_none("payment_intent")
    payment = None
    if shown is not None and not shown.is_text("latest_charge"):
        payment = payment_of(shown, account=account)
    elif shown is not None and shown.text("status") == "requires_payment_method":
        # Nothing was taken, so the charge that is named and not shown holds no figures.
        payment = payment_of(shown.without("latest_charge"), account=account)
    return Declined(code=_code(error), message=error.text_or_none("message") or "Refused.", payment=payment)


def _status(word: str, received: Money, refunded: Money, error: Fields | None) -> ProviderStatus:
    if word not in _STATUS:
        raise ValueError(f"{word[:40]!r} is no status of a payment intent")
    if word == "requires_payment_method" and error is not None:
        return ProviderStatus.FAILED
    if word == "succeeded" and refunded.minor:
        return ProviderStatus.REFUNDED if refunded == received else ProviderStatus.PARTIALLY_REFUNDED
    if (word == "succeeded") != (received.minor > 0):
        raise ValueError(f"{word} with {received} received")
    return _STATUS[word]


def _action(fields: Fields) -> NextAction:
    action = fields.inner_or_none("next_action")
    if action is not None and action.text("type") == "redirect_to_url":
        url = action.inner("redirect_to_url").text("url")
        if not url.startswith(("https://", "http://")):
            raise ValueError("next_action is no web address")
        return NextAction(kind=ActionKind.REDIRECT, url=url)
    return NextAction(kind=ActionKind.CHALLENGE, client_secret=fields.text("client_secret"))


def _code(error: Fields) -> str:
    code = error.text_or_none("decline_code") or error.text_or_none("code") or error.text_or_none("type") or "declined"
    if error.text_or_none("code") == "card_declined" and code != "insufficient_funds":
        # What a bank gives as the reason (stolen_card, fraudulent) is not for whoever holds the card.
        return "card_declined"
    if error.text_or_none("param") == "amount" and error.text_or_none("code") in {None, "amount_too_large"}:
        return "amount_too_large"
    return _CODES.get(code, code)


def _shown(charge: Fields) -> MethodShown | None:
    details = charge.inner_or_none("payment_method_details")
    if details is None:
        return None
    kind = details.text("type")
    card = details.inner_or_none("card")
    return (
        MethodShown(brand=kind, last4="") if card is None else MethodShown(brand=card.text("brand"), last4=card.text("last4"))
    )


def _kept(fields: Fields, charge: Fields | None, method: MethodShown | None) -> KeptMethod | None:
    customer, used = fields.text_or_none("customer"), fields.text_or_none("payment_method")
    if (
        fields.text_or_none("setup_future_usage") is None
        or customer is None
        or used is None
        or charge is None
        or method is None
    ):
        return None
    card = charge.inner("payment_method_details").inner_or_none("card")
    expires_on = None
    if card is not None:
        year, month = card.whole("exp_year", low=2000, high=9998), card.whole("exp_month", low=1, high=12)
        expires_on = date.fromordinal(date(year + month // 12, month % 12 + 1, 1).toordinal() - 1)
    return KeptMethod(token=f"{customer}/{used}", shown=method, expires_on=expires_on)


def _fee(charge: Fields) -> Money | None:
    if charge.is_text("balance_transaction"):
        return None
    booked = charge.inner_or_none("balance_transaction")
    if booked is None:
        return None
    fee, currency = booked.whole("fee", low=0, high=_WHOLE_MAX), currency_of(booked.text("currency"))
    try:
        return UNITS.of_whole(fee, currency)
    except ValueError:
        return None  # a part of a króna: no reason to disbelieve the payment


def _latest(disputes: Fields) -> Dispute | None:
    found = disputes.many("data", most=100)
    if not found:
        return None
    newest = found[0]  # lists are newest first
    evidence = newest.inner("evidence_details")
    due = evidence.whole_or_none("due_by", low=0, high=EPOCH_MAX)
    return Dispute(
        reference=newest.text("id"),
        amount=_money(newest, "amount", currency_of(newest.text("currency"))),
        reason=newest.text("reason"),
        status=_DISPUTE.get(newest.text("status"), DisputeStatus.OPEN),
        respond_by=_moment(newest, "created") if due is None else datetime.fromtimestamp(due, UTC),
    )


def _money(fields: Fields, name: str, currency: Currency) -> Money:
    return UNITS.of_whole(fields.whole(name, low=0, high=_WHOLE_MAX), currency)


def _moment(fields: Fields, name: str) -> datetime:
    return datetime.fromtimestamp(fields.whole(name, low=0, high=EPOCH_MAX), UTC)


def _reference(text: str) -> str:
    if not REFERENCE.match(text):
        raise ValueError(f"{text[:40]!r} is no payment intent")
    return text
