"""The sandbox's JSON in our words, field by field; ValueError wherever it is not as the sandbox documents it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

from domain.money import MINOR_MAX, Currency, Money
from domain.payments.model import (
    ActionKind,
    Dispute,
    DisputeStatus,
    MethodShown,
    NextAction,
    ProviderPayment,
    ProviderStatus,
)
from gateways.payments.strict_json import Fields

T = TypeVar("T")

NAME = "sandbox"
REFERENCE = re.compile(r"sp_[0-9a-f]{24}\Z")
_STATUS = {
    "pending": ProviderStatus.PENDING,
    "requires_action": ProviderStatus.REQUIRES_ACTION,
    "authorized": ProviderStatus.AUTHORIZED,
    "captured": ProviderStatus.CAPTURED,
    "partially_refunded": ProviderStatus.PARTIALLY_REFUNDED,
    "refunded": ProviderStatus.REFUNDED,
    "failed": ProviderStatus.FAILED,
    "cancelled": ProviderStatus.CANCELLED,
}
_DISPUTE = {"open": DisputeStatus.OPEN, "won": DisputeStatus.WON, "lost": DisputeStatus.LOST}
_CURRENCY = re.compile(r"[A-Z]{3}\Z")
_VERSION_MAX = 2**31 - 1


def payment_of(fields: Fields) -> ProviderPayment:
    """The snapshot; figures that cannot be (more refunded than captured) are refused like a missing field."""
    currency = Currency(_shaped(fields.text("currency"), _CURRENCY))
    amount, authorized, captured, refunded = (
        fields.whole(name, low=0, high=MINOR_MAX) for name in ("amount", "authorized", "captured", "refunded")
    )
    if not refunded <= captured <= authorized <= amount:
        raise ValueError("the figures do not fit each other")
    action, failure, method = (fields.inner_or_none(name) for name in ("next_action", "failure", "method"))
    return ProviderPayment(
        provider=NAME,
        account=fields.text("account"),
        reference=_shaped(fields.text("id"), REFERENCE),
        attempt_key=fields.text("merchant_reference"),
        amount=Money(amount, currency),
        authorized=Money(authorized, currency),
        captured=Money(captured, currency),
        refunded=Money(refunded, currency),
        status=_told(_STATUS, fields.text("status")),
        version=fields.whole("version", low=0, high=_VERSION_MAX),
        next_action=None if action is None else NextAction(kind=ActionKind.REDIRECT, url=_page_url(action.text("url"))),
        failure_code=None if failure is None else failure.text("code"),
        failure_message=None if failure is None else failure.text("message"),
        method=None if method is None else MethodShown(brand=method.text("brand"), last4=method.text("last4")),
        dispute=_dispute(fields.inner_or_none("dispute"), currency),
        created_at=fields.moment("created_at"),
    )


def _page_url(url: str) -> str:
    """The hosted page; nothing but a web address, for browsers are sent there."""
    if not url.startswith(("https://", "http://")):
        raise ValueError("next_action is no web address")
    return url


def _dispute(fields: Fields | None, currency: Currency) -> Dispute | None:
    if fields is None:
        return None
    return Dispute(
        reference=fields.text("id"),
        amount=Money(fields.whole("amount", low=0, high=MINOR_MAX), currency),
        reason=fields.text("reason"),
        status=_told(_DISPUTE, fields.text("status")),
        respond_by=fields.moment("respond_by"),
    )


def _shaped(text: str, shape: re.Pattern[str]) -> str:
    if not shape.match(text):
        raise ValueError(f"{text[:40]!r} is misshapen")
    return text


def _told(words: Mapping[str, T], word: str) -> T:
    if word not in words:
        raise ValueError(f"{word[:40]!r} is no word of the sandbox")
    return words[word]
