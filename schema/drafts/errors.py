"""How failures of drafts are shown."""

from __future__ import annotations

from domain.carts.errors import OwnPricesNotAllowed
from domain.drafts import errors as drafts
from schema.errors import error_type

ERRORS: tuple[type, ...] = (
    error_type(
        drafts.DraftClosed,
        "The draft became an order or was thrown away: it changes no more.",
        state=(str, "Where it is."),
    ),
    error_type(OwnPricesNotAllowed, "The caller may not give orders prices and discounts of their own."),
)
