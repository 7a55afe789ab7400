"""What staff and buyers do on the street, one of each kind, and the street itself, which they set up."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx2

from domain.viewer import Permission
from gateways.settings import Settings
from schema.ids import global_id
from tests.caching.world import Process, Street
from tests.makers.people import a_staff_token
from tests.shop import Shop, open_api, open_shop

Deed = Callable[[Street, Process, random.Random], Awaitable[None]]
D = TypeVar("D", bound=Callable[..., Awaitable[None]])
DEEDS: dict[str, Deed] = {}


def _deed(function: D) -> D:
    DEEDS[function.__name__.removeprefix("_")] = function
    return function


@_deed
async def _product_create(street: Street, process: Process, chance: random.Random) -> None:
    name = street.name(chance.choice(("Lamp", "Chair")))
    product = (await street.deed(process, "productCreate", "product { id slug }", name=name, tags=["new"]))["product"]
    street.products.append({**product, "sku": f"SKU-{name}"})
    await _product_variants_set(street, process, chance, street.products[-1])
    await _variant_prices_set(street, process, chance, street.products[-1])
    await _stock_adjust(street, process, chance, street.products[-1])
    await street.deed(process, "productPublish", "product { id }", id=product["id"])


@_deed
async def _product_update(street: Street, process: Process, chance: random.Random) -> None:
    product = chance.choice(street.products)
    name = street.name(chance.choice(("Lamp", "Table")))
    said = (
        {"name": name, "slug": name.lower().replace(" ", "-")} if chance.random() < 0.5 else {"description": f"<p>{name}</p>"}
    )
    product |= (await street.deed(process, "productUpdate", "product { id slug }", id=product["id"], **said))["product"]


@_deed
async def _product_publish(street: Street, process: Process, chance: random.Random) -> None:
    product = chance.choice(street.products)
    when = datetime.now(UTC) + timedelta(seconds=chance.choice((-60, 1, 3_600)))
    await street.deed(process, "productPublish", "product { id }", id=product["id"], publishedAt=when.isoformat())


@_deed
async def _product_archive(street: Street, process: Process, chance: random.Random) -> None:
    product = chance.choice(street.products)
    await street.deed(process, "productArchive", "product { id }", id=product["id"])


@_deed
async def _product_categories_set(street: Street, process: Process, chance: random.Random) -> None:
    wanted = [each["id"] for each in chance.sample(street.categories, chance.randint(0, min(2, len(street.categories))))]
    await street.deed(
        process, "productCategoriesSet", "product { id }", id=chance.choice(street.products)["id"], categoryIds=wanted
    )


@_deed
async def _product_images_set(street: Street, process: Process, chance: random.Random) -> None:
    images = [
        {"url": f"https://pictures.example/{street.name('p')[2:]}.jpg", "alt": "Seen"} for _ in range(chance.randint(0, 2))
    ]
    await street.deed(process, "productImagesSet", "product { id }", id=chance.choice(street.products)["id"], images=images)


@_deed
async def _product_variants_set(
    street: Street, process: Process, chance: random.Random, product: dict[str, Any] | None = None
) -> None:
    product = product or chance.choice(street.products)
    size = street.name("Size")
    await street.deed(
        process,
        "productVariantsSet",
        "product { id }",
        id=product["id"],
        options=["Size"],
        variants=[{"sku": product["sku"], "options": [size], "tracksStock": chance.random() < 0.9}],
    )


async def _variant(street: Street, product: dict[str, Any]) -> str:
    """The product's variant that has its SKU, straight from the database."""
    found = await street.shop.rows.fetchval("SELECT id FROM variant WHERE sku = $1", product["sku"])
    return global_id("Variant", found)


@_deed
async def _variant_prices_set(
    street: Street, process: Process, chance: random.Random, product: dict[str, Any] | None = None
) -> None:
    variant = await _variant(street, product or chance.choice(street.products))
    price = {"variantId": variant, "amount": f"{chance.randint(5, 40)}.00", "compareAt": chance.choice((None, "50.00"))}
    prices = [price, {**price, "currency": "USD"}] if chance.random() < 0.5 else [price]
    await street.deed(process, "variantPricesSet", "variants { id }", prices=prices)


@_deed
async def _stock_adjust(street: Street, process: Process, chance: random.Random, product: dict[str, Any] | None = None) -> None:
    variant = await _variant(street, product or chance.choice(street.products))
    warehouse = global_id("Warehouse", street.shop.channel.warehouse_id)
    said = {"variantId": variant, "warehouseId": warehouse, "delta": chance.choice((1, 2))}
    await street.deed(process, "stockAdjust", "level { onHand }", **said)


@_deed
async def _category_create(street: Street, process: Process, chance: random.Random) -> None:
    parent = chance.choice([None, *(each["id"] for each in street.categories)])
    said = {"name": street.name("Category"), "parentId": parent}
    street.categories.append((await street.deed(process, "categoryCreate", "category { id }", **said))["category"])


@_deed
async def _category_update(street: Street, process: Process, chance: random.Random) -> None:
    said = {"id": chance.choice(street.categories)["id"], "name": street.name("Renamed"), "position": chance.randint(0, 9)}
    await street.deed(process, "categoryUpdate", "category { id }", **said)


