"""What invoices need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from domain.ids import ChannelId, OrderId
from domain.invoices.model import (
    InvoiceFacts,
    InvoiceKind,
    InvoiceSettings,
    NewInvoice,
    PresentInvoice,
    SettledRefund,
    SoldOrder,
)


class InvoicesStore(Protocol):
    """Invoices, inside one transaction. They are only ever added to."""

    async def settings(self, channel_id: ChannelId) -> InvoiceSettings | None:
        """How a channel writes invoices; None when nobody has said."""

    async def set_settings(self, channel_id: ChannelId, settings: InvoiceSettings) -> None: ...

    async def sold(self, order_id: OrderId) -> SoldOrder | None:
        """The order as its invoice needs it. Under the order's lock, which whoever changes the agreement holds."""

    async def invoice_of(self, order_id: OrderId) -> PresentInvoice | None:
        """The invoice that holds for the order."""

    async def credit_note_of(self, refund_id: UUID) -> UUID | None:
        """The credit note of a refund."""

    async def next_number(self, channel_id: ChannelId, kind: InvoiceKind) -> int:
        """Draws the next number. Locks the channel's series until the transaction ends, so that none is ever left out."""

    async def add(self, invoice: NewInvoice) -> None: ...

    async def refund(self, refund_id: UUID) -> SettledRefund | None:
        """A refund, if it was settled."""

    async def facts(self, invoice_id: UUID) -> InvoiceFacts | None:
        """What an invoice says; None when there is none, or it is printed already."""

    async def keep_print(self, invoice_id: UUID, content: bytes) -> bool:
        """Keeps the printed paper; False when it is there already."""
