"""The facts of invoices that others act on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceIssued(Event):
    """An invoice or a credit note has its number; it is to be printed."""

    aggregate: ClassVar[str] = "invoice"
    invoice_id: UUID
    order_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.invoice_id
