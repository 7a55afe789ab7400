"""What accounts, staff, sessions and refresh tokens need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from typing import Protocol


class AccessStore(Protocol):
    """Access, inside one transaction."""
