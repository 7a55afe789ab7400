"""How a payment looks from outside: the JSON of the API and of webhooks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TypedDict

from gateways.payments.sandbox_service.scenarios import scenario_of
from gateways.payments.sandbox_service.states import Moved, Payment, Status


class Link(TypedDict):
    url: str


class FailureJson(TypedDict):
    code: str
    message: str


class MethodJson(TypedDict):
    brand: str
    last4: str


class DisputeJson(TypedDict):
    id: str
    amount: int
    reason: str
    status: str
    respond_by: str


class PaymentJson(TypedDict):
    """Amounts are integers in minor units of `currency`; times are RFC 3339 in UTC."""

    id: str
    account: str
    merchant_reference: str
    order_number: str
    amount: int
    currency: str
    authorized: int
    captured: int
    refunded: int
    status: str
    version: int
    next_action: Link | None
    failure: FailureJson | None
    method: MethodJson
    dispute: DisputeJson | None
    created_at: str


def text_of(at_ms: int) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")


def payment_json(payment: Payment, *, account: str, public_url: str) -> PaymentJson:
    page = scenario_of(payment.method).page
    waits = payment.status is Status.REQUIRES_ACTION
    return {
        "id": payment.id,
        "account": account,
        "merchant_reference": payment.merchant_reference,
        "order_number": payment.order_number,
        "amount": payment.amount,
        "currency": payment.currency,
        "authorized": payment.authorized,
        "captured": payment.captured,
        "refunded": payment.refunded,
        "status": payment.status.value,
        "version": payment.version,
        "next_action": {"url": f"{public_url}/{page}/{payment.page}"} if waits else None,
        "failure": _failure_json(payment),
        "method": {"brand": "Sandbox", "last4": "4242"},
        "dispute": _dispute_json(payment),
        "created_at": text_of(payment.created_ms),
    }


def event_json(event_id: str, step: Moved, *, account: str, public_url: str) -> str:
    """The body of the webhook that tells of a move; it is kept as sent, so that every copy has the same bytes."""
    body = {
        "id": event_id,
        "type": step.move.value,
        "occurred_at": text_of(step.payment.updated_ms),
        "payment": payment_json(step.payment, account=account, public_url=public_url),
    }
    return json.dumps(body, separators=(",", ":"))


def _failure_json(payment: Payment) -> FailureJson | None:
    if payment.failure_code is None:
        return None
    return {"code": payment.failure_code, "message": payment.failure_message or ""}


def _dispute_json(payment: Payment) -> DisputeJson | None:
    if payment.dispute_status is None or payment.dispute_until_ms is None:
        return None
    return {
        "id": f"dp_{payment.id}",
        "amount": payment.captured - payment.refunded,
        "reason": "product_not_received",
        "status": payment.dispute_status,
        "respond_by": text_of(payment.dispute_until_ms),
    }
