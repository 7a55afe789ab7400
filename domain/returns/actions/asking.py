"""A buyer asks to send goods back, or staff for them; staff agrees or not; either calls it off before goods have come."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.error import Invalid, NotFound, UserError
from domain.ids import OrderId, ReturnId, new_id
from domain.orders.actions import REASON_LENGTH_MAX
from domain.returns import rules
from domain.returns.actions.steps import AT, is_buyer, is_staff, locked, tell
from domain.returns.events import ReturnApproved, ReturnCancelled, ReturnDeclined, ReturnRequested
from domain.returns.model import NOTE_LENGTH_MAX, RETURNS_MAX, Asked, NewReturn, ReturnState
from domain.unit import Unit
from domain.viewer import Viewer, actor_name


async def request_return(
    unit: Unit, *, order_id: OrderId, lines: tuple[Asked, ...], note: str, holds_token: bool, by: Viewer, now: datetime
) -> ReturnId | UserError:
    """Asks for units of shipped lines to be taken back, within the channel's time. Staff may at any time; theirs is approved."""
    order = await unit.orders.lock(order_id)
    if order is None or not (is_staff(order, by) or is_buyer(order, by, holds_token=holds_token)):
        return NotFound(path=("input", "order_id"), what="order")
    by_staff = is_staff(order, by)
    if len(note) > NOTE_LENGTH_MAX:
        return Invalid(path=("input", "note"), reason=f"A note has at most {NOTE_LENGTH_MAX} characters.")
    if await unit.returns.count(order.id) >= RETURNS_MAX:
        return Invalid(path=("input", "order_id"), reason=f"An order has at most {RETURNS_MAX} returns.")
    window = None if by_staff else timedelta(days=await unit.channels.return_days(order.channel_id))
    standings = {each.line_id: each for each in await unit.fulfillments.standings(order.id)}
    if (problem := rules.request_problem(standings, lines, window=window, now=now)) is not None:
        return problem
    state, fact = (ReturnState.APPROVED, ReturnApproved) if by_staff else (ReturnState.REQUESTED, ReturnRequested)
    actor, new = actor_name(by), NewReturn(id=ReturnId(new_id()), state=state, note=note, lines=lines)
    await unit.returns.add(order.id, new, actor=actor, now=now)
    await tell(unit, order, fact, new.id, actor=actor, now=now)
    return new.id


async def approve_return(unit: Unit, *, return_id: ReturnId, by: Viewer, now: datetime) -> ReturnId | UserError:
    """Agrees: the goods may be sent back."""
    found = await locked(unit, return_id, by)
    if isinstance(found, UserError):
        return found
    order, asked = found
    if (problem := rules.step_problem(asked.state, ReturnState.APPROVED, AT)) is not None:
        return problem
    await unit.returns.move(return_id, ReturnState.APPROVED, now=now)
    await tell(unit, order, ReturnApproved, return_id, actor=actor_name(by), now=now)
    return return_id


async def decline_return(unit: Unit, *, return_id: ReturnId, reason: str, by: Viewer, now: datetime) -> ReturnId | UserError:
    """Does not agree, and says why; its units may be asked for again."""
    if not 0 < len(reason.strip()) <= REASON_LENGTH_MAX:
        return Invalid(path=("input", "reason"), reason=f"A reason has 1 to {REASON_LENGTH_MAX} characters.")
    found = await locked(unit, return_id, by)
    if isinstance(found, UserError):
        return found
    order, asked = found
    if (problem := rules.step_problem(asked.state, ReturnState.DECLINED, AT)) is not None:
        return problem
    await unit.returns.move(return_id, ReturnState.DECLINED, now=now, reason=reason)
    await tell(unit, order, ReturnDeclined, return_id, actor=actor_name(by), now=now)
    return return_id


async def cancel_return(
    unit: Unit, *, return_id: ReturnId, token_of: OrderId | None, by: Viewer, now: datetime
) -> ReturnId | UserError:
    """Calls it off before goods were received. `token_of` is the order whose token the caller has shown."""
    found = await locked(unit, return_id, by, for_buyer=True, token_of=token_of)
    if isinstance(found, UserError):
        return found
    order, asked = found
    if (problem := rules.step_problem(asked.state, ReturnState.CANCELLED, AT)) is not None:
        return problem
    await unit.returns.move(return_id, ReturnState.CANCELLED, now=now)
    await tell(unit, order, ReturnCancelled, return_id, actor=actor_name(by), now=now)
    return return_id
