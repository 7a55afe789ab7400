"""Goods have come back: which of them are accepted, in what condition, and on whose shelf they are put, once."""

from __future__ import annotations

from datetime import datetime

from domain.error import NotFound, UserError
from domain.fulfillments.rules import states_by_goods
from domain.ids import ReturnId
from domain.returns import rules
from domain.returns.actions.steps import AT, end_if_settled, locked, tell
from domain.returns.events import ReturnReceived
from domain.returns.model import Arrived, ReturnState
from domain.unit import Unit
from domain.viewer import Viewer, actor_name


async def receive_return(
    unit: Unit, *, return_id: ReturnId, arrived: tuple[Arrived, ...], by: Viewer, now: datetime
) -> ReturnId | UserError:
    """Notes what of an approved return is accepted. What is not named is not: it stays the buyer's and may be asked for again."""
    found = await locked(unit, return_id, by)
    if isinstance(found, UserError):
        return found
    order, approved = found
    problem = rules.step_problem(approved.state, ReturnState.RECEIVED, AT) or rules.receipt_problem(approved.lines, arrived)
    if problem is not None:
        return problem
    wanted = {each.warehouse_id for each in arrived if each.warehouse_id is not None}
    known = await unit.stock.warehouses(sorted(wanted)) if wanted else set()
    for place, each in enumerate(arrived):
        if each.warehouse_id is not None and each.warehouse_id not in known:
            return NotFound(path=(*rules.LINES, str(place), "restock_warehouse_id"), what="warehouse")
    actor = actor_name(by)
    lines = rules.received(approved.lines, arrived)
    await unit.returns.move(return_id, ReturnState.RECEIVED, now=now)
    await unit.returns.accept(return_id, arrived, {each.line_id: each.accepted for each in lines})
    await unit.stock.shelve(order.id, rules.shelves(lines, arrived), actor=actor)
    states = states_by_goods(order.states, await unit.fulfillments.standings(order.id))
    after = await tell(unit, order, ReturnReceived, return_id, actor=actor, now=now, states=states)
    await end_if_settled(unit, after, return_id, actor=actor, now=now)
    return return_id
