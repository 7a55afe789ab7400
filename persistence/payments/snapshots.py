"""A provider's snapshot as the inbox keeps it: JSON of our own words, read back into the same snapshot."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from domain.money import Currency, Money
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


def kept(seen: ProviderPayment) -> dict[str, Any]:
    """The snapshot as JSON; amounts are minor units of `currency`, times ISO 8601."""
    dispute, method = seen.dispute, seen.method
    return {
        "provider": seen.provider,
        "account": seen.account,
        "reference": seen.reference,
        "attempt_key": seen.attempt_key,
        "currency": seen.amount.currency,
        "amount": seen.amount.minor,
        "authorized": seen.authorized.minor,
        "captured": seen.captured.minor,
        "refunded": seen.refunded.minor,
        "came_back": None if seen.came_back is None else {"amount": seen.came_back.minor, "currency": seen.came_back.currency},
        "status": seen.status.value,
        "version": seen.version,
        "next_action": kept_action(seen.next_action),
        "waits_until": seen.waits_until.isoformat() if seen.waits_until is not None else None,
        "failure_code": seen.failure_code,
        "failure_message": seen.failure_message,
        "method": kept_method(method),
        "kept": _kept_token(seen.kept),
        "fee": None if seen.fee is None else {"amount": seen.fee.minor, "currency": seen.fee.currency},
        "dispute": None
        if dispute is None
        else {
            "reference": dispute.reference,
            "amount": dispute.amount.minor,
            "currency": dispute.amount.currency,
            "reason": dispute.reason,
            "status": dispute.status.value,
            "respond_by": dispute.respond_by.isoformat(),
        },
        "created_at": seen.created_at.isoformat(),
    }


def told(payload: dict[str, Any]) -> ProviderPayment:
    """The snapshot behind what `kept` made."""
    currency = Currency(payload["currency"])
    dispute = payload["dispute"]
    return ProviderPayment(
        provider=payload["provider"],
        account=payload["account"],
        reference=payload["reference"],
        attempt_key=payload["attempt_key"],
        amount=Money(payload["amount"], currency),
        authorized=Money(payload["authorized"], currency),
        captured=Money(payload["captured"], currency),
        refunded=Money(payload["refunded"], currency),
        came_back=_money(payload.get("came_back")),
        status=ProviderStatus(payload["status"]),
        version=payload["version"],
        next_action=told_action(payload["next_action"]),
        waits_until=_moment(payload.get("waits_until")),
        failure_code=payload["failure_code"],
        failure_message=payload["failure_message"],
        method=told_method(payload["method"] or {}),
        kept=_told_token(payload.get("kept")),
        fee=_money(payload.get("fee")),
        dispute=None
        if dispute is None
        else Dispute(
            reference=dispute["reference"],
            amount=Money(dispute["amount"], Currency(dispute["currency"])),
            reason=dispute["reason"],
            status=DisputeStatus(dispute["status"]),
            respond_by=datetime.fromisoformat(dispute["respond_by"]),
        ),
        created_at=datetime.fromisoformat(payload["created_at"]),
    )


def kept_method(method: MethodShown | None) -> dict[str, Any]:
    """How it was paid, as JSON; nothing while it is not known."""
    return {} if method is None else {"brand": method.brand, "last4": method.last4}


def told_method(payload: dict[str, Any]) -> MethodShown | None:
    """How it was paid, from what `kept_method` made."""
    return MethodShown(brand=payload["brand"], last4=payload["last4"]) if payload else None


def kept_action(action: NextAction | None) -> dict[str, str] | None:
    """How the buyer goes on, as JSON."""
    if action is None:
        return None
    said = {"kind": action.kind.value, "url": action.url, "client_secret": action.client_secret, "text": action.text}
    return {name: value for name, value in said.items() if value is not None}


def told_action(payload: dict[str, str] | None) -> NextAction | None:
    """How the buyer goes on, from what `kept_action` made."""
    if payload is None:
        return None
    return NextAction(
        kind=ActionKind(payload["kind"]),
        url=payload.get("url"),
        client_secret=payload.get("client_secret"),
        text=payload.get("text"),
    )


def _kept_token(kept: KeptMethod | None) -> dict[str, Any] | None:
    if kept is None:
        return None
    expires = kept.expires_on.isoformat() if kept.expires_on is not None else None
    return {"token": kept.token, **kept_method(kept.shown), "expires_on": expires}


def _told_token(payload: dict[str, Any] | None) -> KeptMethod | None:
    if payload is None:
        return None
    expires = payload["expires_on"]
    return KeptMethod(
        token=payload["token"],
        shown=MethodShown(brand=payload["brand"], last4=payload["last4"]),
        expires_on=date.fromisoformat(expires) if expires is not None else None,
    )


def _money(payload: dict[str, Any] | None) -> Money | None:
    return Money(payload["amount"], Currency(payload["currency"])) if payload is not None else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None
