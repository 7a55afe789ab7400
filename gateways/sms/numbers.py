"""Whom a text message can go to: one telephone number with its country code (ITU-T E.164), and nothing else."""

from __future__ import annotations

import re

from domain.notices.model import E164, Letter
from domain.notices.provider import NotAccepted

_E164 = re.compile(E164.removesuffix("$") + r"\Z")


def not_a_number(letter: Letter) -> NotAccepted | None:
    """Why a message can go to nobody; None when it can. Lists, short codes and national numbers are refused for good."""
    if _E164.match(letter.recipient) is None:
        return NotAccepted("this is no E.164 telephone number", is_final=True)
    return None
