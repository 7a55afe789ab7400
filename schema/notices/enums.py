"""The kinds and states of letters, as the API spells them."""

from __future__ import annotations

from domain.notices.model import Medium, NoticeKind, NoticeState, Receipt
from domain.notices.sms import SmsEncoding
from schema.enums import described

described(
    NoticeKind,
    "NoticeKind",
    "What a message is about.",
    ORDER_CONFIRMED="The order was placed.",
    PAYMENT_REQUESTED="Staff made the order for its buyer, who is asked to pay it.",
    PAYMENT_RECEIVED="Money has come in.",
    PAYMENT_FAILED="A payment came to nothing.",
    ORDER_STATUS_CHANGED="The order moved on.",
    ORDER_SHIPPED="The goods are under way.",
    FULFILLMENT_SENT="Goods of the order are under way.",
    FULFILLMENT_TRACKED="It is known how a shipment can be followed.",
    FULFILLMENT_DELIVERED="A shipment has arrived.",
    FULFILLMENT_CANCELLED="A shipment was called back.",
    ORDER_CANCELLED="The order was called off.",
    ORDER_EDITED="The shop changed the order.",
    RETURN_APPROVED="Goods may be sent back.",
    RETURN_DECLINED="The shop does not take goods back.",
    RETURN_RECEIVED="Goods came back.",
    RETURN_REFUNDED="Money has gone back for goods that came back.",
    REFUNDED="Money has gone back.",
    STAFF_ORDER_PLACED="To staff: there is a new order.",
    WELCOME="An account was opened.",
    ALREADY_REGISTERED="Somebody tried to open an account with an address that has one.",
    PASSWORD_CHANGED="The password of an account was changed.",  # noqa: S106 - the name of a letter
    SESSION_ENDED="A log-in was used from two places and has been ended.",
    FACTOR_ADDED="A second factor was added to an account.",
    FACTOR_REMOVED="A second factor was removed from an account.",
    RECOVERY_CODES_REPLACED="New recovery codes were made.",
    RECOVERY_CODE_USED="A recovery code was used.",
    PASSKEY_CLONED="A passkey was refused, for there may be a copy of it.",
    IDENTITY_LINKED="A log-in at another provider was linked to an account.",
    IDENTITY_UNLINKED="A log-in at another provider was unlinked from an account.",
    EMAIL_VERIFICATION="Asks an owner to verify their address.",
    PASSWORD_RESET="Lets an owner set a new password.",  # noqa: S106 - the name of a letter
    EMAIL_CHANGE_LEAVING="Asks the old mailbox to confirm a change of address.",
    EMAIL_CHANGE_TAKING="Asks the new mailbox to confirm a change of address.",
    EMAIL_CHANGED="Tells the old mailbox that the address was changed.",
    NEW_DEVICE="Somebody logged in on a device or from a place that is new.",
    LOG_INS_FAILED="Several log-ins have failed.",
    ERASURE_PLANNED="An account is going to be erased.",
    ERASURE_CANCELLED="An account stays after all.",
    BACK_IN_STOCK="Goods that somebody waited for are there again. Nobody has to get it.",
    STAFF_WEBHOOK_DISABLED="To staff: a webhook endpoint was switched off, for nothing reaches it.",
    STAFF_RETURN_REQUESTED="To staff: a buyer asks to send goods back.",
    STAFF_REFUND_FAILED="To staff: a provider refused to give money back.",
    STAFF_REFUND_REQUESTED="To staff: a large refund waits for a second person.",
    STAFF_DISPUTE_OPENED="To staff: a buyer's bank asks money back.",
    STAFF_DISPUTE_CLOSED="To staff: a dispute was decided.",
    STAFF_BOOKS_DIFFER="To staff: a provider's books differ from ours, and somebody has to look.",
    DATA_EXPORT_READY="A copy of the customer's data is ready.",
)
described(
    NoticeState,
    "NoticeState",
    "How the sending of a message goes.",
    QUEUED="Waits for its first or next try.",
    SENDING="Is being tried.",
    SENT="The carrier has taken it.",
    DEAD="Will not be tried again; `failure` says why.",
    WITHHELD="Was not sent, for its reader wants no messages of the kind.",
)
described(Medium, "MessageMedium", "How a message reaches a person.", EMAIL="By e-mail.", SMS="By text message.")
described(
    Receipt,
    "MessageReceipt",
    "What a carrier has told of a message after taking it over.",
    DELIVERED="It has arrived.",
    UNDELIVERED="It did not arrive, and will not; `failure` says why.",
)
described(
    SmsEncoding,
    "SmsEncoding",
    "How the characters of a text message are written.",
    GSM_7="Seven bits each, of an alphabet of 137: 160 in one part, 153 in each of several.",
    UCS_2="Sixteen bits each: 70 in one part, 67 in each of several.",
)
