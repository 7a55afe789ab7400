"""The closed sets of payments, described for the API."""

from __future__ import annotations

from domain.payments.model import ActionKind, DisputeStatus, FindingKind, NotificationState, PaymentState, RefundState
from domain.payments.provider import Ability
from domain.payments.refunding import RequestState
from domain.payments.report import ReportGroup
from domain.payments.statements import LineKind, RowOutcome
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
    ReportGroup,
    "PaymentReportGroup",
    "What the rows of a report over payments are told apart by; beside it always by currency.",
    PROVIDER="By provider.",
    DAY="By day, in UTC.",
    CURRENCY="By currency alone.",
    METHOD="By how it was paid: the brand of the card, or the kind of the method.",
    CHANNEL="By the channel of the order.",
)
described(
    RefundState,
    "RefundState",
    "Where money to give back, or to take, stands.",
    PENDING="Decided; the provider has not answered yet.",
    DONE="The money has moved.",
    FAILED="The provider refused; `failure` says why.",
)
described(
    RequestState,
    "RefundRequestState",
    "Where a decision to give money back stands.",
    WAITING="A second person has to agree.",
    APPROVED="The money goes back.",
    REJECTED="Nothing goes back.",
)
described(
    DisputeStatus,
    "PaymentDisputeStatus",
    "Where a dispute stands.",
    OPEN="The shop may answer.",
    WON="It was decided for the shop.",
    LOST="It was decided for the buyer.",
)
described(
    LineKind,
    "SettlementLineKind",
    "What a line of a provider's statement is about.",
    CHARGE="Money that was taken.",
    REFUND="Money that went back.",
    DISPUTE="Money that a buyer's bank asked back.",
    FEE="What the provider charges.",
    OTHER="Something else, such as a payout.",
)
described(
    RowOutcome,
    "SettlementLineOutcome",
    "What a line of a provider's statement was found to be.",
    MATCHED="Our books say the same.",
    FEE_BOOKED="The same, and it told a fee that was not in our books; now it is.",
    DIFFERENT="We know the payment, and our books say otherwise.",
    UNKNOWN="We know no such payment.",
    MISSING="No line of the file: our books say that it should be there.",
    REPEATED="Another statement told it before.",
    IGNORED="Not about a payment.",
)
described(
    Ability,
    "PaymentAbility",
    "What a payment provider can do beside taking an amount at once.",
    MANUAL_CAPTURE="Promise an amount now, take it later.",
    PARTIAL_CAPTURE="Take less than was promised.",
    SEVERAL_CAPTURES="Take what was promised in several parts.",
    REFUND="Give everything back.",
    PARTIAL_REFUND="Give a part back.",
    CANCEL="Call off what was not taken.",
    SAVED_METHODS="Keep a method for later purchases.",
    LISTING="Tell all payments since a time.",
    OFFLINE="Nobody is asked: staff says what came in, as with bank transfers and cash.",
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
