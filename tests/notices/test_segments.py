"""What a text message costs: its parts, counted as carriers count them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.notices.sms import SmsEncoding, plain, segments_of

BASIC = st.text(st.sampled_from("abcÄ@£Δ \n5"))
ESCAPED = st.text(st.sampled_from("ab€{}[]~\\^|"))


@given(st.one_of(BASIC, ESCAPED, st.text()))
def test_parts_hold_the_text_and_no_character_is_cut_in_two(text: str) -> None:
    found = segments_of(text)
    sizes = [2 if each in "\f^{}\\[~]|€" else 1 for each in text]
    if found.encoding is SmsEncoding.UCS_2:
        sizes = [len(each.encode("utf-16-le", "surrogatepass")) // 2 for each in text]
    assert found.units == sum(sizes)
    whole, each = (160, 153) if found.encoding is SmsEncoding.GSM_7 else (70, 67)
    if found.units <= whole:
        assert found.count == 1
    else:
        # A part is left short by one unit at most, before a character that takes two.
        assert (found.units + each - 1) // each <= found.count <= -(-found.units // (each - 1))


@pytest.mark.parametrize(
    ("text", "encoding", "units", "count"),
    [
        ("", "GSM_7", 0, 1),
        ("x" * 160, "GSM_7", 160, 1),
        ("x" * 161, "GSM_7", 161, 2),
        ("x" * 306, "GSM_7", 306, 2),
        ("x" * 307, "GSM_7", 307, 3),
        ("€" * 80, "GSM_7", 160, 1),
        ("x" * 152 + "€" + "x" * 152, "GSM_7", 306, 3),
        ("я" * 70, "UCS_2", 70, 1),
        ("я" * 71, "UCS_2", 71, 2),
        ("x" * 66 + "😀" + "x" * 66, "UCS_2", 134, 3),
    ],
)
def test_parts_are_counted_as_carriers_count_them(text: str, encoding: str, units: int, count: int) -> None:
    found = segments_of(text)
    assert (found.encoding.value, found.units, found.count) == (encoding, units, count)


def test_typography_does_not_make_a_text_dear() -> None:
    said = plain("94,90\u00a0€ \u2013 „Ihre“ Bestellung…")
    assert said == '94,90 € - "Ihre" Bestellung...'
    assert segments_of(said).encoding is SmsEncoding.GSM_7
    assert len(plain("x" * 5_000)) == 918
