"""Which variant of the shop each row of a sheet means: by SKU, else by options, else a new one.

Pure. Rows that cannot be taken (the same SKU or options twice, a SKU of another product) are told, and left out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from domain.catalog.model import Options, RowError, Variant
from domain.catalog.rules import SKU_MAX, VARIANTS_MAX, folded
from domain.imports.cells import shown
from domain.imports.model import Sheet, SheetVariant

Chosen = list[tuple[SheetVariant, Variant | None]]
"""The rows that are taken, each with the variant it means; None: a new one."""
_NO_WORD = re.compile(r"[^a-z0-9]+")


def sku_of(handle: str, variant: SheetVariant) -> str:
    """The variant's SKU; where the file gives none, one that the same handle and options always get.

    Readable where the options are plain words; a digest (SHA-256) tells apart what would read alike.
    """
    if variant.sku:
        return variant.sku
    values = [value for value in variant.options if value]
    words = [_NO_WORD.sub("-", folded(value).lower()).strip("-") for value in values]
    readable = ":".join((handle, *words))
    if all(word == value.lower() for word, value in zip(words, values, strict=True)) and len(readable) <= SKU_MAX:
        return readable
    digest = hashlib.sha256("\x00".join((handle, *values)).encode()).hexdigest()[:8]
    return f"{readable[: SKU_MAX - 9]}:{digest}"


def chosen(
    sheet: Sheet, variants: Sequence[Variant], names: Sequence[str], holders: Mapping[str, str], errors: list[RowError]
) -> Chosen:
    """The rows that can be taken; trouble with the others is added to `errors`. `names`: the product's options."""
    rows = _without_doubles(sheet, names, holders, errors)
    by_sku = {variant.sku: variant for variant in variants}
    by_options = {variant.options: variant for variant in variants}
    meant = {row: by_sku[row.sku] for row in rows if row.sku in by_sku}
    claimed = {variant.id for variant in meant.values()}
    for row in rows:
        same = by_options.get(row.options)
        if row not in meant and same is not None and same.id not in claimed:
            meant[row] = same
            claimed.add(same.id)
    return _without_collisions(sheet, rows, meant, variants, errors)


def _without_doubles(
    sheet: Sheet, names: Sequence[str], holders: Mapping[str, str], errors: list[RowError]
) -> list[SheetVariant]:
    """Leaves out rows that contradict the product's options, an earlier row, or another product."""
    lines_of_skus: dict[str, int] = {}
    lines_of_options: dict[Options, int] = {}
    rows: list[SheetVariant] = []
    for row in sheet.variants:
        sku = sku_of(sheet.handle, row)
        trouble = _trouble_with_options(row, names)
        if trouble is None and row.options in lines_of_options:
            trouble = "Option1 Value", f"has the same options as line {lines_of_options[row.options]}"
        if trouble is None and sku in lines_of_skus:
            trouble = "Variant SKU", f"is on line {lines_of_skus[sku]} already: {shown(sku)}"
        if trouble is None and holders.get(sku, sheet.handle) != sheet.handle:
            trouble = "Variant SKU", f"belongs to the product {holders[sku]}: {shown(sku)}"
        if trouble is not None:
            errors.append(RowError(line=row.line, column=trouble[0], reason=trouble[1]))
            continue
        lines_of_skus[sku] = lines_of_options[row.options] = row.line
        rows.append(row)
    return rows


def _without_collisions(
    sheet: Sheet,
    rows: Sequence[SheetVariant],
    meant: Mapping[SheetVariant, Variant],
    variants: Sequence[Variant],
    errors: list[RowError],
) -> Chosen:
    """Leaves out rows whose options or made-up SKU a variant outside the file has, and those past the ceiling."""
    claimed = {variant.id for variant in meant.values()}
    bystanders = [variant for variant in variants if variant.id not in claimed]
    options = {variant.options: variant.sku for variant in bystanders}
    skus = {variant.sku for variant in bystanders}
    room = VARIANTS_MAX - len(variants)
    kept: Chosen = []
    for row in rows:
        variant, sku = meant.get(row), sku_of(sheet.handle, row)
        trouble = None
        if row.options in options:
            trouble = "Option1 Value", f"has the options of the variant {shown(options[row.options])}"
        elif variant is None and sku in skus:
            trouble = "Variant SKU", f"belongs to another variant: {shown(sku)}"
        elif variant is None and room <= 0:
            trouble = "Handle", f"has more than {VARIANTS_MAX} variants"
        if trouble is not None:
            errors.append(RowError(line=row.line, column=trouble[0], reason=trouble[1]))
            continue
        room -= variant is None
        kept.append((row, variant))
    return kept


def _trouble_with_options(row: SheetVariant, names: Sequence[str]) -> tuple[str, str] | None:
    for place, value in enumerate(row.options, start=1):
        if place <= len(names) and not value:
            return f"Option{place} Value", f"is missing: the product has the option {shown(names[place - 1])}"
        if place > len(names) and value:
            return f"Option{place} Value", f"belongs to no option of the product: {shown(value)}"
    return None
