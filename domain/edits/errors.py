"""Why an order cannot be edited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.error import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNotEditable(UserError):
    """The order as a whole changes no more; `because` says why, in a sentence for people."""

    code: ClassVar[str] = "ORDER_NOT_EDITABLE"
    because: str

    @property
    def message(self) -> str:
        return self.because


@dataclass(frozen=True, slots=True, kw_only=True)
class LineNotEditable(UserError):
    """Units of the line are under way, money was given back for it, or it stands in for goods that came back."""

    code: ClassVar[str] = "LINE_NOT_EDITABLE"
    sku: str

    @property
    def message(self) -> str:
        return (
            f"Units of {self.sku} have left the shop, money was given back for them, or they stand in for goods that came back: "
            "this line changes no more."
        )
