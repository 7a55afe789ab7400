"""The till: a shop, its payment provider, and a worker that does what is due when it is told to.

Webhooks come over real HTTP; forged ones are made here, signed as the provider signs.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import uvicorn

from gateways.payments.configured import configured
from gateways.payments.http import payment_client
from gateways.payments.sandbox import SandboxProvider, SandboxValues
from gateways.settings import load_settings
from persistence.engine import Database, DatabaseSettings
from persistence.invariants import Violation, violations
from persistence.unit import Transactions, UnitOfWork
from schema.ids import parse_id
from tests.gateways.receiver import QuietServer
from tests.gateways.requests import sums_of
from tests.gateways.sandbox_process import API_KEY, SECRET, SandboxProcess
from tests.shop import Shop, open_shop
from tests.workers.tools import tools_of
from workers import orders, payments
from workers.roster import ROUTES, TASKS
from workers.tasks import Tools, perform

_NUMBERS = itertools.count(1)
PAY = """mutation($input: PaymentCreateInput!) { paymentCreate(input: $input) {
    payment { id state nextAction { url } failure { code } method { brand last4 } amount { amount } captured { amount } }
    order { id status paymentStatus } userErrors { code path message ... on AmountExceedsOutstanding { outstanding { amount } } } } }"""
CALL_OFF = """mutation($input: PaymentCancelInput!) { paymentCancel(input: $input) {
    payment { state } order { paymentStatus } userErrors { code path } } }"""
REFUND = """mutation($input: RefundCreateInput!) { refundCreate(input: $input) {
    refunds { id state amount { amount } reason } userErrors { code path ... on RefundTooLarge { refundable { amount } } } } }"""
CANCEL = "mutation($input: OrderCancelInput!) { orderCancel(input: $input) { order { status } userErrors { code } } }"
ORDER = """query($token: String!) { orderByToken(token: $token) {
    id status paymentStatus captured { amount } refunded { amount } events { seq kind }
    payments { id state captured { amount } refunded { amount } failure { code } refunds { state amount { amount } } } } }"""
MOVED = (
    """SELECT account, sum(amount)::bigint AS amount FROM ledger_entry WHERE order_id = $1 GROUP BY 1 HAVING sum(amount) <> 0"""
)


@dataclass(slots=True)
class Till:
    """The shop's money side."""

    shop: Shop
    url: str
    sandbox: SandboxProcess
    provider: SandboxProvider
    tools: Tools
    client: httpx2.AsyncClient

    async def order(self, *, price: int = 1999, stock: int = 10, quantity: int = 1) -> dict[str, Any]:
        """A placed order; 19.99 and 4.90 for delivery, 24.89, unless said otherwise."""
        goods = await self.shop.goods(price=price, stock=stock)
        return {**await self.shop.shopper().orders((goods, quantity)), "goods": goods}

    async def pays(
        self, order: dict[str, Any], method: str = "tok_success", *, key: str | None = "", **said: Any
    ) -> dict[str, Any]:
        """The payload of `paymentCreate` by whoever holds the order's token; with a key of its own unless given."""
        known = {"orderToken": order["token"]} if "orderId" not in said else {}
        given = {"method": method, **known, **said}
        fresh = f"key-{next(_NUMBERS)}" if key == "" else key
        payload: dict[str, Any] = (await self.shop.data(PAY, {"input": given}, key=fresh))["paymentCreate"]
        return payload

    async def paid(self, order: dict[str, Any], method: str = "tok_success", **said: Any) -> dict[str, Any]:
        """A payment that was started; it."""
        payload = await self.pays(order, method, **said)
        assert payload["userErrors"] == [], payload
        payment: dict[str, Any] = payload["payment"]
        return payment

    async def does(
        self, name: str, given: dict[str, Any], asked: str, *, token: str | None = None, key: str | None = None
    ) -> dict[str, Any]:
        """The payload of a mutation, with its errors' codes and paths."""
        title = f"{name[0].upper()}{name[1:]}Input"
        text = f"mutation($input: {title}!) {{ {name}(input: $input) {{ {asked} userErrors {{ code path }} }} }}"
        payload: dict[str, Any] = (await self.shop.data(text, {"input": given}, token=token, key=key))[name]
        return payload

    async def seen(self, order: dict[str, Any]) -> dict[str, Any]:
        """The order as its buyer sees it."""
        found: dict[str, Any] = (await self.shop.data(ORDER, {"token": order["token"]}))["orderByToken"]
        return found

    async def becomes(self, order: dict[str, Any], *, seconds: float = 30.0, **expected: str) -> dict[str, Any]:
        """The order once it is as expected, with the worker at work meanwhile."""
        async with asyncio.timeout(seconds):
            while True:
                await self.works()
                seen = await self.seen(order)
                if all(seen[name] == value for name, value in expected.items()):
                    return seen
                await asyncio.sleep(0.05)

    async def works(self, *, tries_again: bool = False) -> None:
        """Does all tasks that are due, and what follows from them; `tries_again`: also those that failed before."""
        if tries_again:
            await self.shop.rows.execute(
                "UPDATE outbox_task SET due_at = now() WHERE id IN (SELECT id FROM outbox_task"
                " WHERE done_at IS NULL AND parked_because IS NULL FOR UPDATE SKIP LOCKED)"
            )
        while due := await self.tools.transact.work(_take):
            for each in due:
                await perform(each, tasks=TASKS, tools=self.tools)

    async def asks_unfinished(self) -> None:
        """The clock asks about attempts, however young they are."""
        await payments.ask_unfinished(self.tools)

    async def looks_into_the_inbox(self) -> None:
        """The clock tries what waits in the inbox."""
        await payments.apply_waiting(self.tools)

    async def compares(self) -> None:
        """The clock compares the books."""
        await payments.compare_books(self.tools)

    async def expires(self, order: dict[str, Any]) -> None:
        """The order's reservation runs out, and the clock sees it."""
        await self.shop.rows.execute(
            "UPDATE reservation SET expires_at = now() - interval '1 second' WHERE order_id = $1 AND state = 'HELD'",
            raw_id(order["id"]),
        )
        await orders.expire_unpaid(self.tools)

    async def settled(self, payment: dict[str, Any]) -> None:
        """Works until the provider's end of a payment is ours."""
        async with asyncio.timeout(60):
            while True:
                await self.works(tries_again=True)
                told = await self.snapshot(payment)
                row = await self.shop.rows.fetchrow(
                    "SELECT version, captured, refunded FROM payment WHERE id = $1", raw_id(payment["id"])
                )
                assert row is not None
                if row["version"] == told["version"] and told["captured"] == told["refunded"]:
                    return
                await asyncio.sleep(0.05)

    async def settled_orders(self, *placed: dict[str, Any]) -> None:
        """Works until every notification of these orders has come and been applied, and nothing is left to do."""
        for order in placed:
            for payment in (await self.seen(order))["payments"]:
                told = await self.snapshot(payment)
                await self.told_of(payment, told["version"])
        await self.works(tries_again=True)

    async def without_webhooks(self, payment: dict[str, Any]) -> None:
        """What webhooks told of a payment is forgotten, as if they had been lost."""
        await self.told_of(payment, 2)
        for_payment = "payload ->> 'attempt_key' = $1"
        await self.shop.rows.execute(
            f"""DELETE FROM outbox_event WHERE kind = 'NotificationReceived' AND aggregate_id IN (
                SELECT id FROM inbox WHERE {for_payment})""",
            str(raw_id(payment["id"])),
        )
        await self.shop.rows.execute(f"DELETE FROM inbox WHERE {for_payment}", str(raw_id(payment["id"])))

    def deaf(self) -> Till:
        """The same till, whose worker finds nobody at the provider's address."""
        values = SandboxValues(url="http://127.0.0.1:9", api_key=API_KEY, webhook_secrets=(SECRET,))
        tools = replace(self.tools, providers={"sandbox": SandboxProvider(self.client, values)})
        return replace(self, tools=tools)

    async def books(self, payment: dict[str, Any]) -> dict[str, int]:
        """The sandbox's own sums for a payment."""
        return await sums_of(self.sandbox, self.client, str(raw_id(payment["id"])))

    async def moved(self, order: dict[str, Any]) -> dict[str, int]:
        """The sums of our ledger's accounts for an order, those that are not zero."""
        return {row["account"]: row["amount"] for row in await self.shop.rows.fetch(MOVED, raw_id(order["id"]))}

    async def facts(self, order: dict[str, Any]) -> Counter[str]:
        """How often each fact about payments of an order was announced."""
        rows = await self.shop.rows.fetch(
            "SELECT kind FROM outbox_event WHERE payload ->> 'order_id' = $1", str(raw_id(order["id"]))
        )
        return Counter(row["kind"] for row in rows)

    async def inbox(self, payment: dict[str, Any]) -> list[tuple[str, str | None]]:
        """State and outcome of the notifications about a payment, in the order they came."""
        rows = await self.shop.rows.fetch(
            "SELECT state, outcome FROM inbox WHERE payload ->> 'attempt_key' = $1 ORDER BY id", str(raw_id(payment["id"]))
        )
        return [(row["state"], row["outcome"]) for row in rows]

    async def told_of(self, payment: dict[str, Any], count: int) -> None:
        """Returns when so many notifications about a payment have come."""
        async with asyncio.timeout(30):
            while len(await self.inbox(payment)) < count:  # noqa: ASYNC110 (they come from another process)
                await asyncio.sleep(0.03)

    async def snapshot(self, payment: dict[str, Any], **changed: Any) -> dict[str, Any]:
        """The payment as the sandbox tells it, with some of it changed."""
        answer = await self.client.get(
            f"{self.sandbox.url}/v1/payments",
            params={"merchant_reference": str(raw_id(payment["id"]))},
            headers={"authorization": f"Bearer {API_KEY}"},
        )
        return {**answer.json()["data"][0], **changed}

    async def told(
        self, body: bytes | dict[str, Any], *, headers: dict[str, str] | None = None, provider: str = "sandbox"
    ) -> int:
        """The status that a webhook is answered with; a payment is put into a message and signed as the sandbox would."""
        if isinstance(body, dict):
            body, headers = message(body)
        answer = await self.client.post(f"{self.url}/webhooks/payments/{provider}", content=body, headers=headers or {})
        return answer.status_code

    async def closes(self) -> list[Violation]:
        """Works off what is left, the clock's part with it, as a worker would have all along; the rules that are broken then."""
        await self.works(tries_again=True)
        await self.looks_into_the_inbox()
        return await self.judged()

    async def judged(self) -> list[Violation]:
        """The rules of the shop's data that are broken."""
        async with self.shop.rows.acquire() as connection:
            return await violations(connection)


