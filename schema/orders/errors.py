"""How failures of orders are shown."""

from __future__ import annotations

from domain.orders import errors as orders
from schema.errors import error_type

ERRORS: tuple[type, ...] = (
    error_type(
        orders.InvalidTransition,
        "The order cannot go from where it is to where it was asked to.",
        current=(str, "The state it is in."),
        asked=(str, "The state it was asked to take."),
        allowed=(list[str], "The states it can take instead."),
    ),
    error_type(orders.NotPaid, "The order is not paid yet."),
    error_type(orders.AlreadyShipped, "The goods are under way."),
)
