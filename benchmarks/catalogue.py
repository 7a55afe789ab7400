"""The shop that is measured: seeded products in a tree of sixty categories, the same ones every time, through the stores."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.catalog.model import Category, Collection, Image, Product, ProductStatus, Variant
from domain.ids import CategoryId, ChannelId, CollectionId, ProductId, VariantId, WarehouseId
from domain.money import Currency
from domain.prices.model import Price
from domain.stock.model import MovementReason
from persistence import migrate
from persistence.demo.identity import demo_id
from persistence.demo.places import BERLIN, PORTLAND, WEB, lay_ground
from persistence.engine import Database, DatabaseSettings
from persistence.seed import CAME_IN
from persistence.unit import Transactions, UnitOfWork

SEED = 2026
ROOTS, MIDDLES, LEAVES, COLLECTIONS = 5, 15, 40, 20
COLLECTIONS_EACH = 2
SIZES = ("S", "M", "L")
COLOURS = ("Moss", "Sand", "Rust", "Sky")
MATERIALS = ("Linen", "Cotton", "Wool", "Oak", "Stoneware", "Steel", "Canvas", "Cork", "Felt", "Bamboo")
NOUNS = ("Shirt", "Coat", "Mug", "Bowl", "Lamp", "Vase", "Notebook", "Tray", "Planter", "Cushion")
BATCH = 250
OPENED = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shelves:
    """What may be asked of the shop: slugs of middle categories and of products, and variants that are in stock."""

    categories: tuple[str, ...]
    products: tuple[str, ...]
    in_stock: tuple[VariantId, ...]


@dataclass(frozen=True, slots=True)
class _Good:
    product: Product
    images: tuple[Image, ...]
    variants: tuple[Variant, ...]
    cents: int
    on_hand: tuple[int, ...]
    collections: tuple[int, ...]


async def fill(database_url: str, *, products: int) -> Shelves:
    """Makes the tables and fills them; each product has three variants and two pictures."""
    await asyncio.to_thread(migrate.upgrade, database_url)
    database = Database(DatabaseSettings(url=database_url, statement_seconds=60))
    await database.open()
    try:
        transact = Transactions(database, published=lambda _topics: None)
        await transact.work(lay_ground)
        await transact.work(_make_groups)
        goods = list(_goods(products))
        for batch in _batches(goods):
            await transact.work(_shelve, batch=batch)
        async with database.writing() as connection:
            await connection.execute("VACUUM ANALYZE", timeout=120)
    finally:
        await database.close()
    return Shelves(
        categories=tuple(each.slug for each in _categories()[ROOTS : ROOTS + MIDDLES]),
        products=tuple(good.product.slug for good in goods),
        in_stock=tuple(
            variant.id for good in goods for variant, units in zip(good.variants, good.on_hand, strict=True) if units
        ),
    )


def _batches(goods: Sequence[_Good]) -> Iterator[Sequence[_Good]]:
    for start in range(0, len(goods), BATCH):
        yield goods[start : start + BATCH]


def _categories() -> list[Category]:
    """Roots, middles and leaves, in this order; each level is dealt out evenly below the one above it."""
    found: list[Category] = []
    for number in range(ROOTS + MIDDLES + LEAVES):
        level, place = "root", number
        parent: Category | None = None
        if number >= ROOTS + MIDDLES:
            level, place = "leaf", number - ROOTS - MIDDLES
            parent = found[ROOTS + place % MIDDLES]
        elif number >= ROOTS:
            level, place = "middle", number - ROOTS
            parent = found[place % ROOTS]
        slug = f"{level}-{place}"
        found.append(
            Category(
                id=CategoryId(demo_id("category", slug)),
                slug=slug,
                name=slug.replace("-", " ").title(),
                parent_id=parent.id if parent is not None else None,
                position=place,
            )
        )
    return found


def _collections() -> list[Collection]:
    slugs = [f"collection-{number}" for number in range(COLLECTIONS)]
    return [
        Collection(id=CollectionId(demo_id("collection", slug)), slug=slug, name=slug.replace("-", " ").title())
        for slug in slugs
    ]


def _goods(number: int) -> Iterator[_Good]:
    chance = random.Random(SEED)
    leaves = _categories()[ROOTS + MIDDLES :]
    for place in range(number):
        material, noun = chance.choice(MATERIALS), chance.choice(NOUNS)
        slug = f"{material}-{noun}-{place}".lower()
        product_id = ProductId(demo_id("product", slug))
        name = f"{material} {noun} No. {place}"
        product = Product(
            id=product_id,
            slug=slug,
            name=name,
            description=f"<p>A {noun.lower()} of {material.lower()}, made to be used every day and repaired when it needs it.</p>",
            vendor=f"Vendor {place % 12}",
            product_type=noun,
            tags=(material.lower(), noun.lower()),
            status=ProductStatus.ACTIVE,
            category_id=leaves[place % LEAVES].id,
            published_at=OPENED,
        )
        images = tuple(
            Image(
                id=demo_id("image", f"{slug}/{position}"),
                product_id=product_id,
                position=position,
                url=f"https://images.example.com/{slug}-{position}.jpg",
                alt=name,
            )
            for position in (1, 2)
        )
        colour = chance.choice(COLOURS)
        variants = tuple(
            Variant(
                id=VariantId(demo_id("variant", f"{slug}/{size}")),
                product_id=product_id,
                position=position,
                sku=f"{slug}:{size.lower()}",
                name=f"{size} / {colour}",
                options=(size, colour, ""),
                weight_grams=chance.randrange(80, 2_400),
            )
            for position, size in enumerate(SIZES, start=1)
        )
        yield _Good(
            product=product,
            images=images,
            variants=variants,
            cents=chance.randrange(600, 16_000),
            on_hand=tuple(0 if chance.random() < 1 / 8 else chance.randrange(5_000, 10_000) for _ in variants),
            collections=tuple(chance.sample(range(COLLECTIONS), COLLECTIONS_EACH)),
        )


async def _make_groups(unit: UnitOfWork) -> None:
    await unit.catalog.categories.add(_categories())
    await unit.catalog.collections.save(_collections())


async def _shelve(unit: UnitOfWork, *, batch: Sequence[_Good]) -> None:
    """Writes products with all that belongs to them; the ids say how old each is, so that the order is the same every time."""
    products = [good.product for good in batch]
    product_ids = [product.id for product in products]
    variants = [variant for good in batch for variant in good.variants]
    await unit.catalog.products.save(products)
    await unit.transaction.run_each(
        CAME_IN,
        [{"product_id": each, "came_in": OPENED - timedelta(minutes=each.int % 100_000)} for each in product_ids],
    )
    await unit.catalog.products.set_options(dict.fromkeys(product_ids, ("Size", "Colour")))
    await unit.catalog.products.set_images({good.product.id: good.images for good in batch})
    await unit.catalog.variants.save(variants)
    await unit.catalog.products.add_to_categories(
        [(product.id, product.category_id) for product in products if product.category_id is not None]
    )
    for number, collection in enumerate(_collections()):
        members = [good.product.id for good in batch if number in good.collections]
        await unit.catalog.collections.add_products(collection.id, members)
    await unit.prices.save(
        [
            Price(
                variant_id=variant.id,
                channel_id=ChannelId(WEB),
                currency=Currency("EUR"),
                amount=good.cents + 200 * (variant.position - 1),
            )
            for good in batch
            for variant in good.variants
        ]
    )
    await unit.prices.relist(product_ids)
    await unit.catalog.products.reindex(product_ids)
    for warehouse, share in ((BERLIN, 1), (PORTLAND, 0)):
        levels = [
            (variant.id, WarehouseId(warehouse), units * share)
            for good in batch
            for variant, units in zip(good.variants, good.on_hand, strict=True)
        ]
        await unit.stock.set_on_hand(levels, reason=MovementReason.SEEDED, actor="machine:benchmark")
