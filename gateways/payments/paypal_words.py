"""PayPal's JSON in our words: orders with what was authorised, captured and refunded in them, and errors; ValueError otherwise.

Amounts are decimal text; HUF, JPY and TWD are written without digits (https://developer.paypal.com/reference/currency-codes).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from domain.money import Currency, Money, currency_of, sum_of, zero
from domain.payments.model import ActionKind, Dispute, DisputeStatus, MethodShown, NextAction, ProviderPayment, ProviderStatus
from domain.payments.provider import Declined
from gateways.payments.progress import versioned
from gateways.payments.strict_json import Fields
from gateways.payments.units import Units

NAME = "paypal"
ORDER = re.compile(r"[0-9A-Z]{10,24}\Z")
CAPTURE = re.compile(r"capture/([0-9A-Z]{10,24})\Z")
"""How a payment is named by a message that knows its capture only."""
APPROVED = "APPROVED"
_CURRENCIES = "AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF ILS JPY MXN MYR NOK NZD PHP PLN SEK SGD THB TWD USD"
UNITS = Units(
    digits=MappingProxyType({"HUF": 0, "JPY": 0, "TWD": 0}),
    currencies=frozenset(Currency(code) for code in _CURRENCIES.split()),
)
_MANY = 100
_TAKEN = frozenset({"COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"})
_GIVEN_BACK = frozenset({"COMPLETED", "PENDING"})
_CAME_BACK = frozenset({"FAILED", "CANCELLED"})
_OF_PAYMENTS = {
    "PENDING": ProviderStatus.PENDING,
    "CREATED": ProviderStatus.AUTHORIZED,
    "VOIDED": ProviderStatus.CANCELLED,
}
"""Statuses of captures and authorisations, the first that is there; any other is a failure."""
_OF_ORDER = {
    "CREATED": ProviderStatus.REQUIRES_ACTION,
    "PAYER_ACTION_REQUIRED": ProviderStatus.REQUIRES_ACTION,
    APPROVED: ProviderStatus.PENDING,
    "SAVED": ProviderStatus.PENDING,
    "VOIDED": ProviderStatus.CANCELLED,
}
_CODES = {
    "INSTRUMENT_DECLINED": "card_declined",
    "PAYER_CANNOT_PAY": "card_declined",
    "TRANSACTION_REFUSED": "card_declined",
    "ORDER_NOT_APPROVED": "wrong_state",
    "ORDER_ALREADY_CAPTURED": "wrong_state",
    "AUTHORIZATION_ALREADY_CAPTURED": "wrong_state",
    "AUTHORIZATION_VOIDED": "wrong_state",
    "AUTHORIZATION_EXPIRED": "wrong_state",
    "PREVIOUSLY_CAPTURED": "wrong_state",
    "PREVIOUSLY_VOIDED": "wrong_state",
    "MAX_CAPTURE_AMOUNT_EXCEEDED": "amount_too_large",
    "REFUND_AMOUNT_EXCEEDED": "amount_too_large",
    "CAPTURE_FULLY_REFUNDED": "amount_too_large",
    "RESOURCE_NOT_FOUND": "not_found",
    "INVALID_RESOURCE_ID": "not_found",
}
_SELLER_WON = frozenset({"RESOLVED_SELLER_FAVOUR", "CANCELED_BY_BUYER", "DENIED"})


class Order:
    """An order as PayPal shows it, with one purchase unit: ours always have one."""

    def __init__(self, fields: Fields) -> None:
        self.id, self.status = fields.text("id"), fields.text("status")
        if not ORDER.match(self.id):
            raise ValueError(f"{self.id[:40]!r} is no order")
        self._fields = fields
        self._unit = fields.many("purchase_units", most=1)[0]
        paid = self._unit.inner_or_none("payments")
        self.authorizations, self.captures, self.refunds = (
            [] if paid is None else paid.many_or_none(name, most=_MANY) for name in ("authorizations", "captures", "refunds")
        )
        self.amount = money_of(self._unit.inner("amount"))

    @property
    def is_approved(self) -> bool:
        """Whether the buyer agreed and PayPal waits for us."""
        return self.status == APPROVED and not (self.captures or self.authorizations)

    @property
    def authorizes(self) -> bool:
        """Whether it is to be captured by hand."""
        return self._fields.text("intent") == "AUTHORIZE"

    def authorization(self) -> str | None:
        """The id of what is authorised."""
        return _path_id(self.authorizations[0].text("id")) if self.authorizations else None

    def capture(self) -> str | None:
        """The id of what was captured. Ours are captured once at most."""
        return next((_path_id(each.text("id")) for each in self.captures if each.text("status") in _TAKEN), None)

    def payment(self, *, dispute: Dispute | None = None) -> ProviderPayment:
        """The snapshot."""
        currency = self.amount.currency
        captured = _sum(self.captures, _TAKEN, currency)
        refunded = _sum(self.refunds, _GIVEN_BACK, currency)
        fees = [each.inner_or_none("seller_receivable_breakdown") for each in self.captures]
        fee = _fee([each for each in fees if each is not None])
        status = self._status(captured, refunded)
        authorized = self._authorized(currency) if status is ProviderStatus.AUTHORIZED else captured
        if not refunded <= captured <= authorized <= self.amount:
            raise ValueError("the figures do not fit each other")
        failed = status is ProviderStatus.FAILED
        payment = ProviderPayment(
            provider=NAME,
            account=self._unit.inner("payee").text("merchant_id"),
            reference=self.id,
            attempt_key=self._unit.text_or_none("custom_id") or "",
            amount=self.amount,
            authorized=authorized,
            captured=captured,
            refunded=refunded,
            came_back=_sum(self.refunds, _CAME_BACK, currency),
            status=status,
            version=0,
            next_action=self._action() if status is ProviderStatus.REQUIRES_ACTION else None,
            failure_code="card_declined" if failed else None,
            failure_message="PayPal did not take the payment." if failed else None,
            method=_shown(self._fields.inner_or_none("payment_source")) if captured.minor or authorized.minor else None,
            fee=fee,
            dispute=dispute,
            created_at=self._fields.moment("create_time"),
        )
        return versioned(payment)

    def _status(self, captured: Money, refunded: Money) -> ProviderStatus:
        if captured.minor:
            given_back = ProviderStatus.REFUNDED if refunded == captured else ProviderStatus.PARTIALLY_REFUNDED
            return given_back if refunded.minor else ProviderStatus.CAPTURED
        words = {each.text("status") for each in (*self.captures, *self.authorizations)}
        told = next((_OF_PAYMENTS[word] for word in _OF_PAYMENTS if word in words), None)
        if told is not None or words:
            return told or ProviderStatus.FAILED
        if self.status not in _OF_ORDER:
            raise ValueError(f"{self.status[:40]!r} is no status of an order without payments")
        return _OF_ORDER[self.status]

    def _authorized(self, currency: Currency) -> Money:
        return _sum(self.authorizations, frozenset({"CREATED"}), currency)

    def _action(self) -> NextAction:
        links = {each.text("rel"): each.text("href") for each in self._fields.many("links", most=_MANY)}
        url = links.get("payer-action") or links.get("approve") or ""
        if not url.startswith(("https://", "http://")):
            raise ValueError("there is no page for the buyer")
        return NextAction(kind=ActionKind.REDIRECT, url=url)


def money_of(fields: Fields) -> Money:
    """An amount."""
    return UNITS.of_text(fields.text("value"), currency_of(fields.text("currency_code")))


def money_as(amount: Money) -> dict[str, str]:
    """An amount, as PayPal reads it."""
    return {"currency_code": amount.currency, "value": UNITS.text(amount)}


def declined_of(error: Fields) -> Declined:
    """A 4xx's error, by its first issue."""
    details = error.many_or_none("details", most=_MANY)
    issue = details[0].text_or_none("issue") if details else None
    said = details[0].text_or_none("description") if details else None
    code = issue or error.text("name")
    return Declined(code=_CODES.get(code, code.lower()), message=said or error.text_or_none("message") or "Refused.")


