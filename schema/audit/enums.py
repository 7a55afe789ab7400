"""What touched the safety of an account, as the API spells it."""

from __future__ import annotations

from domain.audit.model import SecurityKind
from schema.enums import described

described(
    SecurityKind,
    "SecurityEventKind",
    "What touched the safety of an account.",
    NEW_DEVICE="A log-in on a device or from a place that was new.",
    LOG_INS_FAILED="Log-ins failed; `count` of one hour.",
    EMAIL_VERIFIED="The owner showed that mail reaches them.",
    EMAIL_CHANGE_REQUESTED="Another address was asked for.",
    EMAIL_CHANGED="The address was changed.",
    PASSWORD_CHANGED="The password was changed by who knew the old one.",  # noqa: S106 - the name of an event
    PASSWORD_RESET="The password was set by letter.",  # noqa: S106 - the name of an event
    SESSION_ENDED="One device was logged out.",
    SESSIONS_ENDED="All devices were logged out.",
    TOKEN_REUSED="A refresh token came twice, and its session was ended.",  # noqa: S106 - the name of an event
    FACTOR_ADDED="A second factor was added.",
    FACTOR_REMOVED="A second factor was removed.",
    RECOVERY_CODES_MADE="New recovery codes were made.",
    RECOVERY_CODE_USED="A recovery code was used.",
    PASSKEY_CLONED="A passkey's counter went backwards, as a copy's does, and it was refused.",
    IDENTITY_LINKED="An identity at another provider was linked.",
    IDENTITY_UNLINKED="An identity at another provider was unlinked.",
    ROLE_CHANGED="What the account may do was changed.",
    ACCOUNT_DEACTIVATED="The account was closed.",
    ACCOUNT_REACTIVATED="The account was opened again.",
    ERASURE_REQUESTED="The owner asked for the account to be erased.",
    ERASURE_CANCELLED="The owner changed their mind about erasing.",
    DATA_EXPORTED="A copy of the owner's data was made.",
)
