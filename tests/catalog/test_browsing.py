"""What visitors see: products by key, lists with filters and orders, categories and collections, and nothing unpublished."""

from __future__ import annotations

from typing import Any

import pytest

from tests.makers.catalog import Bazaar, a_row

PRODUCT = """
query($slug: String) {
  product(slug: $slug) {
    id slug name description vendor productType tags isAvailable
    priceRange { min { amount currency } max { amount currency } }
    options { name values }
    images { url alt position } thumbnail { url }
    variants {
      sku name options { name value } price { amount } compareAtPrice { amount }
      availability { status quantity } image { url } product { slug }
    }
    category { name path } categories { slug } collections { slug }
    small: variantBySelectedOptions(selected: [{name: "Size", value: "S"}, {name: "Colour", value: "Red"}]) { sku }
    none: variantBySelectedOptions(selected: [{name: "Size", value: "XXL"}, {name: "Colour", value: "Red"}]) { sku }
    seo { title description }
  }
}"""
NAMES = "query($where: ProductWhereInput, $by: ProductOrder) { products(where: $where, orderBy: $by) { nodes { slug } totalCount } }"


@pytest.fixture(scope="module", autouse=True)
async def goods(bazaar: Bazaar) -> None:
    """A small assortment: a shirt in four variants, a café cup, a hat that is sold out, a draft, one of tomorrow."""
    await bazaar.sells(
        a_row("shirt", "Linen Shirt", **{
            "Body (HTML)": "<p>Running in the sun<script>alert(1)</script></p>", "Vendor": "Weave", "Type": "Tops",
            "Tags": "summer, linen", "Option1 Name": "Size", "Option1 Value": "S", "Option2 Name": "Colour",
            "Option2 Value": "Red", "Variant SKU": "SH-S-R", "Variant Price": "30.00", "Variant Compare At Price": "35.00",
            "Image Src": "https://img.example/shirt.jpg", "Image Alt Text": "A shirt",
            "Variant Image": "https://img.example/shirt.jpg"}),
        a_row("shirt", **{"Option1 Value": "S", "Option2 Value": "Blue", "Variant SKU": "SH-S-B", "Variant Price": "30.00"}),
        a_row("shirt", **{"Option1 Value": "M", "Option2 Value": "Red", "Variant SKU": "SH-M-R", "Variant Price": "32.00",
                          "Variant Inventory Qty": 0}),
        a_row("shirt", **{"Option1 Value": "M", "Option2 Value": "Blue", "Variant SKU": "SH-M-B", "Variant Price": "32.50",
                          "Variant Inventory Tracker": ""}),
        a_row("cup", "Café Cup", Vendor="Clay", Type="Kitchen", Tags="gift", **{"Variant SKU": "CUP", "Variant Price": "12.00"}),
        a_row("hat", "Ärmelhut", Vendor="Weave", Type="Hats", **{"Variant SKU": "HAT", "Variant Inventory Qty": 0,
                                                                 "Variant Price": "50.00"}),
        a_row("draft", "A Draft", Status="draft", **{"Variant SKU": "DRAFT"}),
        a_row("unpublished", "Unpublished", Published="false", Status="active", **{"Variant SKU": "UNPUB"}),
        a_row("priceless", "Priceless", **{"Variant SKU": "PRICELESS", "Variant Price": ""}),
    )  # fmt: skip


async def slugs(bazaar: Bazaar, where: dict[str, Any] | None = None, by: str = "NAME_ASC") -> list[str]:
    """The slugs of a list, whose total count must agree."""
    listed = (await bazaar.api.ask(NAMES, where=where, by=by))["products"]
    assert listed["totalCount"] == len(listed["nodes"])
    return [node["slug"] for node in listed["nodes"]]


