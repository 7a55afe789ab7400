"""How failures of editing orders are shown."""

from __future__ import annotations

from domain.edits import errors as edits
from schema.errors import error_type

ERRORS: tuple[type, ...] = (
    error_type(edits.OrderNotEditable, "The order as a whole changes no more; the message says why."),
    error_type(
        edits.LineNotEditable,
        "Units of the line are under way, money was given back for them, or they stand in for goods that came back.",
        sku=(str, "The line's SKU."),
    ),
)
