"""Values that no honest client sends, by the type that they are sent for: those that can never be right, and odd ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    is_list_type,
    is_non_null_type,
)

Hostile = tuple[Any, bool]
"""A value, and whether it can never be right."""

_DEEP: Any = 1
for _ in range(70):
    _DEEP = {"a": _DEEP}
ODD_TEXTS = (
    "",
    " ",
    "x" * 50_000,
    "a\0b",
    "'; DROP TABLE orders; --",
    "1' OR '1'='1",
    '<script>alert(1)</script>"><img src=x onerror=alert(1)>',
    "=cmd|' /C calc'!A0",
    "../../etc/passwd%00",
    "{{7*7}}${7*7}%s%n{0}",
    "\u202e\u200b\u0301\U0001f0a1\ufffe\ufdd0",
    "line\r\nX-Injected: yes",
)
_NO_OBJECTS: tuple[Any, ...] = (5, "x", True, {"unknownField": 1}, {"__proto__": {}}, _DEEP)
_NO_CHOICES: tuple[Any, ...] = ("NOPE", 1, "", True, {}, "__proto__")
_WRONG: dict[str, tuple[Any, ...]] = {
    "Int": ("1", 1.5, True, 2**31, -(2**31) - 1, 2**63 - 1, 1e300, {}, [1, 2], "\ud800"),
    "Float": ("1", True, {}),
    "Boolean": ("true", 1, 0, {}, "\ud800"),
    "String": (5, 1.5, True, {}, ["x", "y"], "\ud800"),
    "ID": (True, 1.5, {}, ["x", "y"], "\ud800", _DEEP),
    "Decimal": ("", "abc", "-1", "1e3", "NaN", " 1", "1,00", "1" * 40, "\u0661", 5, 1.5, True, {}),
    "CurrencyCode": ("", "eur", "EURO", "€", 5, True, "EUR\0"),
    "CountryCode": ("", "de", "DEU", 5, "D\0"),
    "LanguageCode": ("", "e", "en_US", 5, "x" * 500, "en\n"),
    "DateTime": ("", "yesterday", "2026-02-30T00:00:00Z", 5, True, {}, "2026-01-01T00:00:00Z\0"),
}
_ODD: dict[str, tuple[Any, ...]] = {
    "Int": (-1, 0, 101, 10**9, 2**31 - 1, -(2**31)),
    "Boolean": (True, False),
    "String": ODD_TEXTS,
    "Decimal": ("0", "0.00", "0.0001", "999999999999999.9999", "10.555"),
    "CurrencyCode": ("XTS", "JPY", "ZZZ"),
    "CountryCode": ("XX", "AQ", "GB"),
    "LanguageCode": ("zz", "tlh-Latn-x-odd", "en-" + "abcdefgh-" * 20 + "x"),
    "DateTime": (
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-01-01T00:00:00",
        "2026-01-01",
        "1970-01-01T00:00:00Z",
    ),
    "JSON": (None, _DEEP, [[]] * 500, {"__proto__": {"x": 1}}, "\0"),
}


def hostile(kind: GraphQLInputType, sample: Callable[[GraphQLInputType], Any]) -> Iterator[Hostile]:
    """What to send for an input of this type; ids that are nobody's are the caller's to add."""
    if is_non_null_type(kind):
        assert isinstance(kind, GraphQLNonNull)
        yield None, True
        yield from hostile(kind.of_type, sample)
    elif is_list_type(kind):
        assert isinstance(kind, GraphQLList)
        yield from ((5.5, True), ({"unknown": 1}, True)) if not _is_text(kind) else (({"unknown": 1}, True),)
        yield from (([[[1]]], True), ([], False), ([sample(kind.of_type)] * 500, False))
        if is_non_null_type(kind.of_type):
            yield [None], True
    elif isinstance(kind, GraphQLInputObjectType):
        yield from ((each, True) for each in _NO_OBJECTS)
    elif isinstance(kind, GraphQLEnumType):
        yield from ((each, True) for each in _NO_CHOICES)
    else:
        name = str(kind)
        yield from ((each, True) for each in _WRONG.get(name, ()))
        yield from ((each, False) for each in _ODD.get(name, ODD_TEXTS))


def _is_text(kind: GraphQLList[Any]) -> bool:
    return str(kind).strip("[]!") in {"String", "ID"}
