"""What can be expected to fail around stock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.error import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class InsufficientStock(UserError):
    """More was asked for than is free; `available` is what could be had at that moment."""

    code: ClassVar[str] = "INSUFFICIENT_STOCK"
    sku: str
    asked: int
    available: int

    @property
    def message(self) -> str:
        left = "none is" if self.available == 0 else f"only {self.available} {'is' if self.available == 1 else 'are'}"
        return f"{self.asked} of {self.sku} were asked for, {left} available."


@dataclass(frozen=True, slots=True, kw_only=True)
class StockReserved(UserError):
    """The change would leave less in the warehouse than orders have reserved."""

    code: ClassVar[str] = "STOCK_RESERVED"

    @property
    def message(self) -> str:
        return "Orders have reserved more than would remain. Cancel them, or adjust by less."