def message(payment: dict[str, Any], *, message_id: str | None = None) -> tuple[bytes, dict[str, str]]:
    """A message about a payment with its headers, signed now."""
    own_id = message_id or f"evt_forged{next(_NUMBERS)}"
    told = {"id": own_id, "type": "payment.told", "occurred_at": datetime.now(UTC).isoformat(), "payment": payment}
    body = json.dumps(told).encode()
    return body, signed(body, message_id=own_id)


def signed(body: bytes, *, message_id: str, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    """Headers of a message as Standard Webhooks signs it."""
    seconds = str(int(time.time() if at is None else at))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, b".".join((message_id.encode(), seconds.encode(), body)), hashlib.sha256)
    signature = "v1," + base64.b64encode(digest).decode()
    return {"webhook-id": message_id, "webhook-timestamp": seconds, "webhook-signature": signature}


def raw_id(text: str) -> UUID:
    """The UUID behind a public id."""
    found = parse_id(text)
    assert found is not None
    return found[1]


async def _take(unit: UnitOfWork) -> list[UUID]:
    await unit.outbox.route(ROUTES)
    return [each.id for each in await unit.outbox.claim_due()]


@asynccontextmanager
async def open_till(
    database_url: str, redis_url: str, sandbox: SandboxProcess, data_dir: Path, **more: Any
) -> AsyncIterator[Till]:
    """A shop with its till, open for business until the block ends; `more` are further settings."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        settings = load_settings(
            env_file=None,
            data_dir=data_dir,
            database_url=database_url,
            redis_url=redis_url,
            port=port,
            sandbox_url=sandbox.url,
            sandbox_api_key=API_KEY,
            sandbox_webhook_secrets=SECRET,
            mutations_per_minute=100_000,
            logins_per_minute=100_000,
            access_token_seconds=86_400,
            requests_per_minute=100_000,
            cost_per_minute=10_000_000,
            **more,
        )
        database = Database(DatabaseSettings(url=database_url))
        await database.open()
        async with open_shop(settings) as shop, payment_client() as client:
            server = QuietServer(uvicorn.Config(shop.api, log_level="critical", lifespan="off", ws="none"))
            serving = asyncio.create_task(server.serve(sockets=[listening]))
            provider = SandboxProvider(client, sandbox.values())
            tools = tools_of(database, Transactions(database, published=lambda _topics: None))
            providers = {**configured(settings, client=client), "sandbox": provider}
            working = replace(tools, providers=providers, unfinished_after=timedelta(0))
            try:
                yield Till(shop, settings.own_url, sandbox, provider, working, client)
            finally:
                server.should_exit = True
                await serving
                await database.close()
