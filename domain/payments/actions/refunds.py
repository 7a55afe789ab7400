"""The transactions around deciding that money goes back: asked for, agreed to by a second person where it is much, promised.

What the provider then says is recorded in `returning`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.error import Invalid, NotFound, Path, UserError
from domain.idempotency import Answered, Claim, Fresh
from domain.ids import OrderId, OrderLineId, PaymentId, RefundRequestId, new_id
from domain.money import Money, sum_of, zero
from domain.orders.model import Order
from domain.payments import figures
from domain.payments.actions.settling import promise
from domain.payments.errors import AlreadyDecided, ProviderCannot, RefundTooLarge, SecondPersonNeeded
from domain.payments.events import RefundRequested
from domain.payments.model import Payment
from domain.payments.provider import Ability
from domain.payments.refunding import (
    BackLine,
    RefundRequest,
    RequestState,
    Sold,
    amount_for,
    is_large,
    shelf_problem,
    units_to_shelve,
)
from domain.unit import Unit
from domain.viewer import Permission, Viewer, actor_name, holds_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """What is to go back: of one payment, or of all of the order.

    `amount` None is what the lines and the delivery come to, or without any all that is left.
    """

    order_id: OrderId
    payment_id: PaymentId | None = None
    amount: Money | None = None
    lines: tuple[BackLine, ...] = ()
    shipping: bool = False
    reason: str
    whole_only: frozenset[str] = frozenset()
    """Providers that give back a payment as a whole or not at all: a part of one is refused before anybody is asked."""


@dataclass(frozen=True, slots=True)
class Requested:
    """The decision, and the refunds that were promised for it: none while it waits for a second person."""

    request_id: RefundRequestId
    refund_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class _Left:
    """The payments that money can go back of, with what is left of each."""

    payments: Sequence[Payment]
    of_each: dict[PaymentId, Money]
    total: Money
    promised: Money


async def request_refund(
    unit: Unit, *, back: Back, limit: Money | None, claim: Claim, by: Viewer, now: datetime
) -> Requested | UserError:
    """Decides that money goes back, once per claim. Above `limit` (None: there is none) it waits for a second person."""
    match await unit.idempotency.claim(claim):
        case Answered(outcome):
            refund_ids = tuple(UUID(each) for each in outcome["refund_ids"])
            return Requested(RefundRequestId(UUID(outcome["request_id"])), refund_ids)
        case Fresh():
            pass
        case reused:
            return reused
    made = await give_back_of(unit, back=back, limit=limit, by=by, now=now)
    if isinstance(made, Requested):
        outcome = {"request_id": str(made.request_id), "refund_ids": [str(each) for each in made.refund_ids]}
        await unit.idempotency.record(claim, outcome)
    return made


async def give_back_of(
    unit: Unit,
    *,
    back: Back,
    limit: Money | None,
    by: Viewer,
    now: datetime,
    permission: Permission = Permission.MANAGE_PAYMENTS,
) -> Requested | UserError:
    """The same for whoever has seen to repeats already, such as a return that is received. Paths are those of `Back`."""
    order = await unit.orders.lock(back.order_id)
    if order is None or not holds_in(by, permission, order.channel_id):
        by_payment = back.payment_id is not None
        return NotFound(path=("input", "payment_id" if by_payment else "order_id"), what="payment" if by_payment else "order")
    left = await _left(unit, order, back.payment_id)
    if back.payment_id is not None and not left.payments:
        return NotFound(path=("input", "payment_id"), what="payment")
    sold = await unit.payments.sold(order.id)
    amounts = shelf_problem(sold, back.lines) or _amounts(sold, back.lines)
    if isinstance(amounts, UserError):
        return amounts
    shipping = sold.shipping if back.shipping else zero(order.currency)
    said = sum_of(amounts.values(), order.currency) + shipping
    amount = back.amount or (said if back.lines or back.shipping else left.total)
    if (problem := _problem(order, amount, left.total) or _part_problem(left, amount, back.whole_only)) is not None:
        return problem
    takes_two = is_large(amount, promised=left.promised, limit=limit)
    request = RefundRequest(
        id=RefundRequestId(new_id()),
        order_id=order.id,
        payment_id=back.payment_id,
        amount=amount,
        shipping=min(shipping, amount),
        lines=back.lines,
        reason=back.reason,
        state=RequestState.WAITING if takes_two else RequestState.APPROVED,
        takes_two=takes_two,
        requested_by=actor_name(by),
    )
    await unit.payments.add_request(request, amounts, now=now)
    if takes_two:
        unit.announce(RefundRequested(order_id=order.id, request_id=request.id))
        return Requested(request.id, ())
    return Requested(request.id, await _promise(unit, order, request, left, sold, by=by, now=now))


async def too_large_for_one(unit: Unit, order: Order, *, limit: Money | None) -> bool:
    """Whether to give back all that is left of a locked order's money takes two people."""
    if limit is None or not order.captured.minor:
        return False
    left = await _left(unit, order, None)
    return left.total.minor > 0 and is_large(left.total, promised=left.promised, limit=limit)


async def ask_a_second(unit: Unit, order: Order, *, reason: str, by: Viewer, now: datetime) -> None:
    """Asks for all that is left of a locked order's money, beside what is asked for already; somebody else has to agree."""
    left = await _left(unit, order, None)
    amount = left.total - Money(await unit.payments.waiting(order.id), order.currency)
    if amount.minor <= 0:
        return
    request = RefundRequest(
        id=RefundRequestId(new_id()),
        order_id=order.id,
        payment_id=None,
        amount=amount,
        shipping=zero(order.currency),
        lines=(),
        reason=reason,
        state=RequestState.WAITING,
        takes_two=True,
        requested_by=actor_name(by),
    )
    await unit.payments.add_request(request, {}, now=now)
    unit.announce(RefundRequested(order_id=order.id, request_id=request.id))


