"""What messages need of the outside world: somebody who carries them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from domain.notices.model import Letter


@dataclass(frozen=True, slots=True)
class Accepted:
    """The carrier has taken the message over."""


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """The message was not taken, or nobody knows; `is_final` when the carrier says that it never will be."""

    reason: str
    is_final: bool = False


class Post(Protocol):
    """A carrier of messages."""

    async def send(self, letter: Letter) -> Accepted | NotAccepted:
        """Sends one message under its own message id, within a bounded time, and never raises for what the carrier does."""
