"""Gathers the rows of a product CSV into products: one sheet for all consecutive rows of a handle.

A bad cell costs the part of the row that it stands in (the product, the variant, or the picture) and is told with line and
column; the rest of the product goes on. What the shop makes of a sheet is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from domain.catalog.model import NO_OPTIONS, Options, RowError
from domain.catalog.rules import DESCRIPTION_MAX, IMAGES_MAX, NAME_MAX, SKU_MAX, TAGS_MAX, TEXT_MAX, VARIANTS_MAX, tidy_tags
from domain.imports import cells
from domain.imports.model import Sheet, SheetImage, SheetText, SheetVariant
from domain.imports.records import Broken, Record
from domain.money import Currency

T = TypeVar("T")
DEFAULT_VALUE = "default title"
"""How a product without options is written down: one option, Title, with this one value."""


class Unreadable(Exception):
    """The file is no product CSV at all; the message says why."""


class _Row:
    """One row's cells by column, and the trouble found in them."""

    def __init__(self, record: Record, columns: dict[str, int], headings: Sequence[str]) -> None:
        self.line = record.line
        self.errors: list[RowError] = []
        self._cells = record.cells
        self._columns = columns
        self._headings = headings

    def cell(self, column: str) -> str:
        """The text of a cell, '' where there is no such column."""
        place = self._columns.get(column)
        return self._cells[place] if place is not None else ""

    def has(self, column: str) -> bool:
        return column in self._columns

    def read(self, column: str, meaning: Callable[[str], T]) -> T | None:
        """A cell's meaning; None when the column is missing, or the cell is bad, which is noted."""
        place = self._columns.get(column)
        if place is None:
            return None
        try:
            return meaning(self._cells[place])
        except cells.BadCell as bad:
            self.blame(column, str(bad))
            return None

    def blame(self, column: str, reason: str) -> None:
        place = self._columns.get(column)
        heading = self._headings[place] if place is not None else ""
        self.errors.append(RowError(line=self.line, column=heading, reason=reason))


class Sheets:
    """Fed with records, header first; gives a sheet whenever a product is complete. `errors` are taken by the caller."""

    def __init__(self, currency: Currency) -> None:
        self.errors: list[RowError] = []
        self.rows = 0
        self._currency = currency
        self._headings: list[str] = []
        self._columns: dict[str, int] = {}
        self._open: _Open | None = None

    @property
    def has_headings(self) -> bool:
        """Whether there was a first line."""
        return bool(self._headings)

    def feed(self, record: Record | Broken) -> Iterator[Sheet]:
        """Takes a record; gives the product before it when this one begins another."""
        if not self._headings:
            self._read_headings(record)
            return
        if isinstance(record, Broken):
            self.rows += 1
            self.errors.append(RowError(line=record.line, column="", reason=record.reason))
            return
        if not any(cell.strip() for cell in record.cells):
            return
        self.rows += 1
        if len(record.cells) != len(self._headings):
            reason = f"has {len(record.cells)} cells where the header has {len(self._headings)}"
            self.errors.append(RowError(line=record.line, column="", reason=reason))
            return
        row = _Row(record, self._columns, self._headings)
        handle = row.read("handle", cells.handle)
        if handle is not None:
            if self._open is not None and self._open.handle != handle:
                yield from self.end()
            if self._open is None:
                self._open = _Open(handle, row, self._currency)
            self._open.add(row)
        self.errors += row.errors

    def end(self) -> Iterator[Sheet]:
        """The last product."""
        complete, self._open = self._open, None
        if complete is not None and not complete.is_refused:
            yield complete.sheet()

    def _read_headings(self, record: Record | Broken) -> None:
        if isinstance(record, Broken):
            raise Unreadable(f"The first line {record.reason}.")
        for place, heading in enumerate(record.cells):
            column = cells.COLUMN_OF.get(" ".join(heading.split()).casefold())
            if column is not None:
                self._columns.setdefault(column, place)
        if "handle" not in self._columns:
            raise Unreadable("The first line must name the columns as Shopify's product export does; Handle is missing.")
        self._headings = [" ".join(heading.split())[:100] for heading in record.cells]