async def test_a_product_page_tells_everything_a_buyer_needs(bazaar: Bazaar) -> None:
    shirt = (await bazaar.api.ask(PRODUCT, slug="shirt"))["product"]

    assert shirt["description"] == "<p>Running in the sun</p>"
    assert shirt["priceRange"] == {"min": {"amount": "30.00", "currency": "EUR"}, "max": {"amount": "32.50", "currency": "EUR"}}
    assert shirt["options"] == [{"name": "Size", "values": ["S", "M"]}, {"name": "Colour", "values": ["Red", "Blue"]}]
    assert [each["sku"] for each in shirt["variants"]] == ["SH-S-R", "SH-S-B", "SH-M-R", "SH-M-B"]
    assert [each["availability"] for each in shirt["variants"]] == [
        {"status": "IN_STOCK", "quantity": 5},
        {"status": "IN_STOCK", "quantity": 5},
        {"status": "OUT_OF_STOCK", "quantity": 0},
        {"status": "ALWAYS", "quantity": None},
    ]
    first = shirt["variants"][0]
    assert (first["name"], first["price"], first["compareAtPrice"]) == ("S / Red", {"amount": "30.00"}, {"amount": "35.00"})
    assert first["image"] == {"url": "https://img.example/shirt.jpg"}
    assert first["product"] == {"slug": "shirt"}
    assert (shirt["small"], shirt["none"]) == ({"sku": "SH-S-R"}, None)
    assert shirt["category"] == {"name": "Tops", "path": "Tops"}
    assert shirt["tags"] == ["summer", "linen"]
    assert shirt["isAvailable"] is True


async def test_visitors_see_neither_drafts_nor_unpublished_nor_unpriced_products(bazaar: Bazaar) -> None:
    assert await slugs(bazaar) == ["cup", "shirt", "hat"]
    for slug in ("draft", "unpublished", "priceless", "nothing", "\u0000"):
        assert (await bazaar.api.ask(PRODUCT, slug=slug))["product"] is None
    assert (await bazaar.api.ask('{ variant(sku: "DRAFT") { sku } }'))["variant"] is None

    seen = (await bazaar.staff("{ products(orderBy: NAME_ASC) { nodes { slug status } totalCount } }"))["products"]

    assert seen["totalCount"] == 6
    assert {"slug": "draft", "status": "DRAFT"} in seen["nodes"]
    assert await bazaar.api.refused("{ products { nodes { status } } }") == "UNAUTHENTICATED"


async def test_things_are_found_by_id_and_by_node_and_foreign_ids_find_nothing(bazaar: Bazaar) -> None:
    found = await bazaar.api.ask('{ product(slug: "cup") { id variants { id } category { id } } }')
    product_id, variant_id = found["product"]["id"], found["product"]["variants"][0]["id"]
    category_id = found["product"]["category"]["id"]
    draft_id = (await bazaar.staff('{ product(slug: "draft") { id } }'))["product"]["id"]

    answer = await bazaar.api.ask(
        """query($product: ID!, $variant: ID!, $ids: [ID!]!) {
          product(id: $product) { slug } wrong: product(id: $variant) { slug } variant(id: $variant) { sku }
          nodes(ids: $ids) { __typename ... on Product { slug } ... on Variant { sku } ... on Category { slug } }
        }""",
        product=product_id,
        variant=variant_id,
        ids=[variant_id, draft_id, product_id, "nonsense", category_id],
    )

    assert answer == {
        "product": {"slug": "cup"},
        "wrong": None,
        "variant": {"sku": "CUP"},
        "nodes": [
            {"__typename": "Variant", "sku": "CUP"},
            None,
            {"__typename": "Product", "slug": "cup"},
            None,
            {"__typename": "Category", "slug": "kitchen"},
        ],
    }
    assert await bazaar.api.refused("{ product { slug } }") == "BAD_USER_INPUT"
    assert await bazaar.api.refused('{ product(slug: "a", id: "b") { slug } }') == "BAD_USER_INPUT"


