"""The question how a channel writes invoices."""

from __future__ import annotations

from persistence.invoices.reads import InvoiceSettingsView, settings_of_channel
from schema.context import Context
from schema.execution.fields import query
from schema.invoices.types import SETTINGS, InvoiceSettings


@query(InvoiceSettings | None, "How the operation's channel writes invoices; null when nobody has said.", allow=SETTINGS)
async def invoice_settings(context: Context) -> InvoiceSettingsView | None:
    return await settings_of_channel(context.reader, (await context.place()).channel.id)
