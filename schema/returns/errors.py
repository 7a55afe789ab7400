"""How failures of returns are shown."""

from __future__ import annotations

from datetime import datetime

from domain.returns import errors as returns
from schema.errors import error_type

ERRORS: tuple[type, ...] = (
    error_type(
        returns.NotReturnable,
        "More units of a line were to come back than the buyer has.",
        returnable=(int, "Units that can be sent back."),
    ),
    error_type(
        returns.ReturnWindowClosed,
        "The time in which the goods may be sent back is over.",
        until=(datetime, "When it ended."),
    ),
    error_type(
        returns.ReturnStepRefused,
        "The return cannot go from where it is to where it was asked to.",
        current=(str, "The state it is in."),
        asked=(str, "The state it was asked to take."),
        allowed=(list[str], "The states it can take instead."),
    ),
    error_type(
        returns.NotLeftToSettle,
        "More units were to be refunded or exchanged than came back and are not settled.",
        open=(int, "Units that are left."),
    ),
)
