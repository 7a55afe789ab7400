"""What can be expected to fail around drafts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.error import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftClosed(UserError):
    """The draft became an order or was thrown away: it changes no more."""

    code: ClassVar[str] = "DRAFT_CLOSED"
    state: str

    @property
    def message(self) -> str:
        return f"The draft is {self.state} and changes no more."
