"""The words of providers' statements of what they paid out: lines of a file, and what each was found to be."""

from __future__ import annotations

import enum


class RowOutcome(enum.Enum):
    """What a line of a provider's statement was found to be."""

    MATCHED = "MATCHED"
    """Our books say the same."""
    FEE_BOOKED = "FEE_BOOKED"
    """The same, and it told a fee that was not in our books; now it is."""
    DIFFERENT = "DIFFERENT"
    """We know the payment, and our books say otherwise. For a person."""
    UNKNOWN = "UNKNOWN"
    """We know no such payment. For a person."""
    MISSING = "MISSING"
    """No line of the file: our books say that it should be there. For a person."""
    REPEATED = "REPEATED"
    """Another statement told it before."""
    IGNORED = "IGNORED"
    """Not about a payment, such as a payout."""
