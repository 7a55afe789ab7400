"""How failures of payments are shown."""

from __future__ import annotations

from domain.idempotency import IdempotencyKeyRequired
from domain.payments import errors as payments
from schema.errors import error_type
from schema.scalars import Money

ERRORS: tuple[type, ...] = (
    error_type(payments.OrderNotPayable, "The order is cancelled."),
    error_type(payments.AlreadyPaid, "Nothing is left to be paid."),
    error_type(payments.PaymentInProgress, "What is left to be paid is being paid by a payment that has no outcome yet."),
    error_type(
        payments.AmountExceedsOutstanding,
        "More was offered than is left to be paid.",
        outstanding=(Money, "What is left to be paid."),
    ),
    error_type(
        payments.RefundTooLarge,
        "More was asked back than is left to be given back.",
        refundable=(Money, "What is left to be given back."),
    ),
    error_type(
        payments.CaptureTooLarge,
        "More was asked for than is left to be taken of the payment.",
        capturable=(Money, "What is left to be taken."),
    ),
    error_type(
        payments.ProviderCannot,
        "The provider does not do this.",
        ability=(str, "What it would have to be able to do, one of `PaymentAbility`."),
    ),
    error_type(payments.PaymentCoversOrder, "A confirmed order rests on this payment."),
    error_type(payments.ReturnUrlNotAllowed, "Buyers are not sent back to this address."),
    error_type(payments.SecondPersonNeeded, "Who asked for the refund cannot decide about it."),
    error_type(payments.AlreadyImported, "The same statement was taken before."),
    error_type(payments.AlreadyDecided, "The refund was decided before."),
    error_type(payments.ProviderSilent, "The provider does not answer at the moment."),
    error_type(IdempotencyKeyRequired, "This mutation is only done under an idempotency key."),
)
