"""Telephone numbers that text messages are to go to, checked before they are kept."""

from __future__ import annotations

from domain.customers.errors import PhoneInvalid
from domain.error import Invalid, Path
from schema.context import Context

NO_SMS = "This shop sends no text messages."


def sms_phone_of(context: Context, typed: str | None, *, at: Path) -> str | PhoneInvalid | Invalid | None:
    """The number as E.164; empty text, which removes one, and None as they are."""
    if not typed:
        return typed
    if not context.ports.notices.sends_sms:
        return Invalid(path=at, reason=NO_SMS)
    return context.ports.addresses.phone(typed, country=None, at=at)