async def test_every_filter_narrows_the_list_to_what_it_says(bazaar: Bazaar) -> None:
    tops = (await bazaar.api.ask('{ category(slug: "tops") { id } }'))["category"]["id"]

    assert await slugs(bazaar, {"category": {"eq": tops}}) == ["shirt"]
    assert await slugs(bazaar, {"category": {"eq": "nonsense"}}) == []
    assert await slugs(bazaar, {"price": {"range": {"min": "12", "max": "30.00"}}}) == ["cup", "shirt"]
    assert await slugs(bazaar, {"price": {"range": {"min": "30.01", "max": "31.99"}}}) == []
    assert await slugs(bazaar, {"price": {"range": {"min": "32.50"}}}) == ["shirt", "hat"]
    assert await slugs(bazaar, {"available": True}) == ["cup", "shirt"]
    assert await slugs(bazaar, {"available": False}) == ["hat"]
    assert await slugs(bazaar, {"vendor": {"oneOf": ["Weave", "\u0000"]}}) == ["shirt", "hat"]
    assert await slugs(bazaar, {"tag": {"eq": "gift"}}) == ["cup"]
    assert await slugs(bazaar, {"productType": {"eq": "Hats"}}) == ["hat"]
    assert await slugs(bazaar, {"OR": [{"tag": {"eq": "gift"}}, {"productType": {"eq": "Hats"}}]}) == ["cup", "hat"]
    assert await slugs(bazaar, {"NOT": {"vendor": {"eq": "Weave"}}}) == ["cup"]
    assert await slugs(bazaar, {"AND": [{"vendor": {"eq": "Weave"}}, {"NOT": {"available": True}}]}) == ["hat"]
    assert await slugs(bazaar, {"OR": []}) == []
    assert await slugs(bazaar, {"status": {"eq": "DRAFT"}}) == []


async def test_search_finds_word_forms_without_accents_and_ranks_names_first(bazaar: Bazaar) -> None:
    async def found(text: str) -> list[str]:
        listed = (await bazaar.api.ask(NAMES, where={"text": text}))["products"]["nodes"]
        return [node["slug"] for node in listed]

    assert await found("cafe") == ["cup"]
    assert await found("CAFÉ cups") == ["cup"]
    assert await found("armelhut") == ["hat"]
    assert await found("run") == ["shirt"]
    assert await found("SH-M-B") == ["shirt"]
    assert await found("shirt -linen") == []
    assert sorted(await found("weave")) == ["hat", "shirt"]
    assert await found("'\"%&|!(:*") == []
    assert await bazaar.api.refused(NAMES, where={"text": "x" * 201}) == "BAD_USER_INPUT"
    assert await bazaar.api.refused(NAMES, by="RELEVANCE") == "BAD_USER_INPUT"


async def test_a_filter_too_deep_or_too_wide_is_refused(bazaar: Bazaar) -> None:
    deep: dict[str, Any] = {"available": True}
    for _ in range(5):
        deep = {"NOT": deep}
    assert await bazaar.api.refused(NAMES, where=deep) == "BAD_USER_INPUT"
    assert await bazaar.api.refused(NAMES, where={"OR": [{"available": True}] * 51}) == "BAD_USER_INPUT"
    assert await bazaar.api.refused(NAMES, where={"price": {"range": {"min": "1.005"}}}) == "BAD_USER_INPUT"
    assert await bazaar.api.refused(NAMES, where={"tag": {"oneOf": ["x"] * 101}}) == "BAD_USER_INPUT"


async def test_lists_are_sorted_both_ways(bazaar: Bazaar) -> None:
    assert await slugs(bazaar, by="PRICE_ASC") == ["cup", "shirt", "hat"]
    assert await slugs(bazaar, by="PRICE_DESC") == ["hat", "shirt", "cup"]
    assert await slugs(bazaar, by="NAME_DESC") == ["hat", "shirt", "cup"]
    by_age = await slugs(bazaar, by="CREATED_ASC")
    assert list(reversed(by_age)) == await slugs(bazaar, by="CREATED_DESC")


async def test_prices_are_those_of_the_currency_asked_for(bazaar: Bazaar) -> None:
    cup = (await bazaar.api.ask('{ product(slug: "cup") { variants { id } } }'))["product"]["variants"][0]["id"]
    in_dollars = 'query @inContext(currency: "USD") { products { nodes { slug priceRange { min { amount currency } } } } }'
    assert (await bazaar.api.ask(in_dollars))["products"]["nodes"] == []

    done = await bazaar.deed(
        "variantPricesSet",
        "VariantPricesSetInput",
        "variants { sku }",
        prices=[{"variantId": cup, "amount": "13.50", "currency": "USD"}],
    )

    assert done == {"variants": [{"sku": "CUP"}], "userErrors": []}
    assert (await bazaar.api.ask(in_dollars))["products"]["nodes"] == [
        {"slug": "cup", "priceRange": {"min": {"amount": "13.50", "currency": "USD"}}}
    ]
    assert (await bazaar.api.ask('{ variant(sku: "CUP") { price { amount } } }'))["variant"]["price"] == {"amount": "12.00"}
