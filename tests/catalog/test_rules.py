"""Pure rules: reading CSV as a stream, what cells mean, made-up SKUs, folding and sorting."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.catalog.model import AttributeKind
from domain.catalog.rules import canonical_attribute, folded, name_key, tidy_tags, trouble_with_text
from domain.imports import cells
from domain.imports.cells import BadCell
from domain.imports.matching import sku_of
from domain.imports.model import SheetVariant
from domain.imports.records import Broken, Record, Records
from domain.money import Currency

EUR, JPY, KWD = Currency("EUR"), Currency("JPY"), Currency("KWD")
CELL = st.text(alphabet=st.sampled_from('ab",\n\r é'), max_size=8)


def read(text: str) -> list[Record | Broken]:
    """All records of a text."""
    records = Records()
    found = [record for line in io.StringIO(text, newline="") for record in records.feed(line)]
    return [*found, *records.end()]


@given(st.lists(st.lists(CELL, min_size=2, max_size=4), max_size=6))
def test_whatever_a_csv_writer_writes_is_read_back(rows: list[list[str]]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows(rows)
    assert [record.cells if isinstance(record, Record) else record for record in read(written.getvalue())] == rows


@given(st.lists(st.text(alphabet=st.sampled_from('a",é '), max_size=12), max_size=12))
def test_every_line_is_read_or_told_and_none_is_swallowed(lines: list[str]) -> None:
    found = read("".join(f"{line}\n" for line in lines))
    covered = sum(1 if isinstance(each, Broken) else 1 + sum(cell.count("\n") for cell in each.cells) for each in found)
    assert covered == len(lines)
    assert [each.line for each in found] == sorted({each.line for each in found})


@given(st.integers(0, 10**12), st.sampled_from([(EUR, 2), (JPY, 0), (KWD, 3)]))
def test_a_price_is_read_to_the_minor_unit(minor: int, kind: tuple[Currency, int]) -> None:
    currency, digits = kind
    text = f"{Decimal(minor).scaleb(-digits):f}"
    assert cells.price(f" {text} ", currency) == minor
    if digits:
        assert cells.price(f"{text}000", currency) == minor


@pytest.mark.parametrize(
    "text", ["-1", "1,50", "1e3", "NaN", "€5", "=1+1", "1.005", "0x10", "\u0661", "1000000000000000", "1 000", "."]
)
def test_what_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(BadCell):
        cells.price(text, EUR)


def test_weights_are_rounded_half_to_even_and_quantities_are_whole() -> None:
    assert [cells.grams(text) for text in ("", "0.0", "0.5", "1.5", "453.59")] == [None, 0, 0, 2, 454]
    assert [cells.quantity(text) for text in ("", "7", "7.0", "-0")] == [None, 7, 7, 0]
    for bad in ("-1", "1.5", "many", "9999999999"):
        with pytest.raises(BadCell):
            cells.quantity(bad)


def test_a_sku_is_made_up_the_same_way_every_time_and_tells_apart_what_reads_alike() -> None:
    def made(*options: str) -> str:
        first, second, third = (*options, "", "", "")[:3]
        return sku_of("shirt", SheetVariant(line=1, sku="", options=(first, second, third)))

    assert made() == "shirt"
    assert made("Small", "Red") == "shirt:small:red"
    alike = {made("S/M"), made("S M"), made("s-m"), made("S", "M"), made("Größe"), made("Grosse"), made("大"), made("小")}
    assert len(alike) == 8
    assert made("S/M") == made("S/M")
    assert all(len(made("x" * length)) <= 100 for length in (10, 100, 255))
    assert sku_of("shirt", SheetVariant(line=1, sku="OWN", options=("", "", ""))) == "OWN"


@given(st.text(max_size=30))
def test_folding_and_sort_keys_are_stable(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert name_key(name_key(text)) == name_key(text)


def test_texts_tags_and_attributes_have_one_spelling() -> None:
    assert folded("Crème brûlée, Łódź, Straße, Ærø") == "Creme brulee, Lodz, Strasse, AEro"
    assert name_key("\uff3aEBRA") == "zebra"
    assert tidy_tags([" a", "A", "", "b "]) == ("a", "b")
    assert trouble_with_text("ok\n", at_most=3) is None
    assert all(trouble_with_text(bad, at_most=3) for bad in ("long", "\x00", "\ud800", "\x7f"))
    values = {
        (AttributeKind.NUMBER, "1.50"): "1.5",
        (AttributeKind.NUMBER, "-0"): "0",
        (AttributeKind.NUMBER, "Infinity"): None,
        (AttributeKind.NUMBER, "1e99"): None,
        (AttributeKind.BOOLEAN, "True"): "true",
        (AttributeKind.BOOLEAN, "yes"): None,
        (AttributeKind.DATE, "2026-02-28"): "2026-02-28",
        (AttributeKind.DATE, "2026-02-30"): None,
    }
    for (kind, text), value in values.items():
        attribute = canonical_attribute("x", kind, text)
        assert (attribute.value if attribute is not None else None) == value, (kind, text)
