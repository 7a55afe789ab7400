"""The reads that storefronts live on take as many SQL statements for a thousand products as for ten."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import httpx2
import pytest

from benchmarks.catalogue import fill
from benchmarks.operations import LISTING, PAGE, SEARCH
from gateways.settings import Settings
from tests.conftest import Clone
from tests.shop import open_api

STATEMENTS = re.compile(r"^vitrine_sql_statements_total (\S+)$", re.MULTILINE)


async def _statements(client: httpx2.AsyncClient) -> int:
    found = STATEMENTS.search((await client.get("/metrics")).text)
    assert found is not None
    return int(float(found[1]))


async def _taken(client: httpx2.AsyncClient, document: str, variables: Mapping[str, Any]) -> tuple[int, int]:
    """The statements of a question, and how many products it was answered with."""
    before = await _statements(client)
    text = (await client.post("/graphql", json={"query": document, "variables": variables})).text
    assert '"errors"' not in text, text
    return await _statements(client) - before, text.count('"slug":"')


async def _counts(settings: Settings, *, products: int, first: int) -> dict[str, tuple[int, int]]:
    """The listing, the page and the search, in a shop of so many products, on pages of `first`."""
    assert settings.database_url is not None
    shelves = await fill(settings.database_url, products=products)
    async with (
        open_api(settings) as api,
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=api), base_url="http://shop", timeout=60) as client,
    ):
        await _taken(client, "{ products(first: 1) { nodes { slug } } }", {})
        material, noun, *_ = shelves.products[0].split("-")
        search = {"text": f"{material} or {noun}", "min": "0", "max": "100000"}
        listings = [await _taken(client, LISTING.replace("24", str(first)), {"slug": each}) for each in shelves.categories]
        return {
            "listing": max(listings),
            "page": await _taken(client, PAGE, {"slug": shelves.products[0]}),
            "search": await _taken(client, SEARCH.replace("24", str(first)), search),
        }


async def test_listing_page_and_search_take_the_same_statements_for_ten_and_for_a_thousand_products(
    clone: Clone, settings_on: Callable[[str], Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is remembered for some seconds must not run out in the middle of the count.
    monkeypatch.setattr("schema.places.KEPT_SECONDS", 3600.0)

    def settings(url: str) -> Settings:
        return settings_on(url).model_copy(update={"response_cache_bytes": 0, "row_cache_bytes": 0})

    few = await _counts(settings(await clone()), products=10, first=10)
    many = await _counts(settings(await clone()), products=1_000, first=100)

    assert {name: statements for name, (statements, _) in many.items()} == {"listing": 3, "page": 1, "search": 3}
    assert {name: statements for name, (statements, _) in few.items() if name != "search"} == {"listing": 3, "page": 1}
    # What fits on one page need not be counted.
    assert few["search"][0] == 2
    assert (few["search"][1] <= 10, many["search"][1], many["listing"][1] > 50) == (True, 100, True)
