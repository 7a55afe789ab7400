"""What is asked about rows is read in the statement that reads them, and is what it would have been by itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from graphql import GraphQLObjectType, GraphQLSchema

from domain.ids import new_id
from persistence.ahead import PARTS_MAX, PREPARED_SECONDS, Ahead, Combinations, Read, Wanted, steps, wanted
from persistence.catalog import groups, reads
from persistence.catalog.filters import EVERYTHING
from persistence.catalog.groups import CategoryView, CollectionView
from persistence.catalog.listing import Asked, Order, Scope, page_of_shop
from persistence.catalog.views import ProductView, Shelf, VariantView
from persistence.demo import places
from persistence.reader import Reader
from persistence.row_cache import RowCache
from persistence.tags import PREFIX, Dependence
from schema.context import Context
from schema.execution.fields import Link, declared_of, shown_of
from schema.transport.caller import Caller
from tests.conftest import NOW
from tests.execution.world import Both
from tests.shop import Shop

BUYERS = Shelf(places.WEB, "EUR", NOW, sees_all=False)
PARENTS: dict[type, Read[Any]] = {
    ProductView: reads.products(BUYERS),
    VariantView: reads.variants(BUYERS),
    CategoryView: groups.CATEGORIES,
    CollectionView: groups.collections(sees_all=False),
}
TABLES: dict[type, str] = {
    ProductView: "product",
    VariantView: "variant",
    CategoryView: "category",
    CollectionView: "collection",
}


@pytest.fixture(autouse=True)
def _room(filled: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other tests ask this shop for more combinations than are kept."""
    monkeypatch.setattr(filled.api.database, "combinations", Combinations())


class Told:
    """`persistence.ahead.Following`: these are asked about rows of that view."""

    def __init__(self, view: type, *aheads: Ahead) -> None:
        self._view = view
        self._aheads = aheads

    def concerns(self, view: type) -> bool:
        return view is self._view

    async def about(self, view: type) -> tuple[Ahead, ...]:
        assert view is self._view
        return self._aheads


def _links(schema: GraphQLSchema) -> list[tuple[str, type, Link]]:
    """Every linked field with a view that it is asked of."""
    found = []
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name in kind.fields:
                declared = declared_of(kind, name)
                if declared is not None and declared.link is not None:
                    found += [(f"{kind.name}.{name}", view, declared.link) for view in shown_of(kind).views]
    return found


async def _both_ways(shop: Shop, context: Context, view: type, link: Link) -> tuple[list[Any], list[Any], list[Dependence]]:
    """Parents with what belongs to them, read apart and together, and what the answers depend on."""
    ids = [row[0] for row in await shop.rows.fetch(f"SELECT id FROM {TABLES[view]} ORDER BY id LIMIT 60")]
    read = await link.of(context)
    told = []
    for following in (None, Told(view, Ahead(link.key, read))):
        reader = Reader(shop.api.database)
        reader.dependence = Dependence(set(), set())
        reader.following = following
        parents = await reader.each(PARENTS[view], ids)
        belonging = await reader.each(read, [getattr(each, link.key) for each in parents if each is not None])
        assert reader.statements == (2 if following is None else 1)
        await reader.end()
        told.append((parents, belonging, reader.dependence))
    return [each[0] for each in told], [each[1] for each in told], [each[2] for each in told]


async def test_every_link_of_the_schema_reads_the_same_together_with_its_parents_as_apart(both: Both, filled: Shop) -> None:
    links = _links(both.schema)
    assert len(links) >= 14
    async with both.open_context(Caller(request_id="test")) as context:
        assert isinstance(context, Context)
        for name, view, link in links:
            parents, belonging, depend = await _both_ways(filled, context, view, link)
            assert parents[0] == parents[1], name
            assert belonging[0] == belonging[1], name
            assert any(belonging[0]), f"{name} is of nothing here, which shows nothing"
            assert depend[0] == depend[1], name


async def test_what_belongs_to_what_belongs_to_rows_comes_along(filled: Shop) -> None:
    slug = await filled.rows.fetchval(
        "SELECT p.slug FROM product p JOIN category c ON c.id = p.category_id WHERE c.parent_id IS NOT NULL AND p.status = 'ACTIVE' LIMIT 1"
    )
    reader = Reader(filled.api.database)
    reader.following = Told(
        ProductView,
        Ahead("category_id", groups.CATEGORIES, (Ahead("id", groups.ANCESTORS), Ahead("parent_id", groups.CATEGORIES))),
        Ahead("id", reads.variants_of_products(BUYERS), (Ahead("image_id", reads.IMAGES),)),
        Ahead("id", reads.variants_of_products(BUYERS)),
    )
    [product] = await reads.products_by_slug(reader, [slug], shelf=BUYERS)
    assert product is not None
    [category] = await reader.each(groups.CATEGORIES, [product.category_id])
    [above] = await reader.each(groups.ANCESTORS, [category.id])
    [parent] = await reader.each(groups.CATEGORIES, [category.parent_id])
    assert above[-1].id == parent.id == category.parent_id
    [variants] = await reader.each(reads.variants_of_products(BUYERS), [product.id])
    assert {each.product_id for each in variants} == {product.id}
    assert reader.statements == 1
    await reader.end()


