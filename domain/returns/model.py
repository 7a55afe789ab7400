"""The words of returns: where one stands, why goods come back, in what condition they arrived, and what became of them."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from domain.ids import OrderId, OrderLineId, ProductId, ReturnId, VariantId, WarehouseId

LINES_MAX = 250
"""Lines that one return may name."""
RETURNS_MAX = 50
"""Returns that one order may have, declined and cancelled ones among them."""
NOTE_LENGTH_MAX = 1_000


class ReturnState(enum.Enum):
    """Where a return stands."""

    REQUESTED = "REQUESTED"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    CANCELLED = "CANCELLED"
    RECEIVED = "RECEIVED"
    COMPLETED = "COMPLETED"


NEXT_STATE: dict[ReturnState, frozenset[ReturnState]] = {
    ReturnState.REQUESTED: frozenset({ReturnState.APPROVED, ReturnState.DECLINED, ReturnState.CANCELLED}),
    ReturnState.APPROVED: frozenset({ReturnState.RECEIVED, ReturnState.CANCELLED}),
    ReturnState.RECEIVED: frozenset({ReturnState.COMPLETED}),
    ReturnState.DECLINED: frozenset(),
    ReturnState.CANCELLED: frozenset(),
    ReturnState.COMPLETED: frozenset(),
}


class ReturnReason(enum.Enum):
    """Why goods come back, as the buyer says."""

    UNWANTED = "UNWANTED"
    DOES_NOT_FIT = "DOES_NOT_FIT"
    NOT_AS_DESCRIBED = "NOT_AS_DESCRIBED"
    WRONG_GOODS = "WRONG_GOODS"
    DAMAGED = "DAMAGED"
    DEFECTIVE = "DEFECTIVE"
    OTHER = "OTHER"


class ReturnCondition(enum.Enum):
    """In what condition goods came back."""

    NEW = "NEW"
    OPENED = "OPENED"
    USED = "USED"
    DAMAGED = "DAMAGED"


@dataclass(frozen=True, slots=True)
class Asked:
    """Units of an order's line that are to come back, and why."""

    line_id: OrderLineId
    quantity: int
    reason: ReturnReason


@dataclass(frozen=True, slots=True)
class Arrived:
    """Units that came back and are accepted. `warehouse_id`: on whose shelf they are put; None: they are not sold again."""

    line_id: OrderLineId
    quantity: int
    condition: ReturnCondition
    warehouse_id: WarehouseId | None


@dataclass(frozen=True, slots=True)
class Replaced:
    """Accepted units that other goods are sent for: the same variant, or another of its product."""

    line_id: OrderLineId
    quantity: int
    variant_id: VariantId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLine:
    """Units of an order's line in a return. `refunded` counts what money was decided to go back for, or waits to be.

    `is_shelved`: stock is kept of it, so that it can be put on a shelf again.
    """

    line_id: OrderLineId
    variant_id: VariantId | None
    sku: str
    is_shelved: bool
    quantity: int
    accepted: int = 0
    refunded: int = 0
    exchanged: int = 0

    @property
    def left(self) -> int:
        """Accepted units that nothing was decided about yet."""
        return max(self.accepted - self.refunded - self.exchanged, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """A return under its order's lock. `waits`: money for it waits for the agreement of a second person."""

    id: ReturnId
    order_id: OrderId
    number: int
    state: ReturnState
    waits: bool
    lines: tuple[ReturnLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReturn:
    """A return about to be kept."""

    id: ReturnId
    state: ReturnState
    note: str
    lines: tuple[Asked, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goods:
    """A variant that may be sent in place of another."""

    variant_id: VariantId
    product_id: ProductId
    product_name: str
    variant_name: str
    sku: str
    tracks_stock: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where an order's goods went, as the order keeps it: replacements go there too. `sms_phone`: who is told of them by text."""

    country: str
    shipping_address: dict[str, Any] | None
    billing_address: dict[str, Any]
    delivery: dict[str, Any] | None
    sms_phone: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """A line as a letter tells it."""

    product_name: str
    variant_name: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnFacts:
    """What letters tell of a return. `quantity` of a line is what was accepted, once it was received."""

    number: int
    note: str
    decline_reason: str
    lines: tuple[Told, ...]
