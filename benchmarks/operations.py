"""What is asked: the three reads that storefronts live on, a checkout, and watching an order."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.catalogue import MATERIALS, NOUNS, SEED, Shelves

LISTING = """query Listing($slug: String!) { category(slug: $slug) { id name products(first: 24) {
  edges { node { id name slug thumbnail { url } priceRange { min { amount currency } max { amount currency } } category { name }
    variants { id sku price { amount currency } availability { status quantity } } } }
  pageInfo { hasNextPage endCursor } } } }"""
PAGE = """query ProductPage($slug: String!) { product(slug: $slug) { id name slug description
  category { id name slug ancestors { id name slug } } images { url }
  variants { id sku options { name value } price { amount currency } availability { status quantity } }
  collections { id name slug } } }"""
SEARCH = """query Search($text: String!, $min: Decimal!, $max: Decimal!) {
  products(first: 24, orderBy: PRICE_ASC, where: { text: $text, price: { range: { min: $min, max: $max } } }) {
    totalCount nodes { id name slug thumbnail { url } priceRange { min { amount currency } max { amount currency } } }
    pageInfo { hasNextPage endCursor } } }"""
CREATE = "mutation Create($input: CartCreateInput!) { cartCreate(input: $input) { cart { id } userErrors { code message } } }"
PREPARE = """mutation Prepare($buyer: CartBuyerUpdateInput!, $addresses: CartAddressesUpdateInput!, $delivery: CartDeliverySelectInput!) {
  cartBuyerUpdate(input: $buyer) { userErrors { code message } }
  cartAddressesUpdate(input: $addresses) { userErrors { code message } }
  cartDeliverySelect(input: $delivery) { cart { cost { total { gross { amount } } } } userErrors { code message } } }"""
COMPLETE = """mutation Complete($input: CheckoutCompleteInput!) { checkoutComplete(input: $input) {
  order { id number token total { gross { amount } } } userErrors { code message } } }"""
PAY = """mutation Pay($input: PaymentCreateInput!, $key: String!) { paymentCreate(input: $input) @idempotent(key: $key) {
  payment { state } userErrors { code message } } }"""
WATCH = """subscription Watch($token: String!, $after: Int!) { orderStatusChanged(token: $token, after: $after) {
  seq kind status createdAt } }"""
CANCEL = (
    "mutation Cancel($input: OrderCancelInput!) { orderCancel(input: $input) { order { status } userErrors { code message } } }"
)


@dataclass(frozen=True, slots=True)
class Workload:
    """A read that is asked again and again with other variables."""

    key: str
    title: str
    name: str
    document: str
    variables: tuple[Mapping[str, Any], ...]

    def bodies(self) -> Iterator[dict[str, Any]]:
        """Requests without an end."""
        for variables in itertools.cycle(self.variables):
            yield {"query": self.document, "operationName": self.name, "variables": variables}


NOTHING = Workload("W0", "nothing", "Nothing", "query Nothing { __typename }", ({},))
"""What an operation costs before it reads anything."""


def paged(workload: Workload, first: int) -> Workload:
    """The same with pages of another length."""
    return replace(workload, document=workload.document.replace("first: 24", f"first: {first}"))


def workloads(shelves: Shelves) -> tuple[Workload, ...]:
    """Listing, product page and search over many categories, products and words, in a fixed order."""
    chance = random.Random(SEED)
    searches = tuple(
        {"text": f"{material} {noun}".lower(), "min": "20.00", "max": "140.00"} for material in MATERIALS for noun in NOUNS
    ) + tuple({"text": word.lower(), "min": "20.00", "max": "140.00"} for word in (*MATERIALS, *NOUNS) * 5)
    return (
        Workload("W1", "listing", "Listing", LISTING, tuple({"slug": each} for each in shelves.categories)),
        Workload(
            "W2",
            "product page",
            "ProductPage",
            PAGE,
            tuple({"slug": each} for each in chance.sample(shelves.products, min(200, len(shelves.products)))),
        ),
        Workload("W3", "search", "Search", SEARCH, tuple(chance.sample(searches, len(searches)))),
    )
