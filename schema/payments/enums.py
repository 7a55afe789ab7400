"""The closed sets of payments, described for the API."""

from __future__ import annotations

from domain.payments.model import ActionKind, FindingKind, NotificationState, PaymentState, RefundState
from schema.enums import described

described(
    PaymentState,
    "PaymentState",
    "Where one attempt to pay stands.",
    PENDING="Under way, or not known yet. It will have an outcome by itself.",
    REQUIRES_ACTION="The buyer has to follow `nextAction`.",
    AUTHORIZED="The money is promised and not taken.",
    CAPTURED="The money is taken.",
    PARTIALLY_REFUNDED="Some of the money has gone back.",
    REFUNDED="All of the money has gone back.",
    FAILED="It came to nothing; `failure` says why. The order can be paid again.",
    CANCELLED="It was called off before anything was taken.",
)
described(
    ActionKind,
    "PaymentActionKind",
    "What the buyer has to do before a payment goes on.",
    REDIRECT="Go to `url`, a page of the provider's or of a bank's.",
    CHALLENGE="Let the provider's own script finish in the browser, with `clientSecret`.",
    INSTRUCTIONS="Do what `text` says, such as a bank transfer.",
)
described(
    RefundState,
    "RefundState",
    "Where a refund stands.",
    PENDING="Promised; the provider has not answered yet.",
    DONE="The money has gone back.",
    FAILED="The provider refused; `failure` says why.",
)
described(
    NotificationState,
    "PaymentNotificationState",
    "Where a provider's notification stands.",
    PENDING="It waits to be applied.",
    DONE="It was applied, or told nothing new.",
    PARKED="It does not fit; somebody has to look.",
)
described(
    FindingKind,
    "ReconciliationFindingKind",
    "What a comparison with a provider's books found.",
    BEHIND="The provider knew more than we did: a notification was lost.",
    NEVER_ARRIVED="The provider never heard of the attempt.",
    DIFFERENT="Amount, currency, account or figures are not what was agreed to.",
    UNKNOWN_TO_US="The provider has a payment that was never asked for.",
    UNKNOWN_TO_PROVIDER="The provider has no payment of a reference that it once gave.",
)