async def test_rows_that_are_not_there_have_nothing_belonging_to_them(filled: Shop) -> None:
    reader = Reader(filled.api.database)
    reader.following = Told(
        ProductView, Ahead("id", reads.variants_of_products(BUYERS)), Ahead("category_id", groups.CATEGORIES)
    )
    assert await reads.products_by_slug(reader, ["nowhere"], shelf=BUYERS) == [None]
    assert await reader.each(groups.CATEGORIES, [None, None]) == [None, None]
    assert reader.statements == 1
    await reader.end()


async def test_other_questions_in_between_are_asked_by_themselves(filled: Shop) -> None:
    reader = Reader(filled.api.database)
    reader.following = Told(ProductView, Ahead("id", reads.THUMBNAILS))
    category_id = await filled.rows.fetchval("SELECT id FROM category LIMIT 1")
    [category] = await reader.each(groups.CATEGORIES, [category_id])
    assert category.id == category_id
    product_id = await filled.rows.fetchval("SELECT product_id FROM product_image LIMIT 1")
    await reader.each(reads.products(BUYERS), [product_id])
    [thumbnail] = await reader.each(reads.THUMBNAILS, [product_id])
    assert thumbnail.product_id == product_id
    assert reader.statements == 2
    await reader.end()


async def test_what_belongs_to_the_rows_of_a_list_is_read_with_the_first_of_it(filled: Shop) -> None:
    reader = Reader(filled.api.database)
    reader.following = Told(
        ProductView,
        Ahead("id", reads.THUMBNAILS),
        Ahead("id", reads.variants_of_products(BUYERS), (Ahead("image_id", reads.IMAGES),)),
        Ahead("category_id", groups.CATEGORIES, (Ahead("id", groups.ANCESTORS),)),
    )
    asked = Asked(scope=Scope.SHOP, wanted=EVERYTHING, order=Order.NAME_ASC)
    page = await page_of_shop(reader, asked, shelf=BUYERS, count=10, backwards=False, cursor=None)
    assert reader.statements == 1
    ids = [each.id for each in page.rows]
    thumbnails = await reader.each(reads.THUMBNAILS, ids)
    assert [each.product_id for each in thumbnails if each] == [
        product_id for product_id, each in zip(ids, thumbnails, strict=True) if each
    ]
    variants = await reader.each(reads.variants_of_products(BUYERS), ids)
    assert [{each.product_id for each in those} for those in variants] == [{each} for each in ids]
    categories = await reader.each(groups.CATEGORIES, [each.category_id for each in page.rows])
    await reader.each(groups.ANCESTORS, [each.id for each in categories if each])
    assert reader.statements == 2
    await reader.end()


async def test_after_a_change_nothing_is_read_for_rows_of_before(filled: Shop) -> None:
    reader = Reader(filled.api.database)
    reader.following = Told(ProductView, Ahead("id", reads.THUMBNAILS), Ahead("id", reads.variants_of_products(BUYERS)))
    asked = Asked(scope=Scope.SHOP, wanted=EVERYTHING, order=Order.NAME_ASC)
    page = await page_of_shop(reader, asked, shelf=BUYERS, count=3, backwards=False, cursor=None)
    ids = [each.id for each in page.rows]
    reader.forget()
    await reader.each(reads.THUMBNAILS, ids)
    await reader.each(reads.variants_of_products(BUYERS), ids)
    assert reader.statements == 3
    await reader.end()


async def test_what_is_forgotten_while_it_is_being_read_is_answered_all_the_same(filled: Shop) -> None:
    reader = Reader(filled.api.database)
    category_id = await filled.rows.fetchval("SELECT id FROM category LIMIT 1")
    reading = asyncio.create_task(reader.each(groups.CATEGORIES, [category_id]))
    await asyncio.sleep(0)
    reader.forget()
    assert [each.id for each in await reading] == [category_id]
    await reader.end()


