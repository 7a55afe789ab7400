"""Two processes that keep answers and one that keeps none, on one database and one Redis; what staff and buyers do there."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx2

from application import Api
from domain.viewer import Permission
from gateways.settings import Settings
from schema.caching.responses import Responses
from schema.ids import global_id
from tests.makers.people import a_staff_token
from tests.shop import Shop, open_api, open_shop

Question = tuple[str, dict[str, Any]]
NOTICE_SECONDS = 5.0
"""Within this time every process has heard of a change, while Redis is there."""

_PRODUCT = (
    "slug name isAvailable priceRange { min { amount } } "
    "variants { sku price { amount } compareAtPrice { amount } availability { status } }"
)
READS: dict[str, str] = {
    "page": f"query($slug: String!) {{ product(slug: $slug) {{ {_PRODUCT} description tags images {{ url alt }} thumbnail {{ url }}"
    " options { name values } categories { name slug } collections { name } category { path } } }",
    "count": "query($slug: String!) { product(slug: $slug) { variants { sku availability { quantity } } } }",
    "node": "query($id: ID!) { node(id: $id) { id ... on Product { name version: updatedAt category { ancestors { name } } } } }",
    "sku": "query($sku: String!) { variant(sku: $sku) { name price { amount } product { name } image { url } } }",
    "list": "{ products(first: 20, orderBy: PRICE_ASC) { totalCount nodes { " + _PRODUCT + " } } }",
    "left": "{ products(first: 20, orderBy: NAME_ASC, where: {available: true}) { totalCount nodes { slug } } }",
    "dear": '{ products(where: {price: {range: {min: "15.00"}}}) { totalCount nodes { slug } } }',
    "found": '{ products(where: {text: "lamp"}) { nodes { slug } } }',
    "tree": "{ categories(first: 20) { totalCount nodes { name slug path position descendants { name } "
    "products(first: 5) { totalCount nodes { slug thumbnail { url } } } } } }",
    "shelf": "{ collections(first: 20) { totalCount nodes { name slug products(first: 9) { nodes { slug isAvailable } } } } }",
    "dollars": 'query @inContext(currency: "USD") { products(first: 20) { totalCount nodes { slug priceRange { max { amount } } } } }',
    "place": "{ localization { channel channelName currencies } }",
}


@dataclass(slots=True)
class Process:
    """One API process."""

    api: Api
    client: httpx2.AsyncClient

    @property
    def responses(self) -> Responses:
        assert self.api.responses is not None
        return self.api.responses

    async def ask(self, document: str, variables: dict[str, Any] | None = None, **headers: str) -> dict[str, Any]:
        """The whole answer."""
        said = {"query": document, "variables": variables or {}}
        answer = await self.client.post("/graphql", json=said, headers=headers)
        assert answer.status_code < 500, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def hears(self, *, is_so: bool = True) -> None:
        """Until this process hears the others, or has noticed that it does not."""
        async with asyncio.timeout(30):
            while self.responses.hears() is not is_so:  # noqa: ASYNC110 - the process has no event for it, and needs none
                await asyncio.sleep(0.02)


@dataclass(slots=True)
class Street:
    """The processes, and the things that are there. `here` and `there` keep answers, `bare` keeps none."""

    shop: Shop
    here: Process
    there: Process
    bare: Process
    staff: str
    products: list[dict[str, Any]] = field(default_factory=list)
    categories: list[dict[str, Any]] = field(default_factory=list)
    collections: list[dict[str, Any]] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    made: int = 0

    async def deed(self, process: Process, mutation: str, fields: str, **said: Any) -> Any:
        """A mutation by staff, which must be done: its payload."""
        title = f"{mutation[0].upper()}{mutation[1:]}Input"
        document = (
            f"mutation($input: {title}!) {{ {mutation}(input: $input) {{ {fields} userErrors {{ code message path }} }} }}"
        )
        body = await process.ask(document, {"input": said}, Authorization=f"Bearer {self.staff}")
        assert "errors" not in body, body
        payload = body["data"][mutation]
        assert payload["userErrors"] == [], payload
        return payload

    def name(self, word: str) -> str:
        """A name that nothing has yet."""
        self.made += 1
        return f"{word} {self.made}"

    def questions(self, chance: random.Random) -> list[Question]:
        """Every kind of question about the shop, some about things that are not there."""
        asked: list[Question] = []
        known = [*self.products, {"slug": "nothing", "id": global_id("Product", self.shop.channel.id), "sku": "nothing"}]
        for name, document in READS.items():
            if "$" not in document:
                asked.append((document, {}))
                continue
            for product in chance.sample(known, min(len(known), 3)):
                key = "slug" if "$slug" in document else "id" if name == "node" else "sku"
                asked.append((document, {key: product[key]}))
        return asked

    async def differences(self, process: Process, questions: list[Question]) -> list[str]:
        """The questions that a process answers otherwise than the database would.

        Those are asked once more: a product may have been published between the one answer and the other.
        """
        found: list[tuple[Question, Any, Any]] = []
        for _ in range(2):
            told, true = await asyncio.gather(
                *(asyncio.gather(*(each.ask(*question) for question in questions)) for each in (process, self.bare))
            )
            failures = [each["errors"] for each in true if "errors" in each]
            assert failures == [], failures
            found = [each for each in zip(questions, told, true, strict=True) if each[1] != each[2]]
            questions = [each[0] for each in found]
        return [f"{question}: {one} instead of {other}" for question, one, other in found]

    async def settles(self, process: Process, questions: list[Question]) -> None:
        """The process has heard of all changes within the stated time."""
        deadline = asyncio.get_running_loop().time() + NOTICE_SECONDS
        while found := await self.differences(process, questions):
            assert asyncio.get_running_loop().time() < deadline, found
            await asyncio.sleep(0.02)


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


@asynccontextmanager
async def a_street(settings: Settings) -> AsyncIterator[Street]:
    """A shop with some products, categories and collections, and three processes that are up and hear one another."""
    settings = settings.model_copy(update={"cost_per_minute": 1_000_000_000})
    keeping = settings.model_copy(update={"response_cache_bytes": 20_000_000})
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
