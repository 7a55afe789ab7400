"""What invoices need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from domain.ids import ChannelId, OrderId
from domain.invoices.model import InvoiceFacts, InvoiceKind, InvoiceSettings, NewInvoice, SoldOrder


class InvoicesStore(Protocol):
    """Invoices, inside one transaction. They are only ever added to."""

    async def settings(self, channel_id: ChannelId) -> InvoiceSettings | None:
        """How a channel writes invoices; None when nobody has said."""

    async def set_settings(self, channel_id: ChannelId, settings: InvoiceSettings) -> None: ...

    async def sold(self, order_id: OrderId) -> SoldOrder | None:
        """The order as its invoice needs it; locks nothing, for the agreement does not change under an order's lock."""

    async def invoice_of(self, order_id: OrderId) -> tuple[UUID, InvoiceFacts] | None:
        """The order's invoice, the first and only of its kind."""

    async def credit_note_of(self, refund_id: UUID) -> UUID | None:
        """The credit note of a refund."""

    async def next_number(self, channel_id: ChannelId, kind: InvoiceKind) -> int:
        """Draws the next number. Locks the channel's series until the transaction ends, so that none is ever left out."""

    async def add(self, invoice: NewInvoice) -> None: ...

    async def refund(self, refund_id: UUID) -> tuple[OrderId, int, str] | None:
        """A refund that was settled: its order, amount (minor units) and reason."""

    async def facts(self, invoice_id: UUID) -> InvoiceFacts | None:
        """What an invoice says; None when there is none, or it is printed already."""

    async def keep_print(self, invoice_id: UUID, content: bytes) -> bool:
        """Keeps the printed paper; False when it is there already."""
