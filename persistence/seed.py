"""Fills an empty shop with the demo: once, in a few seconds, the same every time, and safe to be cut short and done again.

A sample in Shopify's CSV format goes through the real importer, the generated goods through the stores.
"""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from domain.catalog.model import ImportProgress, RowError
from domain.ids import ChannelId, ProductId, VariantId, WarehouseId
from domain.imports.flows import import_products
from domain.money import Currency
from domain.prices.model import Price
from domain.stock.model import MovementReason
from persistence.catalog.tables import ProductRow, VariantRow
from persistence.channels.tables import ChannelRow
from persistence.demo import goods, places
from persistence.demo.goods import Good
from persistence.engine import Database, DatabaseSettings
from persistence.prices.tables import PriceRow
from persistence.statement import Question, Statement
from persistence.tables import ShopRow
from persistence.unit import Transactions, UnitOfWork

SAMPLE = Path(__file__).resolve().parent / "demo" / "sample.csv"
SIZE_DEFAULT = 300
"""Generated products, beside the sample's 25."""
ACTOR = "machine:seed"
CUSTOMER_PASSWORD = "lovelace in lilac 1843"  # noqa: S105 - the demo's, told to everyone
STAFF_PASSWORD = "seven keys for the vitrine"  # noqa: S105 - the demo's, told to everyone
BATCH = 100
STOCK_EACH_MAX = 40
YEN_EACH = 8
"""Every eighth product has a price in yen too."""
Hash = Callable[[str], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Somebody who can log in to the demo shop."""

    who: str
    email: str
    password: str


DEMO_LOGINS = (
    Login(who="customer", email=places.CUSTOMER_EMAIL, password=CUSTOMER_PASSWORD),
    Login(who="staff", email=places.STAFF_EMAIL, password=STAFF_PASSWORD),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedReport:
    """The demo shop. `is_new` False: there was a shop already, and nothing was done."""

    is_new: bool
    products: int
    logins: tuple[Login, ...] = DEMO_LOGINS


class _Shop(NamedTuple):
    seeded_at: datetime | None
    strange_channels: int
    products: int


class _Priced(NamedTuple):
    variant_id: UUID
    product_id: UUID
    slug: str
    sku: str
    amount: int
    compare_at: int | None


SHOP = Question(
    _Shop,
    select(
        select(ShopRow.seeded_at).where(ShopRow.id == 1).scalar_subquery().label("seeded_at"),
        select(func.count())
        .select_from(ChannelRow)
        .where(ChannelRow.id != places.WEB, ChannelRow.id != places.US)
        .scalar_subquery()
        .label("strange_channels"),
        select(func.count()).select_from(ProductRow).scalar_subquery().label("products"),
    ),
)
_SEEDED = upsert(ShopRow).values(id=1, name="Vitrine", seeded_at=bindparam("now", type_=DateTime(timezone=True)))
SEEDED = Statement(_SEEDED.on_conflict_do_update(index_elements=["id"], set_={"seeded_at": _SEEDED.excluded.seeded_at}))
CAME_IN = Statement(update(ProductRow).where(ProductRow.id == bindparam("product_id")).values(created_at=bindparam("came_in")))
PRICED = Question(
    _Priced,
    select(PriceRow.variant_id, VariantRow.product_id, ProductRow.slug, VariantRow.sku, PriceRow.amount, PriceRow.compare_at)
    .join(VariantRow, VariantRow.id == PriceRow.variant_id)
    .join(ProductRow, ProductRow.id == VariantRow.product_id)
    .where(PriceRow.channel_id == places.WEB, PriceRow.currency == "EUR")
    .order_by(VariantRow.sku),
)


async def seed(
    database_url: str,
    *,
    hash_password: Hash,
    now: datetime,
    progress: Callable[[str], None],
    size: int = SIZE_DEFAULT,
) -> SeedReport:
    """Fills the shop unless it is filled, or somebody's own; `size` products are generated."""
    database = Database(DatabaseSettings(url=database_url, statement_seconds=30.0))
    await database.open()
    try:
        transact = Transactions(database, published=lambda _topics: None)
        shop = await transact.work(_shop)
        if shop.seeded_at is not None or shop.strange_channels:
            return SeedReport(is_new=False, products=shop.products)
        progress("Filling the demo shop: channels, warehouses, deliveries, coupons")
        await transact.work(places.lay_ground)
        hashes = {login.email: await hash_password(login.password) for login in DEMO_LOGINS}
        await transact.work(places.let_people_in, hashes=hashes, now=now)
        progress("Importing the sample catalogue")
        await _import_sample(transact, now=now)
        await transact.work(_make_groups)
        batch: list[Good] = []
        for number, good in enumerate(goods.goods(size, now=now), start=1):
            batch.append(good)
            if len(batch) == BATCH or number == size:
                await transact.work(_shelve, batch=batch)
                progress(f"Generating products: {number} of {size}")
                batch = []
        progress("Pricing in dollars and yen, filling the second warehouse")
        await transact.work(_price_and_stock)
        await transact.work(_finish, now=now)
        return SeedReport(is_new=True, products=(await transact.work(_shop)).products)
    finally:
        await database.close()


async def _shop(unit: UnitOfWork) -> _Shop:
    return (await unit.transaction.rows(SHOP))[0]


async def _import_sample(transact: Transactions, *, now: datetime) -> None:
    async def silent(progress: ImportProgress, errors: Sequence[RowError]) -> None:
        del progress, errors

    report = await import_products(
        transact,
        SAMPLE.read_text(encoding="utf-8").splitlines(keepends=True),
        channel_id=ChannelId(places.WEB),
        warehouse_id=WarehouseId(places.BERLIN),
        actor=ACTOR,
        now=now,
        progress=silent,
    )
    if report.failure is not None or report.errors:
        raise RuntimeError(f"the sample is not right: {report.failure or report.errors[0]}")


async def _make_groups(unit: UnitOfWork) -> None:
    """The category tree and the collections; not again when they are there."""
    wanted = goods.categories()
    there = await unit.catalog.categories.find([each.id for each in wanted])
    await unit.catalog.categories.add([each for each in wanted if each.id not in there])
    await unit.catalog.collections.save(goods.collections())


async def _shelve(unit: UnitOfWork, *, batch: Sequence[Good]) -> None:
    """Writes generated products with all that belongs to them."""
    products = [good.product for good in batch]
    product_ids = [product.id for product in products]
    await unit.catalog.products.save(products)
    await unit.transaction.run_each(CAME_IN, [{"product_id": good.product.id, "came_in": good.created_at} for good in batch])
    await unit.catalog.products.set_options({good.product.id: good.options for good in batch})
    await unit.catalog.products.set_images({good.product.id: good.images for good in batch})
    variants = [variant for good in batch for variant in good.variants]
    await unit.catalog.variants.save(variants)
    await unit.catalog.products.add_to_categories(
        [(product.id, product.category_id) for product in products if product.category_id is not None]
    )
    for collection in goods.collections():
        members = [good.product.id for good in batch if collection.id in good.collections]
        await unit.catalog.collections.add_products(collection.id, members)
    cents = {sku: amount for good in batch for sku, amount in good.cents.items()}
    await unit.prices.save(
        [
            Price(variant_id=variant.id, channel_id=ChannelId(places.WEB), currency=Currency("EUR"), amount=cents[variant.sku])
            for variant in variants
        ]
    )
    await unit.prices.relist(product_ids)
    await unit.catalog.products.reindex(product_ids)
    await unit.stock.set_on_hand(
        [(variant.id, WarehouseId(places.BERLIN), _pieces(variant.sku, "berlin")) for variant in variants],
        reason=MovementReason.SEEDED,
        actor=ACTOR,
    )


async def _price_and_stock(unit: UnitOfWork) -> None:
    """Prices in other currencies from those in euro, and what lies in the second warehouse."""
    priced = await unit.transaction.rows(PRICED)
    prices: list[Price] = []
    for row in priced:
        dollars, before = _dollars(row.amount), _dollars(row.compare_at) if row.compare_at is not None else None
        prices += [_price(row.variant_id, channel, "USD", dollars, before) for channel in (places.WEB, places.US)]
        if zlib.crc32(row.slug.encode()) % YEN_EACH == 0:
            prices.append(_price(row.variant_id, places.WEB, "JPY", row.amount * 165 // 1_000 * 10, None))
    await unit.prices.save(prices)
    await unit.prices.relist({ProductId(row.product_id) for row in priced})
    await unit.stock.set_on_hand(
        [(VariantId(row.variant_id), WarehouseId(places.PORTLAND), _pieces(row.sku, "portland")) for row in priced],
        reason=MovementReason.SEEDED,
        actor=ACTOR,
    )


async def _finish(unit: UnitOfWork, *, now: datetime) -> None:
    await unit.transaction.run(SEEDED, now=now)


def _price(variant_id: UUID, channel_id: UUID, currency: str, amount: int, compare_at: int | None) -> Price:
    return Price(
        variant_id=VariantId(variant_id),
        channel_id=ChannelId(channel_id),
        currency=Currency(currency),
        amount=amount,
        compare_at=compare_at,
    )


def _dollars(cents: int) -> int:
    """A tenth more than in euro."""
    return cents * 11 // 10


def _pieces(sku: str, warehouse: str) -> int:
    """How many lie there: by the SKU, so that it is the same every time; one in eight has none."""
    chance = zlib.crc32(f"{warehouse}:{sku}".encode())
    return 0 if chance % 8 == 0 else chance % STOCK_EACH_MAX + 1
