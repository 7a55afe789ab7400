"""The three reads as PostGraphile's schema has them, and its answers told in the words of ours, so that both can be compared.

Its ids, cursors and money are its own: database ids, places, and cents that stand flat beside their currency. All of that is
less work than what the API says instead, never more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from benchmarks.operations import Workload

LISTING = """query Listing($slug: String!) { category: categoryBySlug(slug: $slug) { id: rowId name products(first: 24) {
  edges { node { id: rowId name slug thumbnail priceMin priceMax currency category { name }
    variants(orderBy: [POSITION_ASC, ROW_ID_ASC]) { id: rowId sku amount currency status quantity } } }
  pageInfo { hasNextPage endCursor } } } }"""
PAGE = """query ProductPage($slug: String!) { product: productBySlug(slug: $slug) { id: rowId name slug description
  category { id: rowId name slug ancestors: ancestorsList { id: rowId name slug } } images(orderBy: POSITION_ASC) { url }
  variants(orderBy: [POSITION_ASC, ROW_ID_ASC]) {
    id: rowId sku options: optionsList { name value } amount currency status quantity }
  collections: collectionsList { id: rowId name slug } } }"""
SEARCH = """query Search($text: String!, $min: BigInt!, $max: BigInt!) {
  products: found(first: 24, text: $text, min: $min, max: $max) {
    totalCount nodes { id: rowId name slug thumbnail priceMin priceMax currency } pageInfo { hasNextPage endCursor } } }"""
_DOCUMENTS = {"Listing": LISTING, "ProductPage": PAGE, "Search": SEARCH}
_OWN = frozenset({"id", "endCursor"})


def asked(workload: Workload) -> Workload:
    """The same question, put to PostGraphile."""
    return replace(
        workload, document=_DOCUMENTS[workload.name], variables=tuple(_variables(each) for each in workload.variables)
    )


def _variables(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.replace(".", "") if name in {"min", "max"} else value for name, value in said.items()}


def values(data: Any) -> Any:
    """An answer of the API without what each server names in its own way: ids and cursors."""
    match data:
        case dict():
            return {name: values(value) for name, value in data.items() if name not in _OWN}
        case list():
            return [values(each) for each in data]
    return data


def told(data: Any) -> Any:
    """An answer of PostGraphile's, as `values` would give ours."""
    match data:
        case {"thumbnail": url, "priceMin": low, "priceMax": high, "currency": currency, **rest}:
            span = {"min": _money(low, currency), "max": _money(high, currency)}
            return {**told(rest), "thumbnail": {"url": url} if url is not None else None, "priceRange": span}
        case {"amount": cents, "currency": currency, "status": status, "quantity": quantity, **rest}:
            available = {"status": status, "quantity": int(quantity) if quantity is not None else None}
            return {**told(rest), "price": _money(cents, currency), "availability": available}
        case dict():
            return {name: told(value) for name, value in data.items() if name not in _OWN}
        case list():
            return [told(each) for each in data]
    return data


def _money(cents: str, currency: str) -> dict[str, str]:
    return {"amount": f"{int(cents) // 100}.{int(cents) % 100:02d}", "currency": currency}
