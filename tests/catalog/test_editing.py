"""Staff edit the catalogue through the API: products, variants, pictures, prices, collections; and what is refused."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.makers.access import a_customer
from tests.makers.catalog import Bazaar, a_row

CREATE = (
    "productCreate",
    "ProductCreateInput",
    "product { id slug status version description attributes { name kind value } seo { title description } }",
)
VARIANTS = (
    "productVariantsSet",
    "ProductVariantsSetInput",
    "product { version options { name values } variants { id sku name isActive } }",
)
PRICES = ("variantPricesSet", "VariantPricesSetInput", "variants { sku price { amount } compareAtPrice { amount } }")


async def a_product(bazaar: Bazaar, name: str, **said: Any) -> str:
    """The id of a new draft."""
    done = await bazaar.deed(*CREATE, name=name, **said)
    assert done["userErrors"] == []
    made: str = done["product"]["id"]
    return made


def failures(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """Code and path of each failure."""
    return [(each["code"], ".".join(each["path"])) for each in payload["userErrors"]]


async def test_a_product_goes_from_draft_to_the_shelf_and_off_it(bazaar: Bazaar) -> None:
    created = await bazaar.deed(
        *CREATE,
        name="  Ordinary Chair ",
        description="<b onclick='x()'>Sit</b><script>x</script>",
        tags=["wood", "Wood ", ""],
        seo={"title": "Chair"},
        attributes=[{"name": "width", "kind": "NUMBER", "value": "1e2"}, {"name": "arms", "kind": "BOOLEAN", "value": "TRUE"}],
    )
    product = created["product"]
    assert product == {
        "id": product["id"],
        "slug": "ordinary-chair",
        "status": "DRAFT",
        "version": 1,
        "description": "<b>Sit</b>",
        "attributes": [
            {"name": "arms", "kind": "BOOLEAN", "value": "true"},
            {"name": "width", "kind": "NUMBER", "value": "100"},
        ],
        "seo": {"title": "Chair", "description": None},
    }
    seen = '{ product(slug: "ordinary-chair") { name priceRange { min { amount } max { amount } } variants { sku } } }'
    set_variants = await bazaar.deed(
        *VARIANTS,
        id=product["id"],
        options=["Colour"],
        variants=[{"sku": "CH-R", "options": ["Red"]}, {"sku": "CH-B", "options": ["Blue"]}],
    )
    assert set_variants["product"]["options"] == [{"name": "Colour", "values": ["Red", "Blue"]}]
    variants = {each["sku"]: each["id"] for each in set_variants["product"]["variants"]}
    priced = await bazaar.deed(
        *PRICES,
        prices=[
            {"variantId": variants["CH-R"], "amount": "80"},
            {"variantId": variants["CH-B"], "amount": "90.50", "compareAt": "100.00"},
        ],
    )
    assert priced["variants"] == [
        {"sku": "CH-R", "price": {"amount": "80.00"}, "compareAtPrice": None},
        {"sku": "CH-B", "price": {"amount": "90.50"}, "compareAtPrice": {"amount": "100.00"}},
    ]
    assert (await bazaar.api.ask(seen))["product"] is None

    published = await bazaar.deed("productPublish", "ProductPublishInput", "product { status publishedAt }", id=product["id"])

    assert published["product"]["status"] == "ACTIVE"
    assert (await bazaar.api.ask(seen))["product"] == {
        "name": "Ordinary Chair",
        "priceRange": {"min": {"amount": "80.00"}, "max": {"amount": "90.50"}},
        "variants": [{"sku": "CH-R"}, {"sku": "CH-B"}],
    }
    later = "2026-03-01T12:00:01Z"
    await bazaar.deed("productPublish", "ProductPublishInput", "product { id }", id=product["id"], publishedAt=later)
    assert (await bazaar.api.ask(seen))["product"] is None
    archived = await bazaar.deed("productArchive", "ProductArchiveInput", "product { status }", id=product["id"])
    assert archived["product"] == {"status": "ARCHIVED"}


async def test_a_second_writer_is_told_that_the_product_has_changed(bazaar: Bazaar) -> None:
    chair = await a_product(bazaar, "Stool")
    update = ("productUpdate", "ProductUpdateInput", "product { name version }")
    assert (await bazaar.deed(*update, id=chair, ifVersion=1, name="Bar Stool"))["product"] == {
        "name": "Bar Stool",
        "version": 2,
    }

    late = await bazaar.deed(*update, id=chair, ifVersion=1, name="Foot Stool")

    assert failures(late) == [("VERSION_CONFLICT", "input.ifVersion")]
    assert (await bazaar.deed(*update, id=chair, name="Bar Stool"))["product"]["version"] == 2
    assert (await bazaar.deed(*update, id=chair, seo={"title": ""}))["product"]["version"] == 2


async def test_a_taken_sku_is_told_with_its_place_in_the_list(bazaar: Bazaar) -> None:
    first, second = await a_product(bazaar, "First"), await a_product(bazaar, "Second")
    await bazaar.deed(*VARIANTS, id=first, variants=[{"sku": "TAKEN"}])

    refused = await bazaar.deed(
        *VARIANTS, id=second, options=["Size"], variants=[{"sku": "FREE", "options": ["S"]}, {"sku": "TAKEN", "options": ["M"]}]
    )

    assert refused["product"] is None
    assert failures(refused) == [("SKU_TAKEN", "input.variants.1.sku")]
    assert await bazaar.rows("SELECT count(*) FROM variant WHERE sku = 'FREE'") == [(0,)]


async def test_every_broken_rule_of_variants_is_told_at_its_place(bazaar: Bazaar) -> None:
    product = await a_product(bazaar, "Rules")
    refused = await bazaar.deed(
        *VARIANTS,
        id=product,
        options=["Size"],
        variants=[
            {"sku": "A", "options": ["S"]},
            {"sku": "A", "options": ["S"]},
            {"sku": " ", "options": []},
            {"sku": "B", "options": ["M"], "weightGrams": -1},
        ],
    )
    assert failures(refused) == [
        ("INVALID", "input.variants.1.sku"),
        ("INVALID", "input.variants.1.options"),
        ("INVALID", "input.variants.2.sku"),
        ("INVALID", "input.variants.2.options"),
        ("INVALID", "input.variants.3.weightGrams"),
    ]


async def test_variants_trade_options_and_one_left_out_is_sold_no_more(bazaar: Bazaar) -> None:
    product = await a_product(bazaar, "Trading")
    await bazaar.deed(
        *VARIANTS, id=product, options=["Size"], variants=[{"sku": f"T{each}", "options": [each]} for each in ("S", "M", "L")]
    )
    done = await bazaar.deed(
        *VARIANTS, id=product, options=["Size"], variants=[{"sku": "TM", "options": ["S"]}, {"sku": "TS", "options": ["M"]}]
    )
    assert [(each["sku"], each["name"], each["isActive"]) for each in done["product"]["variants"]] == [
        ("TM", "S", True),
        ("TS", "M", True),
        ("TL", "L", False),
    ]
    back = await bazaar.deed(*VARIANTS, id=product, options=["Size"], variants=[{"sku": "NEW", "options": ["L"]}])
    assert failures(back) == [("OPTIONS_TAKEN", "input.variants.0.options")]


async def test_pictures_are_replaced_and_reordered(bazaar: Bazaar) -> None:
    product = await a_product(bazaar, "Pictured")
    images = ("productImagesSet", "ProductImagesSetInput", "product { images { url alt position } thumbnail { url } }")
    await bazaar.deed(*images, id=product, images=[{"url": "https://i.example/a"}, {"url": "https://i.example/b", "alt": "B"}])
    done = await bazaar.deed(*images, id=product, images=[{"url": "https://i.example/b"}, {"url": "https://i.example/c"}])
    assert done["product"] == {
        "images": [
            {"url": "https://i.example/b", "alt": "", "position": 1},
            {"url": "https://i.example/c", "alt": "", "position": 2},
        ],
        "thumbnail": {"url": "https://i.example/b"},
    }
    bad = await bazaar.deed(*images, id=product, images=[{"url": "ftp://x"}, {"url": "https://i.example/b"}])
    assert failures(bad) == [("INVALID", "input.images.0.url")]


async def test_a_collection_shows_its_products_in_the_order_they_came(bazaar: Bazaar) -> None:
    await bazaar.sells(a_row("col-a", "A"), a_row("col-b", "B"), a_row("col-c", "C"))
    found = await bazaar.api.ask("{ " + " ".join(f'{each}: product(slug: "col-{each}") {{ id }}' for each in "abc") + " }")
    a, b, c = (found[each]["id"] for each in "abc")
    fields = "collection { id slug products { nodes { slug } totalCount } }"
    made = await bazaar.deed("collectionCreate", "CollectionCreateInput", fields, name="Best of all", isPublished=False)
    collection = made["collection"]["id"]
    change = ("collectionProductsChange", "CollectionProductsChangeInput", fields)
    await bazaar.deed(*change, id=collection, add=[c, a])
    done = await bazaar.deed(*change, id=collection, add=[b, a], remove=[])
    assert done["collection"]["products"] == {
        "nodes": [{"slug": "col-c"}, {"slug": "col-a"}, {"slug": "col-b"}],
        "totalCount": 3,
    }
    gone = await bazaar.deed(*change, id=collection, remove=[c])
    assert [each["slug"] for each in gone["collection"]["products"]["nodes"]] == ["col-a", "col-b"]
    lost = await bazaar.deed(*change, id=collection, add=[a, collection])
    assert failures(lost) == [("NOT_FOUND", "input.add.1")]

    seen = """{
      collection(slug: "best-of-all") { name } collections { nodes { slug } totalCount }
      product(slug: "col-a") { collections { slug } }
    }"""
    hidden = await bazaar.api.ask(seen)
    assert hidden == {"collection": None, "collections": {"nodes": [], "totalCount": 0}, "product": {"collections": []}}
    await bazaar.deed(
        "collectionUpdate", "CollectionUpdateInput", "collection { isPublished }", id=collection, isPublished=True
    )
    assert await bazaar.api.ask(seen) == {
        "collection": {"name": "Best of all"},
        "collections": {"nodes": [{"slug": "best-of-all"}], "totalCount": 1},
        "product": {"collections": [{"slug": "best-of-all"}]},
    }


async def test_prices_that_cannot_be_are_refused_and_none_is_written(bazaar: Bazaar) -> None:
    await bazaar.sells(a_row("priced", "Priced", **{"Variant SKU": "PRICED"}))
    variant = (await bazaar.api.ask('{ variant(sku: "PRICED") { id } }'))["variant"]["id"]
    good = {"variantId": variant, "amount": "11.00"}
    for bad, code, path in (
        ({"variantId": variant, "amount": "1.001"}, "INVALID", "input.prices.1.amount"),
        ({"variantId": variant, "amount": "1", "currency": "GBP"}, "INVALID", "input.prices.1.currency"),
        ({"variantId": variant, "amount": "1", "channel": "nowhere"}, "NOT_FOUND", "input.prices.1.channel"),
        ({"variantId": "nothing", "amount": "1"}, "NOT_FOUND", "input.prices.1.variantId"),
        ({"variantId": variant, "amount": "99999999999999"}, "INVALID", "input.prices.1.amount"),
        (good, "INVALID", "input.prices.1"),
    ):
        assert failures(await bazaar.deed(*PRICES, prices=[good, bad])) == [(code, path)]
    assert (await bazaar.api.ask('{ variant(sku: "PRICED") { price { amount } } }'))["variant"]["price"] == {"amount": "10.00"}


async def test_a_span_of_prices_holds_when_two_change_a_product_at_once(bazaar: Bazaar) -> None:
    await bazaar.sells(
        a_row("span", "Span", **{"Option1 Name": "Size", "Option1 Value": "S", "Variant SKU": "SPAN-0"}),
        *(a_row("span", **{"Option1 Value": f"S{number}", "Variant SKU": f"SPAN-{number}"}) for number in range(1, 8)),
    )
    variants = (await bazaar.api.ask('{ product(slug: "span") { variants { id } } }'))["product"]["variants"]
    await asyncio.gather(
        *(
            bazaar.deed(*PRICES, prices=[{"variantId": variant["id"], "amount": str(20 + number)}])
            for number, variant in enumerate(variants)
        )
    )
    assert (await bazaar.api.ask('{ product(slug: "span") { priceRange { min { amount } max { amount } } } }'))["product"] == {
        "priceRange": {"min": {"amount": "20.00"}, "max": {"amount": "27.00"}}
    }


async def test_names_are_given_once_when_many_ask_at_once(bazaar: Bazaar) -> None:
    done = await asyncio.gather(*(bazaar.deed(*CREATE, name="Rush") for _ in range(8)))
    assert sorted(each["product"]["slug"] for each in done) == ["rush", *(f"rush-{number}" for number in range(2, 9))]


async def test_bad_words_are_refused_at_their_place_and_nothing_is_made(bazaar: Bazaar) -> None:
    before = await bazaar.rows("SELECT count(*) FROM product")
    refused = await bazaar.deed(
        *CREATE, name="x" * 201, slug="Not A Slug", vendor="a\u0000b", tags=["ok", "x" * 256], description="x" * 65_537
    )
    assert failures(refused) == [
        ("INVALID", "input.name"),
        ("INVALID", "input.slug"),
        ("INVALID", "input.description"),
        ("INVALID", "input.vendor"),
        ("INVALID", "input.tags.1"),
    ]
    nowhere = await bazaar.deed(*CREATE, name="Lost", categoryId="nonsense")
    assert failures(nowhere) == [("NOT_FOUND", "input.categoryId")]
    wrong = await bazaar.deed(*CREATE, name="Wrong", attributes=[{"name": "d", "kind": "DATE", "value": "yesterday"}])
    assert failures(wrong) == [("INVALID", "input.attributes.0.value")]
    assert await bazaar.rows("SELECT count(*) FROM product") == before


async def test_only_staff_who_manage_the_catalogue_may_edit(bazaar: Bazaar) -> None:
    mutation = 'mutation { productCreate(input: {name: "Mine"}) { product { id } } }'
    customer = (await (await a_customer(bazaar.api)).logs_in())["accessToken"]
    assert await bazaar.api.refused(mutation) == "UNAUTHENTICATED"
    assert await bazaar.api.refused(mutation, token=customer) == "PERMISSION_DENIED"
    assert await bazaar.rows("SELECT count(*) FROM product WHERE name = 'Mine'") == [(0,)]
