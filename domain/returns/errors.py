"""What can be expected to fail around returns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.error import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class NotReturnable(UserError):
    """More units of a line were to come back than were sent and are not coming back already; `returnable` is how many are."""

    code: ClassVar[str] = "NOT_RETURNABLE"
    returnable: int

    @property
    def message(self) -> str:
        return f"Of this line {self.returnable} can be sent back."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnWindowClosed(UserError):
    """The time in which the goods may be sent back is over; `until` is when it ended."""

    code: ClassVar[str] = "RETURN_WINDOW_CLOSED"
    until: datetime

    @property
    def message(self) -> str:
        return f"These goods could be sent back until {self.until:%Y-%m-%d %H:%M} UTC."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnStepRefused(UserError):
    """The return cannot go from where it is to where it was asked to; `allowed` is where it can go."""

    code: ClassVar[str] = "RETURN_STEP_REFUSED"
    current: str
    asked: str
    allowed: tuple[str, ...]

    @property
    def message(self) -> str:
        choices = " or ".join(self.allowed) or "nothing else"
        if self.asked == self.current:
            return f"The return is {self.current} already; it can become {choices}."
        return f"The return is {self.current} and cannot become {self.asked}; it can become {choices}."


@dataclass(frozen=True, slots=True, kw_only=True)
class NotLeftToSettle(UserError):
    """More units were to be refunded or exchanged than were accepted and are not settled yet; `open` is how many are left."""

    code: ClassVar[str] = "NOT_LEFT_TO_SETTLE"
    open: int

    @property
    def message(self) -> str:
        return f"Of this line {self.open} came back and can still be refunded or exchanged."
