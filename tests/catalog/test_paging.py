"""Lists are walked exactly, whatever is equal and whatever comes in meanwhile; statements do not grow with rows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.makers.catalog import Bazaar, a_row

EQUALS = 1_000
WALK = """query($by: ProductOrder, $first: Int, $after: String, $last: Int, $before: String, $where: ProductWhereInput) {
  products(orderBy: $by, first: $first, after: $after, last: $last, before: $before, where: $where) {
    nodes { slug } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}"""
LISTING = """query($slug: String!, $first: Int!) {
  category(slug: $slug) {
    id name
    products(first: $first) {
      edges { node {
        id name slug thumbnail { url } priceRange { min { amount currency } max { amount currency } }
        category { name } variants { id sku price { amount currency } availability { status quantity } }
      } }
      pageInfo { hasNextPage endCursor }
      totalCount
    }
  }
}"""
PAGE = """query($slug: String!) {
  product(slug: $slug) {
    id name slug description category { id name slug path ancestors { id name slug } } images { url }
    options { name values }
    variants { id sku options { name value } price { amount currency } availability { status quantity } }
    collections { id name slug }
  }
}"""
NESTED = """query($first: Int!) {
  categories(first: $first) { nodes {
    name path children { name } products(first: 3) { nodes { name variants { sku } } totalCount pageInfo { endCursor } }
  } totalCount }
}"""


@pytest.fixture(scope="module", autouse=True)
async def equals(bazaar: Bazaar) -> None:
    """A thousand products of one price, in twenty categories, with two equal names each."""
    await bazaar.sells(
        *(
            a_row(
                f"p{number:04}",
                f"Thing {number // 2:03}",
                Type=f"Kind {number % 20:02}",
                **{"Image Src": f"https://i.example/{number}"},
            )
            for number in range(EQUALS)
        )
    )


async def walked(bazaar: Bazaar, by: str, *, forwards: bool = True, page: int = 97) -> list[str]:
    """All slugs, page by page."""
    found: list[str] = []
    cursor = None
    while True:
        said: dict[str, Any] = {"first": page, "after": cursor} if forwards else {"last": page, "before": cursor}
        listed = (await bazaar.api.ask(WALK, by=by, **said))["products"]
        slugs = [node["slug"] for node in listed["nodes"]]
        found = [*found, *slugs] if forwards else [*slugs, *found]
        info = listed["pageInfo"]
        if not info["hasNextPage" if forwards else "hasPreviousPage"]:
            return found
        cursor = info["endCursor" if forwards else "startCursor"]


@pytest.mark.parametrize("by", ["PRICE_ASC", "PRICE_DESC", "NAME_ASC", "NAME_DESC", "CREATED_ASC", "CREATED_DESC"])
async def test_walking_a_thousand_equal_products_loses_and_repeats_none(bazaar: Bazaar, by: str) -> None:
    forwards = await walked(bazaar, by)
    assert len(forwards) == EQUALS
    assert set(forwards) == {f"p{number:04}" for number in range(EQUALS)}
    assert await walked(bazaar, by, forwards=False, page=100) == forwards


async def test_what_comes_in_while_a_client_pages_moves_nothing(bazaar: Bazaar) -> None:
    first = (await bazaar.api.ask(WALK, by="PRICE_ASC", first=100))["products"]
    await bazaar.sells(
        a_row("cheap", "Cheap", **{"Variant Price": "1.00"}), a_row("dear", "Dear", **{"Variant Price": "99.00"})
    )
    try:
        second = (await bazaar.api.ask(WALK, by="PRICE_ASC", first=100, after=first["pageInfo"]["endCursor"]))["products"]
        assert not {node["slug"] for node in first["nodes"]} & {node["slug"] for node in second["nodes"]}
        assert "cheap" not in {node["slug"] for node in second["nodes"]}
        last = (await bazaar.api.ask(WALK, by="PRICE_ASC", last=1))["products"]["nodes"]
        assert [node["slug"] for node in last] == ["dear"]
    finally:
        async with bazaar.database.writing() as connection:
            await connection.execute("UPDATE product SET status = 'ARCHIVED' WHERE slug IN ('cheap', 'dear')")


async def test_search_results_are_paged_by_rank_exactly(bazaar: Bazaar) -> None:
    found: list[str] = []
    cursor = None
    while True:
        listed = (await bazaar.api.ask(WALK, first=90, after=cursor, where={"text": "thing"}))["products"]
        found += [node["slug"] for node in listed["nodes"]]
        cursor = listed["pageInfo"]["endCursor"]
        if not listed["pageInfo"]["hasNextPage"]:
            break
    assert len(found) == len(set(found)) == EQUALS


async def test_bad_pages_are_refused(bazaar: Bazaar) -> None:
    cursor = (await bazaar.api.ask(WALK, by="NAME_ASC", first=1))["products"]["pageInfo"]["endCursor"]
    for said in (
        {"by": "PRICE_ASC", "first": 1, "after": cursor},
        {"first": 1, "after": "nonsense"},
        {"first": 101},
        {"first": -1},
        {"first": 1, "last": 1},
        {"last": 1, "after": cursor},
    ):
        assert await bazaar.api.refused(WALK, **said) == "BAD_USER_INPUT", said
    assert (await bazaar.api.ask(WALK, first=0))["products"]["nodes"] == []


async def statements(bazaar: Bazaar, document: str, **variables: Any) -> int:
    """How many statements an operation took."""
    bazaar.api.opened.clear()
    await bazaar.api.ask(document, **variables)
    return sum(context.reader.statements for context in bazaar.api.opened)


async def test_a_listing_takes_no_more_statements_for_fifty_products_than_for_one(bazaar: Bazaar) -> None:
    await statements(bazaar, LISTING, slug="kind-00", first=1)
    one = await statements(bazaar, LISTING, slug="kind-00", first=1)
    # A page that holds the whole list is not counted besides.
    assert await statements(bazaar, LISTING, slug="kind-00", first=50) <= one <= 6


async def test_a_product_page_takes_eight_statements_at_most(bazaar: Bazaar) -> None:
    await statements(bazaar, PAGE, slug="p0000")
    assert await statements(bazaar, PAGE, slug="p0000") <= 8


async def test_pages_within_pages_take_one_statement_a_level(bazaar: Bazaar) -> None:
    await statements(bazaar, NESTED, first=2)
    two = await statements(bazaar, NESTED, first=2)
    assert two - 1 <= await statements(bazaar, NESTED, first=20) <= two
    listed = (await bazaar.api.ask(NESTED, first=20))["categories"]
    assert listed["totalCount"] == 20
    assert [(each["name"], each["products"]["totalCount"], len(each["products"]["nodes"])) for each in listed["nodes"]] == [
        (f"Kind {number:02}", 50, 3) for number in range(20)
    ]


async def test_names_of_any_length_and_script_are_paged_too(bazaar: Bazaar) -> None:
    names = {"long-cjk": "\u5927" * 200, "long-ligature": "\ufdfa" * 200, "long-emoji": "\U0001f600" * 200}
    await bazaar.sells(*(a_row(slug, name, Vendor="Long") for slug, name in names.items()))
    found: list[str] = []
    cursor = None
    for _ in names:
        listed = await bazaar.api.ask(WALK, by="NAME_ASC", first=1, after=cursor, where={"vendor": {"eq": "Long"}})
        found += [node["slug"] for node in listed["products"]["nodes"]]
        cursor = listed["products"]["pageInfo"]["endCursor"]
    assert sorted(found) == sorted(names)
    async with bazaar.database.writing() as connection:
        await connection.execute("UPDATE product SET status = 'ARCHIVED' WHERE vendor = 'Long'")
