"""The closed sets of outgoing webhooks, as the API spells them."""

from __future__ import annotations

from domain.webhooks.model import DeliveryState, EventType
from schema.enums import described

described(
    EventType,
    "EventType",
    "A kind of fact in the event log. A webhook calls it by the name in brackets.",
    ORDER_PLACED="A cart has become an order. [order.placed]",
    ORDER_STATUS_CHANGED="An order moved on. [order.status_changed]",
    ORDER_CANCELLED="An order is off. [order.cancelled]",
    ORDER_EDITED="Staff changed what was agreed. [order.edited]",
    DRAFT_CREATED="Staff began to put an order together. [draft.created]",
    DRAFT_UPDATED="A draft of an order was changed. [draft.updated]",
    DRAFT_COMPLETED="A draft became an order. [draft.completed]",
    DRAFT_DELETED="A draft was thrown away. [draft.deleted]",
    FULFILLMENT_CREATED="A shipment left the shop. [fulfillment.created]",
    FULFILLMENT_TRACKED="It is known how a shipment can be followed. [fulfillment.tracked]",
    FULFILLMENT_DELIVERED="A shipment has arrived. [fulfillment.delivered]",
    FULFILLMENT_CANCELLED="A shipment was called back. [fulfillment.cancelled]",
    RETURN_REQUESTED="A buyer asks to send goods back. [return.requested]",
    RETURN_APPROVED="Goods may be sent back. [return.approved]",
    RETURN_DECLINED="The shop does not take goods back. [return.declined]",
    RETURN_CANCELLED="Goods are not sent back after all. [return.cancelled]",
    RETURN_RECEIVED="Goods came back. [return.received]",
    RETURN_EXCHANGED="Other goods are sent for some that came back. [return.exchanged]",
    RETURN_COMPLETED="Nothing is left to do about goods that came back. [return.completed]",
    PAYMENT_CAPTURED="Money has come in. [payment.captured]",
    PAYMENT_FAILED="An attempt to pay came to nothing. [payment.failed]",
    REFUND_SETTLED="Money has gone back. [refund.settled]",
    REFUND_FAILED="Money could not be given back: somebody has to look. [refund.failed]",
    PAYMENT_DISPUTED="A buyer's bank asks money back. [payment.disputed]",
    DISPUTE_CLOSED="A dispute was won or lost. [dispute.closed]",
    INVOICE_ISSUED="An invoice or a credit note was written. [invoice.issued]",
    CUSTOMER_REGISTERED="Somebody has opened an account. [customer.registered]",
)
described(
    DeliveryState,
    "WebhookDeliveryState",
    "How the sending of an event to an endpoint goes.",
    PENDING="It will be tried, for the first time or again.",
    DELIVERED="The receiver took it: it answered 2xx.",
    FAILED="It was tried for three days and will not be tried again by itself.",
)
