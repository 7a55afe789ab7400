"""Decides what may be written into a draft, and how its failures are told. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from domain.carts.errors import CartFull, OwnPricesNotAllowed, QuantityOutOfRange
from domain.carts.model import LINES_MAX, NOTE_LENGTH_MAX, QUANTITY_MAX, Cart
from domain.carts.store import Sellable
from domain.drafts.errors import DraftClosed
from domain.drafts.model import NEXT_STATE, REASON_LENGTH_MAX, Contents, DraftLine, DraftState
from domain.error import Invalid, NotFound, Path, Several, UserError
from domain.ids import VariantId
from domain.prices.model import AMOUNT_MAX

_LINES: Path = ("input", "lines")


def step_problem(state: DraftState, to: DraftState, at: Path) -> UserError | None:
    """What keeps a draft from going from one state to another, or None."""
    return None if to in NEXT_STATE[state] else DraftClosed(path=at, state=state.value)


def change_problem(state: DraftState, at: Path) -> UserError | None:
    """What keeps a draft from being changed, or None: only what has not ended changes."""
    return None if NEXT_STATE[state] else DraftClosed(path=at, state=state.value)


def text_problem(contents: Contents) -> UserError | None:
    """What is wrong with the texts that were said, or None."""
    if contents.note is not None and len(contents.note) > NOTE_LENGTH_MAX:
        return Invalid(path=("input", "note"), reason=f"A note has at most {NOTE_LENGTH_MAX} characters.")
    if contents.reduction is not None and len(contents.reduction.reason) > REASON_LENGTH_MAX:
        return Invalid(path=("input", "discount", "reason"), reason=f"A reason has at most {REASON_LENGTH_MAX} characters.")
    return None


def lines_problem(lines: Sequence[DraftLine], sold: Mapping[VariantId, Sellable]) -> UserError | None:
    """Everything that is wrong with lines, given what is sold on the draft's channel. That there is enough is asked at the end."""
    if len(lines) > LINES_MAX:
        return CartFull(path=_LINES, limit=LINES_MAX)
    found: list[UserError] = []
    named: set[VariantId] = set()
    for position, line in enumerate(lines):
        at = (*_LINES, str(position))
        if not 1 <= line.quantity <= QUANTITY_MAX:
            found.append(QuantityOutOfRange(path=(*at, "quantity"), minimum=1, maximum=QUANTITY_MAX))
        if line.variant_id is None or line.variant_id not in sold:
            found.append(NotFound(path=(*at, "variant_id"), what="variant"))
        elif line.variant_id in named:
            found.append(Invalid(path=(*at, "variant_id"), reason="The variant is there twice: say how many in one line."))
        else:
            named.add(line.variant_id)
        if line.own_price is not None and line.own_price.minor > AMOUNT_MAX:
            found.append(Invalid(path=(*at, "price"), reason="This is no price that the shop can take."))
    return Several(errors=tuple(found)) if found else None


def own_prices_problem(cart: Cart, contents: Contents) -> UserError | None:
    """What somebody who may not give orders prices of their own changes all the same, or None.

    They leave prices that others gave as they are, for no more units than these were given for; while others take something
    off the whole, they leave the lines alone.
    """
    if contents.reduction is not None:
        return OwnPricesNotAllowed(path=("input", "discount"))
    if contents.lines is not None and cart.reduction is not None:
        return OwnPricesNotAllowed(path=_LINES)
    given = {line.variant_id: line for line in cart.lines if line.own_price is not None}
    for position, line in enumerate(contents.lines or ()):
        known = given.get(line.variant_id) if line.variant_id is not None else None
        as_given = known is not None and line.own_price == known.own_price and line.quantity <= known.quantity
        if line.own_price is not None and not as_given:
            return OwnPricesNotAllowed(path=(*_LINES, str(position), "price"))
    return None


def of_draft(problem: UserError) -> UserError:
    """A failure of completing a cart as it is told of a draft."""
    if isinstance(problem, Several):
        return Several(errors=tuple(of_draft(each) for each in problem.errors))
    if problem.path[:1] != ("cart",):
        return problem
    return replace(problem, path=("draft_order", *problem.path[1:]))
