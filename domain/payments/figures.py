"""The sums of payments: what can still be paid, taken and given back, and the double entries of what moved. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from domain.money import Money, sum_of
from domain.orders.model import Order
from domain.payments.model import OPEN, Dispute, DisputeStatus, Payment, Refund, Transfer, TransferKind


def outstanding(order: Order, attempts: Sequence[Payment]) -> Money:
    """What another attempt may ask for: what is billed less what came in and what open or authorised attempts may still bring."""
    taken = sum_of((each.captured for each in attempts), order.currency)
    under_way = sum_of(
        (each.amount if each.state in OPEN else each.authorized - each.captured for each in attempts), order.currency
    )
    return order.billed - taken - under_way


def capturable(payment: Payment, asked: Money) -> Money:
    """What can still be asked for of what was promised; `asked` are its captures that have no answer yet."""
    return payment.authorized - payment.captured - asked


def refundable(payment: Payment, promised: Money) -> Money:
    """What can still be promised back of a payment; `promised` are its refunds pending or done."""
    return payment.captured - max(payment.refunded, promised)


def failed_of(done: Sequence[Refund], amount: Money) -> tuple[Refund, ...]:
    """Which of the refunds that were done, newest first, money that came back is of: the one of that amount, else the newest."""
    exact = next((each for each in done if each.amount == amount), None)
    if exact is not None:
        return (exact,)
    failed: list[Refund] = []
    for each in done:
        if sum_of((other.amount for other in failed), amount.currency) >= amount:
            break
        failed.append(each)
    return tuple(failed)


def money_transfers(authorized: Money, captured: Money, refunded: Money) -> tuple[Transfer, ...]:
    """The double entries of a step of a payment: what was promised, released, taken, given back, and came back."""
    moved = (
        (TransferKind.AUTHORIZATION, authorized),
        (TransferKind.CAPTURE, captured),
        (TransferKind.REFUND, refunded),
        (TransferKind.REFUND_FAILED, -refunded),
        (TransferKind.RELEASE, -authorized),
    )
    return tuple(Transfer(kind, amount) for kind, amount in moved if amount.minor > 0)


def dispute_change(known: Dispute | None, told: Dispute | None) -> Dispute | None:
    """The dispute as it is new to us; None when it is not. One that has ended is not opened again by what is told late.

    Its amount stays what it was when we first heard of it, which is what the ledger was told.
    """
    if told is None:
        return None
    if known is None:
        return told if told.amount.minor > 0 else None
    now = replace(told, amount=known.amount)
    return now if known.status is DisputeStatus.OPEN and now != known else None


def dispute_transfers(known: Dispute | None, changed: Dispute | None) -> tuple[Transfer, ...]:
    """While it is open the provider holds the money; then it is ours again, or gone."""
    if changed is None:
        return ()
    opened = (Transfer(TransferKind.DISPUTE, changed.amount),) if known is None else ()
    match changed.status:
        case DisputeStatus.OPEN:
            return opened
        case DisputeStatus.WON:
            return (*opened, Transfer(TransferKind.DISPUTE_WON, changed.amount))
        case DisputeStatus.LOST:
            return (*opened, Transfer(TransferKind.DISPUTE_LOST, changed.amount))


def fee_transfers(before: Money | None, after: Money | None) -> tuple[Transfer, ...]:
    """What a provider's fee is more, or less, than was booked."""
    if after is None or after == before:
        return ()
    if before is None or before.currency != after.currency:
        back = () if before is None else _fee(-before)
        return (*back, *_fee(after))
    return _fee(after - before)


def _fee(difference: Money) -> tuple[Transfer, ...]:
    if difference.minor == 0:
        return ()
    if difference.minor > 0:
        return (Transfer(TransferKind.FEE, difference),)
    return (Transfer(TransferKind.FEE_BACK, -difference),)
