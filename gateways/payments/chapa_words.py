"""Chapa's JSON in our words: what verifying and listing tell of a transaction; ValueError where it is not as documented.

A transaction that nobody has paid yet is told without any figures, so our reference to it carries them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.money import Currency, Money, currency_of, zero
from domain.payments.model import ActionKind, MethodShown, NextAction, ProviderPayment, ProviderStatus
from gateways.payments.attempt_time import made_at
from gateways.payments.progress import versioned
from gateways.payments.strict_json import Fields
from gateways.payments.units import Units

NAME = "chapa"
UNITS = Units(currencies=frozenset({Currency("ETB"), Currency("USD")}))
TX_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{7,63}\Z")
_REFERENCE = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]{7,63})(?::([0-9]{1,16})([A-Z]{3}))?\Z")
_STATUS: Mapping[str, ProviderStatus] = {
    "success": ProviderStatus.CAPTURED,
    "pending": ProviderStatus.PENDING,
    "failed": ProviderStatus.FAILED,
    "cancelled": ProviderStatus.CANCELLED,
    "canceled": ProviderStatus.CANCELLED,
    "refunded": ProviderStatus.REFUNDED,
    "reversed": ProviderStatus.REFUNDED,
}
_UNPAID = frozenset({"null", "pending"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a reference names: the transaction by our key, and what it is to bring, where the reference says so."""

    tx_ref: str
    amount: Money | None

    @classmethod
    def of(cls, reference: str) -> Named | None:
        """None for what is no reference of Chapa's."""
        found = _REFERENCE.match(reference)
        if found is None:
            return None
        return cls(tx_ref=found[1], amount=None if found[2] is None else Money(int(found[2]), Currency(found[3])))

    @property
    def reference(self) -> str:
        """The reference, with the figures where they are known."""
        return self.tx_ref if self.amount is None else f"{self.tx_ref}:{self.amount.minor}{self.amount.currency}"


def is_unpaid(answer: Fields) -> bool:
    """Whether Chapa knows the transaction and waits for the buyer."""
    return answer.inner_or_none("data") is None and answer.text_or_none("status") in _UNPAID


def waiting(named: Named, *, url: str | None = None) -> ProviderPayment:
    """The snapshot of a transaction that nobody has paid. Raises ValueError when its amount is not known."""
    if named.amount is None:
        raise ValueError("a transaction without an amount")
    action = None if url is None else NextAction(kind=ActionKind.REDIRECT, url=page_of(url))
    return _snapshot(named, named.amount, ProviderStatus.REQUIRES_ACTION, next_action=action)


def payment_of(data: Fields, *, tx_ref: str) -> ProviderPayment:
    """The snapshot of a transaction that Chapa verified. Raises ValueError, for another transaction too."""
    if data.text("tx_ref") != tx_ref:
        raise ValueError("told of another transaction")
    amount = UNITS.of_text(data.decimal("amount"), currency_of(data.text("currency")))
    word = data.text("status").lower()
    if word not in _STATUS:
        raise ValueError(f"{word[:40]!r} is no status of a transaction")
    made = data.text_or_none("created_at")
    return _snapshot(
        Named(tx_ref=tx_ref, amount=amount),
        amount,
        _STATUS[word],
        fee=_fee(data, amount.currency),
        method=data.text_or_none("method"),
        created_at=None if made is None else data.moment("created_at"),
    )


def listed_of(row: Fields) -> ProviderPayment | None:
    """The snapshot of a transaction as the list tells it, under our reference. Raises ValueError.

    None for what carries no key as our attempts have them: a payment link, or what another program of the account asked for.
    """
    tx_ref = row.text_or_none("trans_id") or ""
    if made_at(tx_ref) is None:
        return None
    amount, created_at = UNITS.of_text(row.decimal("amount"), currency_of(row.text("currency"))), row.moment("created_at")
    named, word = Named(tx_ref=tx_ref, amount=amount), row.text("status").lower()
    if word in _UNPAID:
        return waiting(named)
    if word not in _STATUS:
        raise ValueError(f"{word[:40]!r} is no status of a transaction")
    fee, method = _fee(row, amount.currency), row.text_or_none("payment_method")
    return _snapshot(named, amount, _STATUS[word], fee=fee, method=method, created_at=created_at)


def as_refunded(payment: ProviderPayment) -> ProviderPayment:
    """The snapshot after all of it was given back, which Chapa's verification may not show."""
    return _with_status(payment, ProviderStatus.REFUNDED)


def as_cancelled(payment: ProviderPayment) -> ProviderPayment:
    """The snapshot after the page was closed."""
    return _with_status(payment, ProviderStatus.CANCELLED)


def page_of(url: str) -> str:
    """Chapa's page; nothing but a web address, for browsers are sent there."""
    if not url.startswith(("https://", "http://")):
        raise ValueError("checkout_url is no web address")
    return url


def _with_status(payment: ProviderPayment, status: ProviderStatus) -> ProviderPayment:
    named = Named(tx_ref=payment.attempt_key, amount=payment.amount)
    return _snapshot(named, payment.amount, status, fee=payment.fee, method=None, created_at=payment.created_at)


def _snapshot(
    named: Named,
    amount: Money,
    status: ProviderStatus,
    *,
    next_action: NextAction | None = None,
    fee: Money | None = None,
    method: str | None = None,
    created_at: datetime | None = None,
) -> ProviderPayment:
    nothing = zero(amount.currency)
    is_paid = status in {ProviderStatus.CAPTURED, ProviderStatus.REFUNDED}
    has_failed = status is ProviderStatus.FAILED
    return versioned(
        ProviderPayment(
            provider=NAME,
            account=NAME,
            reference=named.reference,
            attempt_key=named.tx_ref,
            amount=amount,
            authorized=amount if is_paid else nothing,
            captured=amount if is_paid else nothing,
            refunded=amount if status is ProviderStatus.REFUNDED else nothing,
            status=status,
            version=0,
            next_action=next_action,
            failure_code="declined" if has_failed else None,
            failure_message="Chapa did not take the payment." if has_failed else None,
            method=None if method is None else MethodShown(brand=method, last4=""),
            fee=fee,
            created_at=created_at or made_at(named.tx_ref) or datetime.now(UTC),
        )
    )


def _fee(data: Fields, currency: Currency) -> Money | None:
    try:
        return UNITS.of_text(data.decimal("charge"), currency)
    except ValueError:
        return None  # parts of a cent, or not said: no reason to disbelieve the payment
