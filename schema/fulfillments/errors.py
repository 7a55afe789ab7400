"""How failures of shipments are shown."""

from __future__ import annotations

from domain.fulfillments import errors as fulfillments
from schema.errors import error_type

ERRORS: tuple[type, ...] = (
    error_type(
        fulfillments.NotLeftToShip,
        "More units of a line were to be sent than are still to be sent.",
        open=(int, "Units that are still to be sent."),
    ),
    error_type(
        fulfillments.FulfillmentClosed,
        "The shipment has arrived or was called back: it changes no more.",
        state=(str, "Where it is."),
    ),
    error_type(fulfillments.GoodsCameBack, "Goods of the shipment have come back already, so it cannot be called back."),
)
