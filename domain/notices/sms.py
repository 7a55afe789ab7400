"""What a text message costs to send: its encoding and the parts that it is cut into (3GPP TS 23.038 and 23.040). Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

SMS_MAX = 918
"""Characters of one message, as it is sent: six parts of the seven-bit alphabet."""
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u00a0\u2007\u2009\u202f", " "),
        **dict.fromkeys("\u2018\u2019\u201a\u2032", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        "\u2026": "...",
        "\u00b7": "-",
    }
)


class SmsEncoding(enum.Enum):
    """How the characters of a text message are written; the value is the published name."""

    GSM_7 = "GSM_7"
    UCS_2 = "UCS_2"

    @property
    def alone(self) -> int:
        """Units in a message of one part."""
        return 160 if self is SmsEncoding.GSM_7 else 70

    @property
    def each(self) -> int:
        """Units in each of several parts, beside the header that joins them."""
        return 153 if self is SmsEncoding.GSM_7 else 67


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """How a text is sent: in so many parts (segments), of so many units of its encoding in all."""

    encoding: SmsEncoding
    units: int
    count: int


def plain(text: str) -> str:
    """The text with what typography puts in place of plain characters undone, and no longer than one message may be.

    One narrow space of a formatted amount would more than halve what fits into a part.
    """
    return text.translate(_PLAIN)[:SMS_MAX]


def segments_of(text: str) -> Segments:
    """How a text is sent: in seven bits when its alphabet has all characters, else in UCS-2."""
    encoding = SmsEncoding.GSM_7 if set(text) <= _BASIC | _EXTENDED else SmsEncoding.UCS_2
    sizes = list(_sizes(text, encoding))
    if sum(sizes) <= encoding.alone:
        return Segments(encoding=encoding, units=sum(sizes), count=1)
    count, room = 1, encoding.each
    for size in sizes:
        if size > room:
            count, room = count + 1, encoding.each
        room -= size
    return Segments(encoding=encoding, units=sum(sizes), count=count)


def _sizes(text: str, encoding: SmsEncoding) -> Iterator[int]:
    """The units of each character, which is never cut in two: an escaped one takes two, as does a surrogate pair."""
    for letter in text:
        is_wide = letter in _EXTENDED if encoding is SmsEncoding.GSM_7 else ord(letter) > 0xFFFF
        yield 2 if is_wide else 1
