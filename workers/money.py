"""What staff is told about money by mail: refunds that failed or wait for a second person, disputes, books that differ."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from domain.ids import OrderId, PaymentId, RefundRequestId
from domain.money import Money, minor_digits
from persistence.unit import UnitOfWork
from workers.tasks import Fact


async def failed_refund(unit: UnitOfWork, fact: Fact) -> Mapping[str, str] | None:
    """A refund that the provider refused."""
    refund = await unit.payments.refund(fact.id("refund_id"))
    if refund is None:
        return None
    return {**await _of_order(unit, fact), "amount": _text(refund.amount), "because": str(fact.fields.get("failure", ""))}


async def refund_request(unit: UnitOfWork, fact: Fact) -> Mapping[str, str] | None:
    """A large refund that somebody else has to agree to."""
    request = await unit.payments.request(RefundRequestId(fact.id("request_id")))
    if request is None:
        return None
    return {**await _of_order(unit, fact), "amount": _text(request.amount), "because": request.reason}


async def dispute(unit: UnitOfWork, fact: Fact) -> Mapping[str, str] | None:
    """A dispute as it stands."""
    found = await unit.payments.dispute(PaymentId(fact.id("payment_id")), str(fact.fields["dispute"]))
    if found is None:
        return None
    return {
        **await _of_order(unit, fact),
        "amount": _text(found.amount),
        "because": found.reason,
        "until": f"{found.respond_by:%Y-%m-%d %H:%M} UTC",
        "outcome": found.status.value,
    }


async def differing_books(unit: UnitOfWork, fact: Fact) -> Mapping[str, str] | None:
    """What a comparison left to a person."""
    del unit
    return {"provider": str(fact.fields["provider"]), "count": str(fact.fields["found"])}


async def _of_order(unit: UnitOfWork, fact: Fact) -> dict[str, str]:
    order = await unit.notices.order_facts(OrderId(fact.id("order_id")))
    return {"number": str(order.number) if order is not None else "?"}


def _text(amount: Money) -> str:
    return f"{Decimal(amount.minor).scaleb(-minor_digits(amount.currency))} {amount.currency}"
