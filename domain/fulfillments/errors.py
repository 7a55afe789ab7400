"""What can be expected to fail around shipments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.error import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class NotLeftToShip(UserError):
    """More units of a line were to be sent than are still to be sent; `open` is how many are."""

    code: ClassVar[str] = "NOT_LEFT_TO_SHIP"
    open: int

    @property
    def message(self) -> str:
        return f"Of this line {self.open} can still be sent."


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfillmentClosed(UserError):
    """The shipment has arrived or was called back: it changes no more."""

    code: ClassVar[str] = "FULFILLMENT_CLOSED"
    state: str

    @property
    def message(self) -> str:
        return f"The shipment is {self.state} and changes no more."


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsCameBack(UserError):
    """Goods of the shipment are on the shelf again already, or are being returned: calling it back would count them twice."""

    code: ClassVar[str] = "GOODS_CAME_BACK"

    @property
    def message(self) -> str:
        return "Goods of this shipment have come back, or are coming back, so it did go out."
