"""The expected failures of messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.error import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageNotResendable(UserError):
    """A message that may not be sent again, or only when that is said expressly."""

    code: ClassVar[str] = "MESSAGE_NOT_RESENDABLE"
    reason: str

    @property
    def message(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyTestSends(UserError):
    """A member of staff has sent themselves as many messages this minute as they may."""

    code: ClassVar[str] = "TOO_MANY_TEST_SENDS"

    @property
    def message(self) -> str:
        return "That are enough messages for one minute. Please wait a little."
