"""What can be expected to fail around orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.error import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidTransition(UserError):
    """The order cannot go from where it is to where it was asked to; `allowed` is where it can go."""

    code: ClassVar[str] = "INVALID_TRANSITION"
    current: str
    asked: str
    allowed: tuple[str, ...]

    @property
    def message(self) -> str:
        choices = " or ".join(self.allowed) or "nothing else"
        return f"The order is {self.current} and cannot become {self.asked}; it can become {choices}."


@dataclass(frozen=True, slots=True, kw_only=True)
class NotPaid(UserError):
    """What was asked needs an order that is paid."""

    code: ClassVar[str] = "NOT_PAID"

    @property
    def message(self) -> str:
        return "The order is not paid yet."


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyShipped(UserError):
    """The goods are under way: the order cannot be cancelled any more."""

    code: ClassVar[str] = "ALREADY_SHIPPED"

    @property
    def message(self) -> str:
        return "The goods are under way. Ask for a return instead."
