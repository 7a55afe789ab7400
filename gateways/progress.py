"""How long steps tell what they are at: one line a step, to whoever waits."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str], None]


def silent(_line: str) -> None:
    """Tells nobody."""
