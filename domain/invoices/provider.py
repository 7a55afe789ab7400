"""The ports of invoices: who prints them, and who makes links to them that end."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.invoices.model import InvoiceFacts

LINK_SECONDS = 3600
"""How long a link to a printed invoice is good."""


class Printer(Protocol):
    """Makes the paper. The same facts give the same bytes."""

    def print(self, facts: InvoiceFacts) -> bytes:
        """The PDF. Takes a while of processor time: never on an event loop."""


class Links(Protocol):
    """Links that open a thing for whoever holds them, for a while."""

    def make(self, thing: UUID, *, now: datetime) -> str:
        """The secret part of a link."""

    def open(self, secret: str, *, now: datetime) -> UUID | None:
        """The thing behind it; None when we did not make it, or it is too old."""
