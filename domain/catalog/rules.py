"""Pure decisions of the catalogue: what a text may be, how it is sorted and searched, what an attribute means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import assert_never

from domain.catalog.errors import OptionsTaken
from domain.catalog.model import Attribute, AttributeKind, Options, Variant
from domain.error import Invalid, Path

NAME_MAX = 200
SLUG_MAX = 200
SKU_MAX = 100
TEXT_MAX = 255
DESCRIPTION_MAX = 65_536
URL_MAX = 2_000
TAGS_MAX = 250
VARIANTS_MAX = 250
IMAGES_MAX = 250
OPTIONS_MAX = 3
ATTRIBUTES_MAX = 100
CATEGORIES_OF_PRODUCT_MAX = 50
DEPTH_MAX = 100
"""Levels of the category tree: a bound for reading a path, far above any shop's."""
WEIGHT_GRAMS_MAX = 10_000_000

_WITHOUT_DECOMPOSITION = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "AE",
                                        "œ": "oe", "Œ": "OE", "ß": "ss", "ẞ": "SS", "þ": "th", "Þ": "TH"})  # fmt: skip
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
_URL = re.compile(r"https?://[^\s/?#\"<>\\]+[^\s\"<>\\]*\Z")


def folded(text: str) -> str:
    """A text without accents, for search: what is written and what is asked pass through here alike."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(_WITHOUT_DECOMPOSITION)


def name_key(name: str) -> str:
    """What a name is sorted by: NFKC, case folded (Unicode 3.13), so that Zebra does not come before apple.

    Bounded, for a single letter can unfold into eighteen and the key stands in cursors.
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())[:NAME_MAX]


def trouble_with_text(text: str, *, at_most: int, required: bool = False) -> str | None:
    """Why a text cannot be kept, in words for people; None when it can."""
    if required and not text.strip():
        return "This may not be empty."
    if len(text) > at_most:
        return f"This may have {at_most} characters at most."
    if any((letter < " " and letter not in "\t\n\r") or "\ud800" <= letter <= "\udfff" or letter == "\x7f" for letter in text):
        return "This contains characters that are no text."
    return None


def invalid_text(text: str | None, path: Path, *, at_most: int, required: bool = False) -> Invalid | None:
    """The failure at a place of the input for a text that cannot be kept; None when it can or is not given."""
    reason = trouble_with_text(text, at_most=at_most, required=required) if text is not None else None
    return Invalid(path=path, reason=reason) if reason is not None else None


def invalid_slug(slug: str | None, path: Path) -> Invalid | None:
    """The failure for a slug that is not lower-case letters and digits with single hyphens between."""
    if slug is None or (_SLUG.match(slug) and len(slug) <= SLUG_MAX):
        return None
    return Invalid(path=path, reason=f"A slug is a-z, 0-9 and single hyphens, {SLUG_MAX} characters at most.")


def trouble_with_url(url: str) -> str | None:
    """Why a URL cannot be a picture's."""
    if len(url) > URL_MAX or _URL.match(url) is None or trouble_with_text(url, at_most=URL_MAX):
        return f"An image needs an http or https URL of at most {URL_MAX} characters."
    return None


def tidy_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags trimmed, without empty ones, each once (by case-folded text), in their order."""
    kept: dict[str, str] = {}
    for tag in tags:
        if trimmed := tag.strip():
            kept.setdefault(name_key(trimmed), trimmed)
    return tuple(kept.values())


def canonical_attribute(name: str, kind: AttributeKind, text: str) -> Attribute | None:
    """An attribute with its value in the kind's one spelling; None when the text is no such value."""
    match kind:
        case AttributeKind.TEXT:
            value: str | None = text
        case AttributeKind.BOOLEAN:
            value = {"true": "true", "false": "false"}.get(text.strip().lower())
        case AttributeKind.NUMBER:
            value = _canonical_number(text)
        case AttributeKind.DATE:
            value = _canonical_date(text)
        case _:
            assert_never(kind)
    return Attribute(name=name, kind=kind, value=value) if value is not None else None


def _canonical_number(text: str) -> str | None:
    if len(text) > 40 or "_" in text:
        return None
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or len(number.as_tuple().digits) > 28 or not -28 <= number.adjusted() <= 28:
        return None
    return f"{number.normalize() + 0:f}"


def _canonical_date(text: str) -> str | None:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        return None


def variant_name(options: Options, *, product_name: str) -> str:
    """What a variant is called beside its product: its options' values, or the product's name where there are none."""
    return " / ".join(value for value in options if value) or product_name


def doubled_options(variants: Iterable[Variant]) -> OptionsTaken | None:
    """The failure for two variants of one product with the same options."""
    seen: set[Options] = set()
    for variant in variants:
        if variant.options in seen:
            return OptionsTaken(options=tuple(value for value in variant.options if value))
        seen.add(variant.options)
    return None
