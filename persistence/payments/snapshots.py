"""A provider's snapshot as the inbox keeps it: JSON of our own words, read back into the same snapshot."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from domain.money import Currency, Money
from domain.payments.model import Dispute, DisputeStatus, MethodShown, ProviderPayment, ProviderStatus


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
        "status": seen.status.value,
        "version": seen.version,
        "next_action": seen.next_action,
        "failure_code": seen.failure_code,
        "failure_message": seen.failure_message,
        "method": kept_method(method),
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
        status=ProviderStatus(payload["status"]),
        version=payload["version"],
        next_action=payload["next_action"],
        failure_code=payload["failure_code"],
        failure_message=payload["failure_message"],
        method=told_method(payload["method"] or {}),
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