def dispute_of(fields: Fields) -> Dispute:
    """A dispute with its details."""
    status = DisputeStatus.OPEN
    if fields.text("status") == "RESOLVED":
        outcome = fields.inner_or_none("dispute_outcome")
        won = outcome is not None and outcome.text_or_none("outcome_code") in _SELLER_WON
        status = DisputeStatus.WON if won else DisputeStatus.LOST
    due = fields.text_or_none("seller_response_due_date")
    return Dispute(
        reference=fields.text("dispute_id"),
        amount=money_of(fields.inner("dispute_amount")),
        reason=fields.text("reason").lower(),
        status=status,
        respond_by=fields.moment("create_time" if due is None else "seller_response_due_date"),
    )


def _sum(items: Sequence[Fields], statuses: frozenset[str], currency: Currency) -> Money:
    amounts = [money_of(each.inner("amount")) for each in items if each.text("status") in statuses]
    if any(each.currency != currency for each in amounts):
        raise ValueError("amounts of several currencies")
    return sum_of(amounts, currency)


def _fee(breakdowns: Sequence[Fields]) -> Money | None:
    fees = [money_of(each.inner("paypal_fee")) for each in breakdowns if each.inner_or_none("paypal_fee") is not None]
    return sum_of(fees, fees[0].currency) if fees and len({each.currency for each in fees}) == 1 else None


def _shown(source: Fields | None) -> MethodShown | None:
    card = None if source is None else source.inner_or_none("card")
    if card is not None:
        return MethodShown(brand=card.text("brand").lower(), last4=card.text("last_digits"))
    return None if source is None else MethodShown(brand=NAME, last4="")


def _path_id(text: str) -> str:
    if not ORDER.match(text):
        raise ValueError(f"{text[:40]!r} goes into no address")
    return text


def cancelled(payment: ProviderPayment) -> ProviderPayment:
    """The snapshot of an order that we leave alone: PayPal takes nothing that we do not ask for."""
    nothing = zero(payment.amount.currency)
    return versioned(replace(payment, status=ProviderStatus.CANCELLED, authorized=nothing, next_action=None))


def failed(payment: ProviderPayment, why: Declined) -> ProviderPayment:
    """The snapshot of an order that the buyer approved and PayPal does not take."""
    return versioned(replace(payment, status=ProviderStatus.FAILED, failure_code=why.code, failure_message=why.message))