class _Open:
    """The product whose rows are being read."""

    def __init__(self, handle: str, first: _Row, currency: Currency) -> None:
        self.handle = handle
        self.line = first.line
        self.is_refused = False
        self._currency = currency
        self._text: SheetText | None = None
        self._options: tuple[str, ...] | None = None
        self._variants: list[SheetVariant] = []
        self._images: dict[str, SheetImage] = {}
        self._had_bad_variants = False
        self._begin(first)

    def sheet(self) -> Sheet:
        return Sheet(
            handle=self.handle,
            line=self.line,
            text=self._text,
            options=self._options,
            variants=tuple(self._variants),
            images=tuple(sorted(self._images.values(), key=lambda image: image.position)),
            had_bad_variants=self._had_bad_variants,
        )

    def _begin(self, row: _Row) -> None:
        """Reads what the first row says of the product; trouble there refuses all its rows."""
        name = row.read("title", lambda cell: cells.text(cell, at_most=NAME_MAX)) or ""
        if name:
            self._text = _text_of(row, name)
            self._options = _options_of(row)
        self.is_refused = bool(row.errors)

    def add(self, row: _Row) -> None:
        """Reads a row's variant and its picture, each for itself."""
        if self.is_refused:
            if row.line != self.line:
                row.blame("handle", f"belongs to {self.handle}, which is left out because of line {self.line}")
            return
        said = any(row.cell(column).strip() for column in ("option1", "option2", "option3", "sku", "price"))
        if said or (row.line == self.line and self._text is not None):
            self._add_variant(row)
        if row.cell("image").strip():
            self._add_image(row)

    def _add_variant(self, row: _Row) -> None:
        already = len(row.errors)
        variant = _variant_of(row, self._currency, may_be_default=not self._options)
        if len(row.errors) == already and len(self._variants) >= VARIANTS_MAX:
            row.blame("handle", f"has more than {VARIANTS_MAX} variants")
        if len(row.errors) > already:
            self._had_bad_variants = True
        else:
            self._variants.append(variant)

    def _add_image(self, row: _Row) -> None:
        already = len(row.errors)
        url = row.read("image", cells.url)
        place = row.read("image_position", cells.position)
        alt = row.read("image_alt", lambda cell: cells.text(cell, at_most=TEXT_MAX * 2))
        if url is not None and len(row.errors) == already and url not in self._images:
            if len(self._images) >= IMAGES_MAX:
                row.blame("image", f"is one of more than {IMAGES_MAX} images")
            else:
                self._images[url] = SheetImage(url=url, position=place or len(self._images) + 1, alt=alt)


def _text_of(row: _Row, name: str) -> SheetText:
    tags = tidy_tags(row.cell("tags").split(","))
    if len(tags) > TAGS_MAX:
        row.blame("tags", f"has more than {TAGS_MAX} tags")
    row.read("tags", lambda cell: cells.text(cell, at_most=TAGS_MAX * TEXT_MAX))

    def short(column: str) -> str | None:
        return row.read(column, lambda cell: cells.text(cell, at_most=TEXT_MAX))

    published = row.read("published", cells.yes)
    return SheetText(
        name=name,
        description=row.read("body", lambda cell: cells.text(cell, at_most=DESCRIPTION_MAX)),
        vendor=short("vendor"),
        product_type=short("type"),
        tags=tags if row.has("tags") else None,
        status=row.read("status", cells.status),
        is_published=True if published is None and row.has("published") else published,
        seo_title=short("seo_title"),
        seo_description=row.read("seo_description", lambda cell: cells.text(cell, at_most=TEXT_MAX * 4)),
    )


def _options_of(row: _Row) -> tuple[str, ...] | None:
    """The options' names; () for a product without options, None when the file names none although it could."""
    if not row.has("option1_name"):
        return ()
    names = [row.read(f"option{place}_name", lambda cell: cells.text(cell, at_most=TEXT_MAX)) or "" for place in (1, 2, 3)]
    while names and not names[-1]:
        names.pop()
    if len(names) <= 1 and row.cell("option1").strip().casefold() in ("", DEFAULT_VALUE):
        return ()
    if not names:
        row.blame("option1_name", "is missing")
    for place, name in enumerate(names, start=1):
        if not name:
            row.blame(f"option{place}_name", "is missing")
        elif name in names[: place - 1]:
            row.blame(f"option{place}_name", f"names the same option twice: {cells.shown(name)}")
    return tuple(names)


def _variant_of(row: _Row, currency: Currency, *, may_be_default: bool) -> SheetVariant:
    values = [row.read(f"option{place}", lambda cell: cells.text(cell, at_most=TEXT_MAX)) or "" for place in (1, 2, 3)]
    options: Options = (values[0], values[1], values[2])
    if options == (options[0], "", "") and options[0].casefold() == DEFAULT_VALUE and may_be_default:
        options = NO_OPTIONS
    tracker = row.cell("tracker").strip() != "" if row.has("tracker") else None
    goes_on = row.cell("policy").strip().casefold() in ("continue", "true")
    return SheetVariant(
        line=row.line,
        sku=row.read("sku", lambda cell: cells.code(cell, at_most=SKU_MAX)) or "",
        options=options,
        price=row.read("price", lambda cell: cells.price(cell, currency)),
        compare_at=row.read("compare_at", lambda cell: cells.price(cell, currency)),
        weight_grams=row.read("grams", cells.grams),
        requires_shipping=row.read("requires_shipping", cells.yes),
        is_taxable=row.read("taxable", cells.yes),
        # Whoever sells on when nothing is left (policy "continue") does not let stock decide.
        tracks_stock=None if tracker is None and not row.has("policy") else tracker is not False and not goes_on,
        barcode=row.read("barcode", lambda cell: cells.code(cell, at_most=TEXT_MAX)),
        quantity=row.read("quantity", cells.quantity),
        image_url=row.read("variant_image", cells.url),
    )
