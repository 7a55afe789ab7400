"""The syntax of e-mail addresses, by email-validator; no name server is asked, so nothing waits and nothing leaks."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from domain.access.model import EMAIL_LENGTH_MAX


class EmailSyntax:
    """`domain.access.provider.EmailRules`."""

    def normalised(self, text: str) -> str | None:
        """See the port. Names that can never get mail (localhost, .test, .invalid) are refused."""
        written = text.strip()
        if len(written) > EMAIL_LENGTH_MAX:
            return None
        try:
            return validate_email(written, check_deliverability=False).normalized
        except EmailNotValidError:
            return None
