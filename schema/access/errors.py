"""The failures of log-ins and passwords as GraphQL types."""

from __future__ import annotations

from domain.access import errors as domain
from schema.errors import error_type

ERRORS: tuple[type, ...] = (
    error_type(domain.InvalidCredentials, "No active account has this address and this password; which is wrong is not told."),
    error_type(domain.RefreshTokenInvalid, "The refresh token is unknown, expired or used, or its session has ended."),
    error_type(domain.EmailInvalid, "This is no address that mail can be sent to."),
    error_type(domain.EmailTaken, "The address belongs to an account already; told only to who runs the shop."),
    error_type(
        domain.PasswordTooShort,
        "The password has too few characters.",
        length_min=(int, "How many characters it needs at least."),
    ),
    error_type(
        domain.PasswordTooLong,
        "The password has too many characters.",
        length_max=(int, "How many characters it may have at most."),
    ),
    error_type(domain.PasswordCommon, "The password is on the lists that attackers try first."),
    error_type(domain.PasswordPersonal, "The password is made of the name or the address of its owner."),
    error_type(domain.PasswordPattern, "The password repeats itself, or follows the alphabet, calendar or keyboard."),
    error_type(domain.PasswordGuessable, "The password falls to fewer than 100 million guesses."),
    error_type(domain.PasswordWrong, "This is not the present password."),
    error_type(domain.EmailUnverified, "The password is right, and the address has to be verified before logging in."),
    error_type(
        domain.MailedTokenInvalid, "The secret of the letter is unknown, used, expired, replaced, or for something else."
    ),
)
