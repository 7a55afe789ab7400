"""The failures of second factors as GraphQL types."""

from __future__ import annotations

from domain.factors import errors as domain
from schema.errors import error_type

ERRORS: tuple[type, ...] = (
    error_type(domain.SecondFactorRefused, "The code or the passkey's answer is wrong, used, late or somebody else's."),
    error_type(domain.SecondFactorNeeded, "The account has a second factor, and nothing of it was shown."),
    error_type(domain.LogInAgain, "There is nothing else to prove oneself with than a log-in of the last ten minutes."),
    error_type(domain.ChallengeInvalid, "The log-in does not wait any more: begin again."),
    error_type(domain.AlreadyEnrolled, "There is an authenticator app already."),
    error_type(domain.NotEnrolled, "There is no such second factor."),
    error_type(domain.PasskeyRefused, "The passkey was not accepted; why is not told."),
    error_type(
        domain.PasskeysFull,
        "The account has as many passkeys as it may.",
        count_max=(int, "How many it may have."),
    ),
)
