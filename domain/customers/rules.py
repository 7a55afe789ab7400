"""Decides how what customers tell is written: names on one line, languages in canonical case. Pure."""

from __future__ import annotations

import re
import unicodedata

from domain.customers.errors import LanguageUnknown, TextTooLong
from domain.customers.model import NAME_LENGTH_MAX
from domain.error import Path

_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:-([A-Za-z]{4}))?(?:-([A-Za-z]{2}|[0-9]{3}))?\Z")


def one_line(text: str) -> str:
    """Canonically composed (NFC), control characters as spaces, spaces collapsed: what fits one line of a label."""
    composed = unicodedata.normalize("NFC", text)
    return " ".join("".join(" " if unicodedata.category(letter) == "Cc" else letter for letter in composed).split())


def name(text: str, *, at: Path) -> str | TextTooLong:
    """A first or last name on one line; empty is allowed, for many people have only one of the two."""
    written = one_line(text)
    return TextTooLong(path=at, length_max=NAME_LENGTH_MAX) if len(written) > NAME_LENGTH_MAX else written


def language(tag: str, *, at: Path) -> str | LanguageUnknown:
    """A BCP 47 tag of language, script and region in the case of RFC 5646 section 2.1.1: `PT-br` is `pt-BR`."""
    match = _LANGUAGE.match(tag)
    if match is None:
        return LanguageUnknown(path=at)
    spoken, script, region = match.groups()
    return "-".join(part for part in (spoken.lower(), script and script.title(), region and region.upper()) if part)
