"""Decides what may come back, what of it was accepted, and what is left to refund or exchange. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from domain.error import Invalid, NotFound, Path, UserError
from domain.fulfillments.model import Standing, Units
from domain.ids import OrderLineId, VariantId, WarehouseId
from domain.returns.errors import NotLeftToSettle, NotReturnable, ReturnStepRefused, ReturnWindowClosed
from domain.returns.model import LINES_MAX, NEXT_STATE, Arrived, Asked, Return, ReturnLine, ReturnState

LINES: Path = ("input", "lines")


def request_problem(
    standings: Mapping[OrderLineId, Standing], asked: Sequence[Asked], *, window: timedelta | None, now: datetime
) -> UserError | None:
    """What keeps these units from coming back. `window` is how long after they were delivered, or sent, they may; None: always."""
    if not 0 < len(asked) <= LINES_MAX:
        return Invalid(path=LINES, reason=f"A return has 1 to {LINES_MAX} lines.")
    named: set[OrderLineId] = set()
    for place, line in enumerate(asked):
        at: Path = (*LINES, str(place))
        known = standings.get(line.line_id)
        if known is None or line.line_id in named:
            return NotFound(path=(*at, "line_id"), what="order line")
        if not 0 < line.quantity <= known.returnable:
            return NotReturnable(path=(*at, "quantity"), returnable=known.returnable)
        until = known.last_sent_at + window if window is not None and known.last_sent_at is not None else None
        if until is not None and until <= now:
            return ReturnWindowClosed(path=(*at, "line_id"), until=until)
        named.add(line.line_id)
    return None


def step_problem(state: ReturnState, to: ReturnState, at: Path) -> UserError | None:
    """What keeps a return from going from one state to another, or None."""
    if to in NEXT_STATE[state]:
        return None
    allowed = tuple(each.value for each in ReturnState if each in NEXT_STATE[state])
    return ReturnStepRefused(path=at, current=state.value, asked=to.value, allowed=allowed)


def receipt_problem(lines: Sequence[ReturnLine], arrived: Sequence[Arrived]) -> UserError | None:
    """What keeps these units from being accepted: not asked for, more than asked for, or no shelf to put them on.

    A line may be named several times, for units in different condition or for different shelves.
    """
    if len(arrived) > LINES_MAX:
        return Invalid(path=LINES, reason=f"At most {LINES_MAX} lines at once.")
    by_id = {each.line_id: each for each in lines}
    counted: dict[OrderLineId, int] = {}
    for place, each in enumerate(arrived):
        at: Path = (*LINES, str(place))
        known = by_id.get(each.line_id)
        if known is None:
            return NotFound(path=(*at, "line_id"), what="line of the return")
        counted[each.line_id] = counted.get(each.line_id, 0) + each.quantity
        if each.quantity <= 0 or counted[each.line_id] > known.quantity:
            return Invalid(path=(*at, "quantity"), reason=f"Of this line {known.quantity} were to come back.")
        if each.warehouse_id is not None and not known.is_shelved:
            return Invalid(path=(*at, "restock_warehouse_id"), reason="No stock is kept of these goods.")
    return None


def received(lines: Sequence[ReturnLine], arrived: Sequence[Arrived]) -> tuple[ReturnLine, ...]:
    """The lines with what was accepted of each."""
    counted: dict[OrderLineId, int] = {}
    for each in arrived:
        counted[each.line_id] = counted.get(each.line_id, 0) + each.quantity
    return tuple(replace(line, accepted=counted.get(line.line_id, 0)) for line in lines)


def shelves(lines: Sequence[ReturnLine], arrived: Sequence[Arrived]) -> dict[tuple[VariantId, WarehouseId], int]:
    """How many units of which variants go on which shelves."""
    variants = {each.line_id: each.variant_id for each in lines}
    units: dict[tuple[VariantId, WarehouseId], int] = {}
    for each in arrived:
        variant_id = variants[each.line_id]
        if each.warehouse_id is not None and variant_id is not None:
            level = (variant_id, each.warehouse_id)
            units[level] = units.get(level, 0) + each.quantity
    return units


def settle_problem(found: Return, units: Sequence[Units]) -> UserError | None:
    """What keeps accepted units from being refunded or exchanged, or None."""
    if found.state is not ReturnState.RECEIVED:
        return step_problem(found.state, ReturnState.COMPLETED, ("input", "return_id"))
    if not 0 < len(units) <= LINES_MAX:
        return Invalid(path=LINES, reason=f"Say 1 to {LINES_MAX} lines of which units came back.")
    by_id = {each.line_id: each for each in found.lines}
    named: set[OrderLineId] = set()
    for place, each in enumerate(units):
        known = by_id.get(each.line_id)
        if known is None or each.line_id in named:
            return NotFound(path=(*LINES, str(place), "line_id"), what="line of the return")
        if not 0 < each.quantity <= known.left:
            return NotLeftToSettle(path=(*LINES, str(place), "quantity"), open=known.left)
        named.add(each.line_id)
    return None


def all_left(found: Return) -> tuple[Units, ...]:
    """Whatever came back and nothing was decided about."""
    return tuple(Units(each.line_id, each.left) for each in found.lines if each.left)


def is_settled(found: Return) -> bool:
    """Whether a received return is over: nothing of it is left, and nobody is waited for."""
    return found.state is ReturnState.RECEIVED and not found.waits and not all_left(found)
