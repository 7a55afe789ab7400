"""The kinds of notifications, as the API spells them."""

from __future__ import annotations

from domain.notifications.model import NotificationKind
from schema.enums import described

described(
    NotificationKind,
    "NotificationKind",
    "What a notification is about.",
    ORDER_PLACED="A cart has become an order.",
    ORDER_STATUS_CHANGED="An order moved on; `data` says to where.",
    ORDER_EDITED="The shop has changed what was agreed.",
    ORDER_CANCELLED="An order is off.",
    SHIPMENT_SENT="Goods are under way.",
    SHIPMENT_TRACKED="It is known how a shipment can be followed.",
    SHIPMENT_DELIVERED="A shipment has arrived.",
    SHIPMENT_CANCELLED="A shipment was called back.",
    PAYMENT_RECEIVED="Money has come in.",
    PAYMENT_FAILED="An attempt to pay came to nothing.",
    PAYMENT_DISPUTED="A buyer's bank asks money back: somebody has to answer.",
    DISPUTE_CLOSED="A dispute was decided.",
    REFUNDED="Money has gone back.",
    REFUND_FAILED="Money could not be given back: somebody has to look.",
    REFUND_TO_APPROVE="A large refund waits for a second person.",
    RETURN_REQUESTED="A buyer wants to send goods back.",
    RETURN_APPROVED="Goods may be sent back.",
    RETURN_DECLINED="Goods may not be sent back.",
    RETURN_CANCELLED="Goods are not sent back after all.",
    RETURN_RECEIVED="Goods that were sent back have come in.",
    RETURN_EXCHANGED="Other goods are sent for some that came back.",
    BOOKS_DIFFER="A comparison with a provider found what a person has to set right; `data` says with whom and how much.",
    STOCK_LOW="Little is left to sell of a variant; `data` says how many.",
    WEBHOOK_DISABLED="A webhook endpoint was switched off, for nothing reaches it.",
)
