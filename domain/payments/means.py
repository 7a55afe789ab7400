"""Checks what a buyer says about how they pay: no card number may ever come here, and nobody is sent to a strange place. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

_PORTS = {"http": 80, "https": 443}


def looks_like_card_number(text: str) -> bool:
    """Whether a text is 13 to 19 digits with the check digit of card numbers (ISO/IEC 7812-1, Luhn), however it is spaced."""
    digits = [int(each) for each in text if each.isdecimal() and each.isascii()]
    if not 13 <= len(digits) <= 19 or any(not each.isdecimal() and each not in " -." for each in text):
        return False
    doubled = (2 * each if place % 2 else each for place, each in enumerate(reversed(digits)))
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0


def may_return_to(url: str, allowed: Iterable[str]) -> bool:
    """Whether an address lies under one of the allowed ones: the same scheme, host and port, and its path or one below it."""
    asked = _split(url)
    if asked is None:
        return False
    return any((base := _split(each)) is not None and _lies_under(asked, base) for each in allowed)


def _split(url: str) -> SplitResult | None:
    """The parts of an http(s) address; None for what browsers might read another way."""
    if "\\" in url or any(each <= " " or each > "~" for each in url):
        return None
    try:
        parts = urlsplit(url)
        named = parts.scheme in _PORTS and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return None
    return parts if named and ".." not in parts.path.split("/") and "%2e" not in parts.path.lower() else None


def _lies_under(asked: SplitResult, base: SplitResult) -> bool:
    places = [(each.scheme, each.hostname, each.port or _PORTS[each.scheme]) for each in (asked, base)]
    root = base.path.rstrip("/")
    return places[0] == places[1] and (asked.path == root or asked.path.startswith(f"{root}/") or not root)
