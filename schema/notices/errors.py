"""How failures of messages are shown."""

from __future__ import annotations

from domain.notices import errors as notices
from schema.errors import error_type

ERRORS: tuple[type, ...] = (
    error_type(notices.TooManyTestSends, "Enough messages to oneself for one minute."),
    error_type(notices.MessageNotResendable, "The message may not be sent again, or only when that is said expressly."),
)
