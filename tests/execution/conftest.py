"""A filled shop, two engines over its schema, and everybody who may ask."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import asyncpg
import httpx2
import pytest

from domain.ids import AccountId, CustomerId, SessionId, new_id
from domain.viewer import GUEST, Customer, Permission, Staff, Viewer
from gateways.identity.passwords import Argon2Hasher, HashCost
from gateways.settings import Settings
from persistence.demo import places
from persistence.demo.identity import demo_id
from persistence.seed import DEMO_LOGINS, seed
from schema.ids import global_id
from tests.conftest import NOW, Clone
from tests.execution.world import Both
from tests.makers.access import LOG_IN
from tests.makers.trade import Channel, Goods
from tests.shop import Shop, open_api

WEB = Channel(
    id=places.WEB,
    slug="web",
    standard_delivery=global_id("DeliveryOption", demo_id("delivery", f"{places.WEB}/standard")),
    express_delivery=global_id("DeliveryOption", demo_id("delivery", f"{places.WEB}/express")),
    warehouse_id=places.BERLIN,
    second_warehouse_id=places.PORTLAND,
)
IN_STOCK = """
SELECT variant.product_id, variant.id, variant.sku FROM variant JOIN stock ON stock.variant_id = variant.id
WHERE stock.warehouse_id = $1 AND stock.on_hand > 3 ORDER BY variant.sku LIMIT 6
"""


@pytest.fixture(scope="session")
async def filled(clone: Clone, settings_on: Callable[[str], Settings]) -> AsyncIterator[Shop]:
    """The demo shop with a cart, a guest's order and two of a customer's, one of them called off."""
    settings = settings_on(await clone())
    assert settings.database_url is not None
    hasher = Argon2Hasher(HashCost(memory_kib=8, passes=1))
    await seed(settings.database_url, hash_password=hasher.hashed, now=NOW, progress=lambda _: None, size=40)
    hasher.close()
    async with (
        open_api(settings) as api,
        asyncpg.create_pool(settings.database_url, min_size=1, max_size=2) as rows,
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app=api), base_url="http://shop", timeout=30) as client,
    ):
        shop = Shop(api, client, rows, WEB)
        goods = [Goods(*row) for row in await rows.fetch(IN_STOCK, places.BERLIN)]
        login = DEMO_LOGINS[0]
        tokens = await shop.data(LOG_IN, {"input": {"email": login.email, "password": login.password}})
        ada = shop.shopper(token=tokens["tokenCreate"]["accessToken"])
        await ada.orders((goods[0], 2), (goods[1], 1))
        second = await shop.shopper(token=ada.token).orders((goods[2], 1))
        cancelled = "mutation($input: OrderCancelInput!) { orderCancel(input: $input) { userErrors { message } } }"
        await shop.data(cancelled, {"input": {"orderId": second["id"]}}, token=ada.token)
        await shop.shopper().orders((goods[3], 1))
        yield shop


@pytest.fixture(scope="session")
async def both(filled: Shop) -> Both:
    """Both executors over the filled shop, as guest, customer, administrator and a member of staff who may little."""
    ada = AccountId(demo_id("account", places.CUSTOMER_EMAIL))
    admin = AccountId(demo_id("account", places.STAFF_EMAIL))
    until = NOW + timedelta(hours=1)
    little = frozenset({Permission.READ_CATALOG, Permission.READ_ORDERS})
    viewers: dict[str, Viewer] = {
        "guest": GUEST,
        "customer": Customer(CustomerId(ada), SessionId(new_id()), until),
        "staff": Staff(admin, SessionId(new_id()), until, frozenset(Permission)),
        "clerk": Staff(admin, SessionId(new_id()), until, little),
    }
    transport = filled.api._transport()
    cart = filled.shopper()
    row = await filled.rows.fetchrow(IN_STOCK.replace("LIMIT 6", "OFFSET 6 LIMIT 1"), places.BERLIN)
    assert row is not None
    await cart.adds(Goods(*row), 2)
    await cart.introduces_themselves()
    both = Both(transport.schema, transport.open_context, viewers, NOW)
    await both.learn(cart.cart["id"])
    return both