@_deed
async def _category_move(street: Street, process: Process, chance: random.Random) -> None:
    await street.deed(process, "categoryMove", "category { id }", id=chance.choice(street.categories)["id"], parentId=None)


@_deed
async def _category_delete(street: Street, process: Process, chance: random.Random) -> None:
    await _category_create(street, process, random.Random(0))
    await street.deed(process, "categoryDelete", "deletedId", id=street.categories.pop()["id"])


@_deed
async def _collection_create(street: Street, process: Process, chance: random.Random) -> None:
    said = {"name": street.name("Collection"), "isPublished": chance.random() < 0.7}
    street.collections.append((await street.deed(process, "collectionCreate", "collection { id }", **said))["collection"])


@_deed
async def _collection_update(street: Street, process: Process, chance: random.Random) -> None:
    said = {"id": chance.choice(street.collections)["id"], "name": street.name("Renamed"), "isPublished": chance.random() < 0.7}
    await street.deed(process, "collectionUpdate", "collection { id }", **said)


@_deed
async def _collection_products_change(street: Street, process: Process, chance: random.Random) -> None:
    changed = [each["id"] for each in chance.sample(street.products, min(2, len(street.products)))]
    said = {"id": chance.choice(street.collections)["id"], chance.choice(("add", "remove")): changed}
    await street.deed(process, "collectionProductsChange", "collection { id }", **said)


_BUYABLE = """
    SELECT v.id FROM variant v JOIN product p ON p.id = v.product_id JOIN price r ON r.variant_id = v.id AND r.currency = 'EUR'
    WHERE v.is_active AND p.status = 'ACTIVE' AND p.published_at <= now() AND v.tracks_stock
      AND (SELECT sum(on_hand - reserved) FROM stock WHERE variant_id = v.id) BETWEEN 1 AND 50 ORDER BY v.id
"""


async def buys(street: Street, process: Process, chance: random.Random) -> None:
    """A guest orders whatever can be bought, all of it if it is the last; sometimes the order is called off again."""
    found = await street.shop.rows.fetch(_BUYABLE)
    if not found:
        return
    variant = chance.choice(found)["id"]
    free = await street.shop.rows.fetchval("SELECT sum(on_hand - reserved)::int FROM stock WHERE variant_id = $1", variant)
    shopper = Shop(process.api, process.client, street.shop.rows, street.shop.channel).shopper()
    lines = [{"variantId": global_id("Variant", variant), "quantity": chance.choice((1, free))}]
    added = await shopper.does("cartCreate", {"lines": lines})
    assert added["userErrors"] == [], added
    await shopper.introduces_themselves()
    done = await shopper.completes()
    assert done["userErrors"] == [], done
    street.orders.append(done["order"]["token"])


async def calls_off(street: Street, process: Process, chance: random.Random) -> None:
    """A buyer cancels an order that is not paid: what it held is free again."""
    if street.orders:
        token = street.orders.pop(chance.randrange(len(street.orders)))
        document = "mutation($t: String!) { orderCancel(input: {orderToken: $t}) { userErrors { code } } }"
        assert (await process.ask(document, {"t": token}))["data"]["orderCancel"]["userErrors"] == []


async def appears_soon(street: Street) -> tuple[str, str, str]:
    """A product that is published in some seconds: its name, its slug, and when."""
    name = street.name("Soon")
    await DEEDS["product_create"](street, street.here, random.Random(5))
    product = street.products[-1]
    soon = (datetime.now(UTC) + timedelta(seconds=3)).isoformat()
    await street.deed(street.here, "productUpdate", "product { id }", id=product["id"], name=name)
    await street.deed(street.here, "productPublish", "product { id }", id=product["id"], publishedAt=soon)
    return name, product["slug"], soon


ANSWERS = {"response_cache_bytes": 20_000_000}
ROWS = {"row_cache_bytes": 20_000_000}


@asynccontextmanager
async def a_street(settings: Settings, keeps: Mapping[str, int] = ANSWERS) -> AsyncIterator[Street]:
    """A shop with some products, categories and collections, and three processes that are up and hear one another."""
    settings = settings.model_copy(update={"cost_per_minute": 1_000_000_000})
    keeping = settings.model_copy(update=dict(keeps))
    async with AsyncExitStack() as stack:
        shop = await stack.enter_async_context(open_shop(keeping))

        async def process(its: Settings) -> Process:
            api = await stack.enter_async_context(open_api(its))
            transport = httpx2.ASGITransport(app=api)
            client = httpx2.AsyncClient(transport=transport, base_url="http://shop", timeout=30)
            return Process(api, await stack.enter_async_context(client))

        staff = await a_staff_token(shop, *Permission)
        here, there, bare = Process(shop.api, shop.client), await process(keeping), await process(settings)
        street = Street(shop, here, there, bare, staff)
        for each in (here, there):
            await each.hears()
        chance = random.Random(1)
        for deed in ("category_create", "category_create", "collection_create", *["product_create"] * 4):
            await DEEDS[deed](street, here, chance)
        yield street