async def test_one_combination_too_many_is_read_apart_and_tells_the_same(filled: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filled.api.database, "combinations", Combinations(0))
    slug = await filled.rows.fetchval("SELECT slug FROM product WHERE status = 'ACTIVE' LIMIT 1")
    reader = Reader(filled.api.database)
    reader.following = Told(ProductView, Ahead("id", reads.variants_of_products(BUYERS)), Ahead("id", reads.THUMBNAILS))
    [product] = await reads.products_by_slug(reader, [slug], shelf=BUYERS)
    assert product is not None
    [variants] = await reader.each(reads.variants_of_products(BUYERS), [product.id])
    assert {each.product_id for each in variants} == {product.id}
    await reader.each(reads.THUMBNAILS, [product.id])
    assert reader.statements == 3
    await reader.end()


async def test_what_is_kept_of_some_rows_makes_no_new_combination(filled: Shop) -> None:
    follows = (
        Ahead("id", reads.THUMBNAILS),
        Ahead("id", reads.variants_of_products(BUYERS), (Ahead("image_id", reads.IMAGES),)),
        Ahead("category_id", groups.CATEGORIES),
    )
    asked = Asked(scope=Scope.SHOP, wanted=EVERYTHING, order=Order.NAME_ASC)
    cache = RowCache(bytes_max=10_000_000, seconds_max=60, hears=lambda: True, now=lambda: NOW)

    async def told() -> tuple[list[Any], int]:
        """What is told of the products, and in how many statements."""
        reader = Reader(filled.api.database)
        reader.cache = cache
        reader.following = Told(ProductView, *follows)
        page = await page_of_shop(reader, asked, shelf=BUYERS, count=10, backwards=False, cursor=None)
        ids = [each.id for each in page.rows]
        thumbnails = await reader.each(reads.THUMBNAILS, ids)
        variants = await reader.each(reads.variants_of_products(BUYERS), ids)
        categories = await reader.each(groups.CATEGORIES, [each.category_id for each in page.rows])
        await reader.end()
        return [ids, thumbnails, variants, categories], reader.statements

    # The page, when the next product is published, and all that is asked about its rows.
    first, statements = await told()
    assert (statements, len(filled.api.database.combinations)) == (3, 1)
    assert await told() == (first, 0)
    # Lost is what every product's variants depend on, or the categories, or both, or one product.
    for tags, expected in ((["stock*"], 1), (["category"], 1), (["stock*", "category"], 1), ([f"product:{first[0][0]}"], 1)):
        cache.heard([PREFIX + tag for tag in tags])
        assert await told() == (first, expected), tags
    assert len(filled.api.database.combinations) == 1


def test_a_combination_that_nobody_used_for_long_makes_room_for_another() -> None:
    clock = [0.0]
    combinations = Combinations(2, monotonic=lambda: clock[0])
    several = [
        steps([Wanted(read, []), Wanted(groups.CATEGORIES, [])]) for read in (reads.THUMBNAILS, reads.IMAGES, groups.ANCESTORS)
    ]
    first, second = combinations.of(several[0]), combinations.of(several[1])
    assert first is not None
    assert second is not None
    clock[0] = PREPARED_SECONDS
    assert combinations.of(several[1]) is second
    assert combinations.of(several[2]) is None
    clock[0] += 1
    assert combinations.of(several[2]) is not None
    assert (len(combinations), combinations.of(several[0])) == (2, None)
    assert combinations.of(several[1]) is second


def test_no_more_go_together_than_are_allowed_however_deep_it_is_asked() -> None:
    way: tuple[Ahead, ...] = ()
    for _ in range(100):
        way = (Ahead("parent_id", groups.CATEGORIES, way), Ahead("id", groups.ANCESTORS, way[:1]))
    found = steps([Wanted(groups.CATEGORIES, [new_id()], way)] * 3)
    assert len(found) == PARTS_MAX
    assert all(step.above < number for number, step in enumerate(found))


def test_what_is_asked_twice_is_read_once_for_all_its_keys() -> None:
    category_id, parent_id = new_id(), new_id()
    twice = [Ahead("id", groups.CATEGORIES), Ahead("parent_id", groups.CATEGORIES), Ahead("id", groups.CATEGORIES)]
    found = wanted(twice, ("id", "parent_id"), [(category_id, parent_id), (category_id, None)])
    assert found == [Wanted(groups.CATEGORIES, [category_id, parent_id])]
    below = steps([Wanted(groups.CATEGORIES, [category_id], (twice[1], twice[1]))])
    assert [(step.above, step.column) for step in below] == [(-1, ""), (0, "parent_id")]
