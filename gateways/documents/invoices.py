"""Invoices as PDF, by fpdf2, with fonts of our own so that every machine prints the same paper.

The words are the reader's; what is said comes whole from the facts. The same facts give the same bytes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_percent
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace

from domain.invoices.model import InvoiceFacts, InvoiceKind
from domain.money import Currency, minor_digits

FOLDER = Path(__file__).resolve().parent
LANGUAGES = tuple(sorted(file.stem for file in (FOLDER / "words").glob("*.toml")))
_MARGIN = 18
_LINE = 5.0
_FAMILY = "DejaVu"
_GREY = 110


class PdfPrinter:
    """`domain.invoices.provider.Printer`."""

    def print(self, facts: InvoiceFacts) -> bytes:
        paper = _Paper(facts)
        paper.write()
        return bytes(paper.output())


class _Paper(FPDF):
    """One invoice on A4."""

    def __init__(self, facts: InvoiceFacts) -> None:
        super().__init__(format="A4")
        self._facts = facts
        self._words = words_of(facts.language)
        self._locale = _locale(facts.language)
        issued = datetime.fromisoformat(facts.issued_at)
        self.set_creation_date(issued)
        self.set_title(f"{self._words['titles'][facts.kind]} {facts.label}")
        self.set_author(facts.seller[0])
        self.set_lang(self._words["language"])
        self.set_margins(_MARGIN, _MARGIN)
        self.set_auto_page_break(auto=True, margin=_MARGIN + 8)
        self.add_font(_FAMILY, "", FOLDER / "fonts" / "DejaVuSans.ttf")
        self.add_font(_FAMILY, "B", FOLDER / "fonts" / "DejaVuSans-Bold.ttf")
        self.add_font("Ethiopic", "", FOLDER / "fonts" / "NotoSansEthiopic-Regular.ttf")
        self.set_fallback_fonts(["Ethiopic"], exact_match=False)

    def footer(self) -> None:
        """The seller's last words and the page's number, on every page."""
        self.set_y(-_MARGIN)
        self.set_font(_FAMILY, size=7)
        self.set_text_color(_GREY)
        page = f"{self._label('page')} {self.page_no()}"
        self.multi_cell(0, 3.5, "\n".join(part for part in (self._facts.footer, page) if part), align="C")
        self.set_text_color(0)

    def write(self) -> None:  # type: ignore[override]  # the paper is written whole; fpdf2's own `write` is one text's
        """Everything, from the head to the sums."""
        self.add_page()
        self._head()
        if self._facts.lines:
            self._goods()
        self._sums()
        self._taxes()

    def _head(self) -> None:
        facts = self._facts
        self.set_font(_FAMILY, "B", 9)
        for position, line in enumerate(facts.seller):
            self.set_font(_FAMILY, "" if position else "B", 9)
            self._text(line, align="R")
        if facts.tax_id:
            self._text(f"{self._label('tax_id')} {facts.tax_id}", align="R")
        self.ln(6)
        self.set_font(_FAMILY, size=7)
        self._text(self._label("bill_to"))
        self.set_font(_FAMILY, size=10)
        for line in (*facts.buyer, str(self._locale.territories.get(facts.country, facts.country))):
            self._text(line)
        self.ln(8)
        self.set_font(_FAMILY, "B", 15)
        self._text(f"{self._words['titles'][facts.kind]} {facts.label}", height=9)
        self.set_font(_FAMILY, size=9)
        known = [
            ("date", self._date(facts.issued_at)),
            ("order", str(facts.order_number)),
            ("placed", self._date(facts.placed_at)),
        ]
        known += [(name, text) for name, text in (("of", facts.of_label), ("reason", facts.reason)) if text]
        for name, text in known:
            self._text(f"{self._label(name)}: {text}")
        self.ln(5)

    def _goods(self) -> None:
        heads = ("item", "quantity", "unit_price", "discount", "tax", "amount")
        rows = [
            (
                f"{line.name}\n{line.sku}",
                str(line.quantity),
                self._money(line.unit_price),
                self._money(-line.discount) if line.discount else "",
                self._rate(line.tax_basis_points),
                self._money(line.total),
            )
            for line in self._facts.lines
        ]
        self._table([self._label(name) for name in heads], rows, widths=(62, 14, 26, 24, 16, 30))

    def _sums(self) -> None:
        facts = self._facts
        is_invoice = facts.kind == InvoiceKind.INVOICE.value
        parts = [("subtotal", facts.subtotal, is_invoice), ("discount", -facts.discount, facts.discount > 0)]
        self.ln(3)
        self.set_font(_FAMILY, size=9)
        for name, amount, is_shown in parts:
            if is_shown:
                self._sum(self._label(name), amount)
        if facts.delivery_name or facts.shipping:
            self._sum(f"{self._label('shipping')} {facts.delivery_name}".strip(), facts.shipping)
        if facts.tax_added:
            self._sum(self._label("tax_added"), facts.tax_added)
        self.set_font(_FAMILY, "B", 10)
        self._sum(self._label("total" if is_invoice else "credited"), facts.total)
        self.set_font(_FAMILY, size=9)
        if is_invoice and facts.paid:
            self._sum(self._label("paid"), facts.paid)

    def _taxes(self) -> None:
        self.ln(5)
        heads = [self._label(name) for name in ("rate", "net", "tax", "gross")]
        rows = [
            (self._rate(each.basis_points), self._money(each.net), self._money(each.tax), self._money(each.net + each.tax))
            for each in self._facts.taxes
        ]
        self._table(heads, rows, widths=(30, 30, 30, 30))

    def _table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], *, widths: tuple[int, ...]) -> None:
        self.set_font(_FAMILY, size=8)
        with self.table(
            width=sum(widths),
            col_widths=widths,
            text_align=("LEFT", *["RIGHT"] * (len(widths) - 1)),
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            line_height=4.2,
            padding=1,
            align="LEFT",
            headings_style=FontFace(emphasis="B"),
        ) as table:
            for cells in (heads, *rows):
                row = table.row()
                for cell in cells:
                    row.cell(cell)

    def _sum(self, label: str, amount: int) -> None:
        self.cell(self.epw - 34, _LINE, label, align="R")
        self.cell(34, _LINE, self._money(amount), align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _text(self, line: str, *, align: str = "L", height: float = _LINE) -> None:
        self.multi_cell(0, height, line, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _label(self, name: str) -> str:
        return str(self._words["labels"][name])

    def _money(self, minor: int) -> str:
        currency = self._facts.currency
        return format_currency(Decimal(minor).scaleb(-minor_digits(Currency(currency))), currency, locale=self._locale)

    def _rate(self, basis_points: int) -> str:
        return format_percent(Decimal(basis_points) / 10_000, format="#,##0.##%", locale=self._locale)

    def _date(self, moment: str) -> str:
        return format_date(datetime.fromisoformat(moment), "long", locale=self._locale)


def words_of(language: str) -> Mapping[str, Any]:
    """The words of a language by its BCP 47 tag; English where we have none."""
    tag = language.lower().partition("-")[0]
    return _words(tag if tag in LANGUAGES else "en")


@cache
def _words(language: str) -> Mapping[str, Any]:
    return {**tomllib.loads((FOLDER / "words" / f"{language}.toml").read_text("utf-8")), "language": language}


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale.parse("en")
