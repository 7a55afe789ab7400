"""Method tokens: what a provider gave to the buyer's browser passes, and what looks like a card number passes nowhere."""

from __future__ import annotations

import re

from domain.payments.provider import Declined

_NUMBER = re.compile(r"[0-9](?:[ -]?[0-9]){11,18}")


def misshapen(method: str, shape: re.Pattern[str]) -> Declined | None:
    """Why a method is not sent to the provider, if it is not. The refusal does not repeat it: it may be a secret."""
    if any(_is_card_number(found) for found in _NUMBER.findall(method)):
        return Declined(
            code="card_number_refused", message="Card numbers belong to the payment provider's own form, never here."
        )
    if shape.match(method) is None:
        return Declined(code="unknown_method", message="This is no method of this payment provider.")
    return None


def _is_card_number(text: str) -> bool:
    """By its check digit (ISO/IEC 7812-1, annex B)."""
    digits = [int(each) for each in text if each.isdigit()]
    doubled = [sum(divmod(2 * each, 10)) for each in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