async def approve_refund(unit: Unit, *, request_id: RefundRequestId, by: Viewer, now: datetime) -> RefundRequestId | UserError:
    """A second person agrees: the money is promised. What is not left any more by now is not given back."""
    found = await _waiting(unit, request_id, by)
    if isinstance(found, UserError):
        return found
    order, request = found
    left = await _left(unit, order, request.payment_id)
    if left.total < request.amount:
        return RefundTooLarge(path=("input", "request_id"), refundable=left.total)
    sold = await unit.payments.sold(order.id)
    if (problem := shelf_problem(sold, request.lines)) is not None:
        return replace(problem, path=("input", "request_id"))
    await unit.payments.decide_request(request_id, RequestState.APPROVED, by=actor_name(by), now=now)
    await _promise(unit, order, request, left, sold, by=by, now=now)
    return request_id


async def reject_refund(unit: Unit, *, request_id: RefundRequestId, by: Viewer, now: datetime) -> RefundRequestId | UserError:
    """A second person does not agree: nothing goes back."""
    found = await _waiting(unit, request_id, by)
    if isinstance(found, UserError):
        return found
    await unit.payments.decide_request(request_id, RequestState.REJECTED, by=actor_name(by), now=now)
    return request_id


async def _waiting(unit: Unit, request_id: RefundRequestId, by: Viewer) -> tuple[Order, RefundRequest] | UserError:
    """The order, locked, and its request as it is under the lock."""
    at: Path = ("input", "request_id")
    known = await unit.payments.request(request_id)
    order = await unit.orders.lock(known.order_id) if known is not None else None
    request = await unit.payments.request(request_id) if order is not None else None
    if order is None or request is None or not holds_in(by, Permission.MANAGE_PAYMENTS, order.channel_id):
        return NotFound(path=at, what="refund request")
    if request.state is not RequestState.WAITING:
        return AlreadyDecided(path=at)
    return SecondPersonNeeded(path=at) if request.requested_by == actor_name(by) else (order, request)


async def _left(unit: Unit, order: Order, payment_id: PaymentId | None) -> _Left:
    payments = [each for each in await unit.payments.lock_all(order.id) if payment_id is None or each.id == payment_id]
    promised = await unit.payments.promised(order.id)
    none = zero(order.currency)
    of_each = {each.id: figures.refundable(each, promised.get(each.id, none)) for each in payments}
    return _Left(payments, of_each, sum_of(of_each.values(), order.currency), sum_of(promised.values(), order.currency))


def _amounts(sold: Sold, lines: Sequence[BackLine]) -> dict[OrderLineId, Money] | UserError:
    """What each line comes to; no unit is given back twice, nor one that other goods were sent for."""
    by_id = {each.id: each for each in sold.lines}
    amounts: dict[OrderLineId, Money] = {}
    for place, line in enumerate(lines):
        at: Path = ("input", "lines", str(place))
        known = by_id.get(line.line_id)
        if known is None or line.line_id in amounts:
            return NotFound(path=(*at, "line_id"), what="order line")
        left = max(known.quantity - known.refunded - known.exchanged, 0)
        if not 0 < line.quantity <= left:
            return Invalid(path=(*at, "quantity"), reason=f"Of this line {left} can still be given back.")
        amounts[line.line_id] = amount_for(known, line.quantity)
    return amounts


def _problem(order: Order, amount: Money, left: Money) -> UserError | None:
    at: Path = ("input", "amount")
    if left.minor <= 0:
        return RefundTooLarge(path=at, refundable=left)
    if amount.currency != order.currency or amount.minor <= 0:
        return Invalid(path=at, reason=f"Give back an amount of {order.currency} above zero.")
    return RefundTooLarge(path=at, refundable=left) if left < amount else None


def _parts(left: _Left, amount: Money) -> list[tuple[Payment, Money]]:
    """Which payments an amount goes back of, and how much of each: the latest first."""
    parts: list[tuple[Payment, Money]] = []
    for payment in reversed(left.payments):
        part = min(amount, left.of_each[payment.id])
        if part.minor > 0:
            parts.append((payment, part))
            amount -= part
    return parts


def _part_problem(left: _Left, amount: Money, whole_only: frozenset[str]) -> ProviderCannot | None:
    if any(payment.provider in whole_only and part != payment.captured for payment, part in _parts(left, amount)):
        return ProviderCannot(path=("input", "amount"), ability=Ability.PARTIAL_REFUND.value)
    return None


async def _promise(
    unit: Unit, order: Order, request: RefundRequest, left: _Left, sold: Sold, *, by: Viewer, now: datetime
) -> tuple[UUID, ...]:
    """Promises the amount, latest payment first, and puts goods back on the shelf."""
    made: list[UUID] = []
    for payment, part in _parts(left, request.amount):
        refund = await promise(
            unit,
            order,
            order.states,
            payment,
            part,
            reason=request.reason,
            actor=actor_name(by),
            now=now,
            request_id=request.id,
        )
        made.append(refund.id)
    units = units_to_shelve(sold, request.lines)
    if units:
        await unit.stock.put_back(order.id, units, actor=actor_name(by))
    return tuple(made)
