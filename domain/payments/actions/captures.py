"""The transactions around taking what was promised: asked for under the order's lock, settled when the provider has answered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.error import Invalid, NotFound, Path, UserError
from domain.idempotency import Answered, Claim, Fresh
from domain.ids import PaymentId, new_id
from domain.money import Money
from domain.orders.model import OrderStatus
from domain.payments import figures
from domain.payments.actions.settling import Scene, apply_seen, locked
from domain.payments.errors import CaptureTooLarge, OrderNotPayable, ProviderCannot
from domain.payments.events import CaptureDue
from domain.payments.model import Capture, Payment, ProviderPayment, RefundState
from domain.payments.provider import Ability, Declined
from domain.payments.rules import TEXT_LENGTH_MAX, Mismatch
from domain.unit import Unit
from domain.viewer import Permission, Viewer, actor_name, holds_in

PAYMENT: Path = ("input", "payment_id")


@dataclass(frozen=True, slots=True)
class DueCapture:
    """Money to ask the provider for, and the payment it is of."""

    capture: Capture
    payment: Payment


async def request_capture(
    unit: Unit,
    *,
    payment_id: PaymentId,
    amount: Money | None,
    abilities: Collection[Ability],
    claim: Claim,
    by: Viewer,
    now: datetime,
) -> UUID | UserError:
    """Writes down that money is to be taken; the id of it. The provider is asked then.

    Unless said otherwise it is all that is left; of an order that was edited to cost less, what is owed, where parts can be taken.
    """
    match await unit.idempotency.claim(claim):
        case Answered(outcome):
            return UUID(outcome["capture_id"])
        case Fresh():
            pass
        case reused:
            return reused
    scene = await locked(unit, payment_id)
    if scene is None or not holds_in(by, Permission.MANAGE_PAYMENTS, scene.order.channel_id):
        return NotFound(path=PAYMENT, what="payment")
    asked = Money(await unit.payments.asked_of(payment_id), scene.payment.amount.currency)
    left = figures.capturable(scene.payment, asked)
    owed = scene.order.billed - scene.order.captured
    wanted = owed if amount is None and 0 < owed.minor < left.minor and Ability.PARTIAL_CAPTURE in abilities else amount
    if (
        problem := _problem(scene, wanted, left, abilities, has_part=asked.minor + scene.payment.captured.minor > 0)
    ) is not None:
        return problem
    capture = Capture(
        id=new_id(), payment_id=payment_id, order_id=scene.order.id, amount=wanted or left, state=RefundState.PENDING
    )
    await unit.payments.add_capture(capture, by=actor_name(by), now=now)
    await unit.idempotency.record(claim, {"capture_id": str(capture.id)})
    unit.announce(CaptureDue(payment_id=payment_id, order_id=scene.order.id, capture_id=capture.id))
    return capture.id


def _problem(
    scene: Scene, amount: Money | None, left: Money, abilities: Collection[Ability], *, has_part: bool
) -> UserError | None:
    at: Path = ("input", "amount")
    if scene.order.states.status is OrderStatus.CANCELLED:
        return OrderNotPayable(path=PAYMENT)
    if amount is not None and (amount.currency != left.currency or amount.minor <= 0):
        return Invalid(path=at, reason=f"Take an amount of {left.currency} above zero.")
    if left.minor <= 0 or (amount is not None and left < amount):
        return CaptureTooLarge(path=at, capturable=left)
    needed = Ability.SEVERAL_CAPTURES if has_part else Ability.PARTIAL_CAPTURE
    is_part = has_part or (amount is not None and amount < left)
    return ProviderCannot(path=at, ability=needed.value) if is_part and needed not in abilities else None


async def due_capture(unit: Unit, *, capture_id: UUID) -> DueCapture | None:
    """What is to be taken, while it is; None when it is settled."""
    capture = await unit.payments.capture(capture_id)
    if capture is None or capture.state is not RefundState.PENDING:
        return None
    payment = await unit.payments.find(capture.payment_id)
    return DueCapture(capture, payment) if payment is not None else None


async def record_capture(
    unit: Unit, *, capture: Capture, answer: ProviderPayment | Declined, account: str, now: datetime
) -> Mismatch | None:
    """Applies the provider's answer and settles the capture, once; a Mismatch settles nothing."""
    scene = await locked(unit, capture.payment_id)
    if scene is None:
        return None
    seen = answer.payment if isinstance(answer, Declined) else answer
    if seen is not None:
        decision = await apply_seen(unit, scene, seen, account=account, now=now)
        if isinstance(decision, Mismatch):
            return decision
    state, failure = RefundState.DONE, None
    if isinstance(answer, Declined):
        state, failure = RefundState.FAILED, f"{answer.code}: {answer.message}"[:TEXT_LENGTH_MAX]
    await unit.payments.settle_capture(capture.id, state, failure=failure, now=now)
    return None
