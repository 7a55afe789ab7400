"""What can be in the way of an invoice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.error import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceSettingsMissing(UserError):
    """Nobody has said yet who sells on the order's channel."""

    code: ClassVar[str] = "INVOICE_SETTINGS_MISSING"

    @property
    def message(self) -> str:
        return "Nobody has said who sells on this channel: see `invoiceSettingsUpdate`."
