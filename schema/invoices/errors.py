"""How failures of invoices are shown."""

from __future__ import annotations

from domain.invoices.errors import InvoiceSettingsMissing
from schema.errors import error_type

ERRORS: tuple[type, ...] = (error_type(InvoiceSettingsMissing, "Nobody has said yet who sells on the channel."),)
