"""What becomes of goods that came back: money goes back through the payments, as for any refund, or staff leaves it at that."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from domain.error import Invalid, UserError
from domain.fulfillments.model import Units
from domain.ids import RefundRequestId, ReturnId
from domain.money import Money
from domain.payments.actions import refunds
from domain.payments.actions.refunds import Back, give_back_of
from domain.payments.refunding import BackLine
from domain.returns import rules
from domain.returns.actions.steps import AT, end_if_settled, locked, tell
from domain.returns.events import ReturnCompleted
from domain.returns.model import ReturnState
from domain.unit import Unit
from domain.viewer import Permission, Viewer, actor_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Refunding:
    """What money goes back for: accepted units, all that are left when none are named, and the delivery when asked."""

    return_id: ReturnId
    lines: tuple[Units, ...] = ()
    shipping: bool = False
    reason: str = ""
    whole_only: frozenset[str] = frozenset()
    """Providers that give back a payment as a whole or not at all."""


async def refund_return(
    unit: Unit, *, refunding: Refunding, limit: Money | None, by: Viewer, now: datetime
) -> RefundRequestId | UserError:
    """Decides that money goes back for what was received; above `limit` it waits for a second person. Nothing is restocked:
    that was said when the goods were received.
    """
    return_id = refunding.return_id
    found = await locked(unit, return_id, by)
    if isinstance(found, UserError):
        return found
    order, received = found
    lines = refunding.lines or rules.all_left(received)
    if (problem := rules.settle_problem(received, lines)) is not None:
        return problem
    back = Back(
        order_id=order.id,
        lines=tuple(BackLine(each.line_id, each.quantity, restocks=False) for each in lines),
        shipping=refunding.shipping,
        reason=refunding.reason or f"Return {order.number}-{received.number}",
        whole_only=refunding.whole_only,
    )
    made = await give_back_of(unit, back=back, limit=limit, by=by, now=now, permission=Permission.MANAGE_ORDERS)
    if isinstance(made, UserError):
        # Nobody says an amount here: it is what the return comes to.
        return replace(made, path=AT) if made.path == ("input", "amount") else made
    await unit.returns.note_refund(return_id, made.request_id)
    await end_if_settled(unit, order, return_id, actor=actor_name(by), now=now)
    return made.request_id


async def approve_refund(unit: Unit, *, request_id: RefundRequestId, by: Viewer, now: datetime) -> RefundRequestId | UserError:
    """A second person agrees to a refund, whatever it is for; that of a return may have been the last thing it waited for."""
    agreed = await refunds.approve_refund(unit, request_id=request_id, by=by, now=now)
    if isinstance(agreed, UserError):
        return agreed
    return_id = await unit.returns.of_request(request_id)
    found = await unit.returns.find(return_id) if return_id is not None else None
    order = await unit.orders.lock(found.order_id) if found is not None else None
    if order is not None and return_id is not None:
        await end_if_settled(unit, order, return_id, actor=actor_name(by), now=now)
    return agreed


async def complete_return(unit: Unit, *, return_id: ReturnId, by: Viewer, now: datetime) -> ReturnId | UserError:
    """Ends a received return although units of it were neither refunded nor exchanged, as when that was done by other means."""
    found = await locked(unit, return_id, by)
    if isinstance(found, UserError):
        return found
    order, received = found
    if (problem := rules.step_problem(received.state, ReturnState.COMPLETED, AT)) is not None:
        return problem
    if received.waits:
        return Invalid(path=AT, reason="A refund of it waits for a second person.")
    await unit.returns.move(return_id, ReturnState.COMPLETED, now=now)
    await tell(unit, order, ReturnCompleted, return_id, actor=actor_name(by), now=now)
    return return_id
