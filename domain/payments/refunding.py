"""The words of giving money back as staff decides it: goods, delivery, who asked and who agreed; and what goods come to. Pure."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

from domain.error import Invalid
from domain.ids import OrderId, OrderLineId, PaymentId, RefundRequestId, VariantId
from domain.money import Money


class RequestState(enum.Enum):
    """Where staff's decision to give money back stands; large ones wait for a second person."""

    WAITING = "WAITING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldLine:
    """A line of an order with what was given back of it, or is to be; `total` is the whole line's, with its tax.

    `restocked` units were put back on the shelf by refunds; those `in_return` are a return's to put there. For those that were
    `exchanged` the buyer has other goods, unless these were called off or came back whole.
    """

    id: OrderLineId
    variant_id: VariantId | None
    quantity: int
    total: Money
    refunded: int
    restocked: int = 0
    in_return: int = 0
    exchanged: int = 0

    @property
    def shelvable(self) -> int:
        """Units that a refund can still put back on the shelf."""
        return max(self.quantity - self.restocked - self.in_return, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """What an order is made of when money goes back: its lines, and its delivery with tax less what was given back of it."""

    lines: tuple[SoldLine, ...]
    shipping: Money


@dataclass(frozen=True, slots=True)
class BackLine:
    """Units of a line that money goes back for; `restocks`: they go back on the shelf."""

    line_id: OrderLineId
    quantity: int
    restocks: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """A decision to give money back; `takes_two` when somebody else has to agree. `payment_id` None: of all payments."""

    id: RefundRequestId
    order_id: OrderId
    payment_id: PaymentId | None
    amount: Money
    shipping: Money
    lines: tuple[BackLine, ...]
    reason: str
    state: RequestState
    takes_two: bool
    requested_by: str


def amount_for(line: SoldLine, quantity: int) -> Money:
    """What the next `quantity` units of a line come to: all its units together come to its total, to the last minor unit."""
    before = line.total.minor * line.refunded // line.quantity
    after = line.total.minor * (line.refunded + quantity) // line.quantity
    return Money(after - before, line.total.currency)


def is_large(amount: Money, *, promised: Money, limit: Money | None) -> bool:
    """Whether giving back takes two people: with all that was given back of the order, so that parts do not slip through."""
    return limit is not None and limit < promised + amount


def units_to_shelve(sold: Sold, lines: Sequence[BackLine]) -> dict[VariantId, int]:
    """How many units of which variants go back on the shelf; of what is sold no more there is no shelf."""
    by_id = {each.id: each.variant_id for each in sold.lines}
    units: dict[VariantId, int] = {}
    for line in lines:
        variant_id = by_id.get(line.line_id)
        if line.restocks and variant_id is not None:
            units[variant_id] = units.get(variant_id, 0) + line.quantity
    return units


def shelf_problem(sold: Sold, lines: Sequence[BackLine]) -> Invalid | None:
    """What keeps units from being put back on the shelf: they are there, or come back by a return, which says where they lie."""
    by_id = {each.id: each for each in sold.lines}
    for place, line in enumerate(lines):
        known = by_id.get(line.line_id)
        if known is not None and line.restocks and line.quantity > known.shelvable:
            reason = (
                f"Of this line {known.shelvable} can still be put back on the shelf; others are there, or are being returned."
            )
            return Invalid(path=("input", "lines", str(place), "restock"), reason=reason)
    return None
