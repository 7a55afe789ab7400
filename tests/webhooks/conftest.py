"""A shop whose events go out, a worker that does so when it is told to, and somebody who receives them over real HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.viewer import Permission
from domain.webhooks import actions
from domain.webhooks.flows import Means, send_due
from gateways.settings import Settings
from gateways.vault import KeyedVault
from gateways.webhooks.carrier import SignedCarrier
from persistence.engine import Database, DatabaseSettings
from persistence.unit import Transactions
from selections import SchemaSelections
from tests.gateways.receiver import Receiver, receiving
from tests.makers.people import a_staff_token
from tests.shop import Shop, open_shop
from workers.roster import ROUTES

CREATE = """mutation($input: WebhookEndpointCreateInput!) { webhookEndpointCreate(input: $input) {
    secret webhookEndpoint { id url isActive eventTypes } userErrors { code path message } } }"""
DELIVERIES = """query($id: ID!, $state: WebhookDeliveryState) { webhookDeliveries(endpointId: $id, state: $state) { totalCount nodes {
    id messageId state attempts event { position type subjectId } tries { number status failure response } } } }"""


@dataclass(slots=True)
class Desk:
    """Staff that looks after webhooks, with a worker at hand."""

    shop: Shop
    token: str
    receiver: Receiver
    transact: Transactions
    means: Means
    secrets: dict[str, str] = field(default_factory=dict)

    async def endpoint(self, url: str, *types: str, **said: Any) -> str:
        """An endpoint's id; its key is kept in `secrets`."""
        given = {"url": url, "eventTypes": list(types) or ["ORDER_PLACED"], **said}
        made = (await self.shop.data(CREATE, {"input": given}, token=self.token))["webhookEndpointCreate"]
        assert made["userErrors"] == [], made
        self.secrets[made["webhookEndpoint"]["id"]] = made["secret"]
        endpoint_id: str = made["webhookEndpoint"]["id"]
        return endpoint_id

    async def does(self, mutation: str, gives: str, *, key: str | None = None, **said: Any) -> dict[str, Any]:
        """A mutation's payload."""
        title = f"{mutation[0].upper()}{mutation[1:]}Input"
        document = (
            f"mutation($input: {title}!) {{ {mutation}(input: $input) {{ {gives} userErrors {{ code path message }} }} }}"
        )
        payload: dict[str, Any] = (await self.shop.data(document, {"input": said}, token=self.token, key=key))[mutation]
        return payload

    async def deliveries(self, endpoint_id: str, state: str | None = None) -> list[dict[str, Any]]:
        """What was sent to an endpoint, newest first."""
        found = await self.shop.data(DELIVERIES, {"id": endpoint_id, "state": state}, token=self.token)
        nodes: list[dict[str, Any]] = found["webhookDeliveries"]["nodes"]
        return nodes

    async def order(self) -> dict[str, Any]:
        """A placed order."""
        return await self.shop.shopper().orders((await self.shop.goods(), 1))

    async def write_log(self) -> None:
        """The relay's part: new facts get their place in the log."""
        await self.transact.work(actions.write_log, known=tuple(ROUTES))

    async def works(self) -> int:
        """The worker's part, once: writes the log and sends what is due; how many tries that were."""
        await self.write_log()
        return await send_due(self.transact, self.means, seconds_max=20)

    async def later(self, **intervals: int) -> None:
        """Lets time pass for everything that waits for it."""
        hours = intervals.get("hours", 0) + intervals.get("days", 0) * 24
        await self.shop.rows.execute(
            "UPDATE webhook_delivery SET due_at = due_at - make_interval(hours => $1), asked_at = asked_at - make_interval(hours => $1)",
            hours,
        )
        await self.shop.rows.execute(
            """UPDATE webhook_endpoint SET resting_until = resting_until - make_interval(hours => $1),
               held_until = held_until - make_interval(hours => $1), failing_since = failing_since - make_interval(hours => $1)""",
            hours,
        )
        await self.shop.rows.execute("UPDATE webhook_secret SET valid_until = valid_until - make_interval(hours => $1)", hours)


@pytest.fixture(scope="session")
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
async def desk(fresh_database_url: str, settings_on: Callable[[str], Settings], receiver: Receiver) -> AsyncIterator[Desk]:
    settings = settings_on(fresh_database_url)
    async with open_shop(settings) as shop:
        token = await a_staff_token(shop, *Permission)
        database = Database(DatabaseSettings(url=fresh_database_url))
        await database.open()
        carrier = SignedCarrier(allows_local=True, total_seconds=2)
        keys = tuple(key.encode() for key in settings.secret_keys)
        means = Means(
            carrier=carrier,
            vault=KeyedVault(keys),
            selections=SchemaSelections(settings, database),
            clock=lambda: datetime.now(UTC),
        )
        yield Desk(shop, token, receiver, Transactions(database, published=lambda _topics: None), means)
        await carrier.close()
        await database.close()
