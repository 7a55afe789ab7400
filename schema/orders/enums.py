"""The three states of an order and the kinds of entries in its history, as the API spells them."""

from __future__ import annotations

from domain.orders.model import EventKind, FulfillmentStatus, OrderStatus, PaymentStatus
from persistence.orders.listing import OrderSort
from schema.enums import described

described(
    OrderStatus,
    "OrderStatus",
    "Where the agreement stands.",
    PENDING="Placed and not paid yet; its goods are reserved for a while.",
    CONFIRMED="Paid; the shop has not begun to work on it.",
    PROCESSING="The shop works on it.",
    COMPLETED="Everything has arrived.",
    CANCELLED="Off; nothing more happens to it but money going back.",
)
described(
    PaymentStatus,
    "OrderPaymentStatus",
    "Where the money stands, over all payments of the order.",
    UNPAID="Nothing has been paid, nothing is under way.",
    PENDING="A payment is under way and has no outcome yet.",
    AUTHORIZED="The money is promised and not taken yet.",
    PARTIALLY_PAID="Some of the money is there.",
    PAID="All of the money is there.",
    PARTIALLY_REFUNDED="Some of the money has gone back.",
    REFUNDED="All of the money has gone back.",
)
described(
    FulfillmentStatus,
    "OrderFulfillmentStatus",
    "Where the goods stand.",
    UNFULFILLED="Nothing has been sent.",
    PARTIALLY_SHIPPED="Some of the goods are under way.",
    SHIPPED="All goods are under way.",
    DELIVERED="All goods have arrived.",
    PARTIALLY_RETURNED="All goods were sent, and some have come back.",
    RETURNED="The goods have come back.",
)
described(
    EventKind,
    "OrderEventKind",
    "What an entry of an order's history tells.",
    PLACED="The order was placed.",
    DRAFT_COMPLETED="It was made of a draft, by staff.",
    PAYMENT_STARTED="The buyer began to pay.",
    PAYMENT_ACTION_REQUIRED="The buyer has to confirm the payment with their bank.",
    PAYMENT_AUTHORIZED="The money is promised.",
    PAYMENT_CAPTURED="Money has come in.",
    PAYMENT_FAILED="A payment came to nothing.",
    PAYMENT_CANCELLED="A payment was called off.",
    REFUND_STARTED="Money is to go back.",
    REFUNDED="Money has gone back.",
    REFUND_FAILED="The provider could not give money back; staff have to look.",
    DISPUTE_OPENED="The buyer disputes a payment at their bank.",
    DISPUTE_WON="A dispute was decided for the shop.",
    DISPUTE_LOST="A dispute was decided for the buyer.",
    STATUS_CHANGED="The agreement moved on.",
    FULFILLMENT_CREATED="A shipment left the shop.",
    FULFILLMENT_TRACKED="It is known how a shipment can be followed.",
    FULFILLMENT_DELIVERED="A shipment has arrived.",
    FULFILLMENT_CANCELLED="A shipment was called back.",
    FULFILLMENT_CHANGED="The goods moved on, as a whole.",
    RETURN_REQUESTED="The buyer wants to send goods back.",
    RETURN_APPROVED="The goods may be sent back.",
    RETURN_DECLINED="The shop does not take the goods back.",
    RETURN_CANCELLED="The goods are not sent back after all.",
    RETURN_RECEIVED="Goods came back.",
    RETURN_EXCHANGED="Other goods are sent for some that came back, as an order of their own.",
    RETURN_COMPLETED="Nothing is left to do about goods that came back.",
    EDITED="Staff changed what was agreed; `change` tells what.",
    NOTE_ADDED="The shop wrote a note for the buyer, which is among the order's `notes`.",
    CANCELLED="The order was called off.",
)
described(
    OrderSort,
    "OrderSort",
    "What a list of orders is sorted by; equal ones by id.",
    PLACED_DESC="By when they were placed, the newest first.",
    PLACED_ASC="By when they were placed, the oldest first.",
    TOTAL_DESC="By total, the highest first; needs `where.total.currency`.",
    TOTAL_ASC="By total, the lowest first; needs `where.total.currency`.",
)
