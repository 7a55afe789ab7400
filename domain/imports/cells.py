"""What the cells of a product CSV mean: money, whole numbers, yes and no, and the names of the columns.

The columns are Shopify's, those of its older exports and of its newer template alike; all others are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

from domain.catalog.model import ProductStatus
from domain.catalog.rules import trouble_with_text, trouble_with_url
from domain.money import Currency, minor_digits, rounded_ratio
from domain.prices.model import AMOUNT_MAX

T = TypeVar("T")
QUANTITY_MAX = 1_000_000_000
_SHOWN_MAX = 40
_PRICE = re.compile(r"([0-9]{1,15})(?:\.([0-9]*))?\Z", re.ASCII)
_WHOLE = re.compile(r"(-?)([0-9]{1,12})(?:\.0*)?\Z", re.ASCII)
_WEIGHT = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,6}))?\Z", re.ASCII)
_HANDLE = re.compile(r"[^\s/?#%&\"'<>\\]{1,200}\Z")
_COLUMNS = {
    "handle": "Handle|URL handle",
    "title": "Title",
    "body": "Body (HTML)|Description",
    "vendor": "Vendor",
    "type": "Type",
    "tags": "Tags",
    "published": "Published|Published on online store",
    "status": "Status",
    "option1_name": "Option1 Name",
    "option1": "Option1 Value",
    "option2_name": "Option2 Name",
    "option2": "Option2 Value",
    "option3_name": "Option3 Name",
    "option3": "Option3 Value",
    "sku": "Variant SKU|SKU",
    "grams": "Variant Grams|Weight value (grams)",
    "tracker": "Variant Inventory Tracker|Inventory tracker",
    "quantity": "Variant Inventory Qty|Inventory quantity",
    "policy": "Variant Inventory Policy|Continue selling when out of stock",
    "price": "Variant Price|Price",
    "compare_at": "Variant Compare At Price|Compare-at price",
    "requires_shipping": "Variant Requires Shipping|Requires shipping",
    "taxable": "Variant Taxable|Charge tax",
    "barcode": "Variant Barcode|Barcode",
    "image": "Image Src|Product image URL",
    "image_position": "Image Position",
    "image_alt": "Image Alt Text",
    "seo_title": "SEO Title",
    "seo_description": "SEO Description",
    "variant_image": "Variant Image|Variant image URL",
}
COLUMN_OF: Mapping[str, str] = {
    spelling.casefold(): column for column, spellings in _COLUMNS.items() for spelling in spellings.split("|")
}
"""Our word for a column by its case-folded heading."""


class BadCell(ValueError):
    """A cell that cannot be read; the message says why, without naming the column."""


def shown(cell: str) -> str:
    """A cell as an error message may repeat it: short, and on one line."""
    line = " ".join(cell.split())
    return f'"{line[:_SHOWN_MAX]}{"..." if len(line) > _SHOWN_MAX else ""}"'


def text(cell: str, *, at_most: int) -> str:
    """A text, trimmed."""
    trimmed = cell.strip()
    if (trouble := trouble_with_text(trimmed, at_most=at_most)) is not None:
        raise BadCell(trouble.replace("This ", "", 1).rstrip("."))
    return trimmed


def handle(cell: str) -> str:
    """A product's handle, which becomes its slug."""
    found = cell.strip().casefold()
    if not found:
        raise BadCell("is missing")
    if _HANDLE.match(found) is None or trouble_with_text(found, at_most=200):
        raise BadCell(f"is no handle: {shown(cell)}")
    return found


def code(cell: str, *, at_most: int) -> str:
    """A SKU or barcode; spreadsheets put an apostrophe before those that look like numbers."""
    return text(cell.strip().removeprefix("'"), at_most=at_most)


def yes(cell: str) -> bool | None:
    """The words true and false in any letter case; None for an empty cell."""
    match cell.strip().casefold():
        case "":
            return None
        case "true" | "yes" | "1":
            return True
        case "false" | "no" | "0":
            return False
        case _:
            raise BadCell(f"is neither true nor false: {shown(cell)}")


def status(cell: str) -> ProductStatus | None:
    """active, draft or archived; None for an empty cell."""
    if not cell.strip():
        return None
    try:
        return ProductStatus(cell.strip().upper())
    except ValueError:
        raise BadCell(f"is neither active, draft nor archived: {shown(cell)}") from None


def price(cell: str, currency: Currency) -> int | None:
    """Decimal text in minor units of the currency, exactly; None for an empty cell."""
    if not cell.strip():
        return None
    match = _PRICE.match(cell.strip())
    if match is None:
        raise BadCell(f"is no price such as 12.50: {shown(cell)}")
    digits = minor_digits(currency)
    fraction = (match[2] or "").rstrip("0")
    if len(fraction) > digits:
        raise BadCell(f"has more decimals than {currency}: {shown(cell)}")
    minor = int(match[1] + fraction.ljust(digits, "0"))
    if minor > AMOUNT_MAX:
        raise BadCell(f"is too high: {shown(cell)}")
    return minor


def quantity(cell: str) -> int | None:
    """Units in stock; None for an empty cell."""
    if not cell.strip():
        return None
    match = _WHOLE.match(cell.strip())
    if match is None:
        raise BadCell(f"is no whole number: {shown(cell)}")
    number = int(match[2])
    if match[1] and number:
        raise BadCell(f"is less than nothing: {shown(cell)}")
    if number > QUANTITY_MAX:
        raise BadCell(f"is too high: {shown(cell)}")
    return number


def grams(cell: str) -> int | None:
    """A weight in whole grams, half to even; None for an empty cell."""
    if not cell.strip():
        return None
    match = _WEIGHT.match(cell.strip())
    if match is None or int(match[1]) > 10_000_000:
        raise BadCell(f"is no weight in grams: {shown(cell)}")
    fraction = match[2] or ""
    return rounded_ratio(int(match[1] + fraction), 10 ** len(fraction))


def position(cell: str) -> int | None:
    """A place in an order, counted from 1; None for an empty cell."""
    if (number := quantity(cell)) == 0:
        raise BadCell("counts from 1")
    return number


def url(cell: str) -> str | None:
    """A picture's URL; None for an empty cell."""
    found = cell.strip()
    if found and trouble_with_url(found) is not None:
        raise BadCell(f"is no http or https URL: {shown(cell)}")
    return found or None
