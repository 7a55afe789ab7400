"""A shop with people who have much to lose, and eyes that see whether anything was lost, changed or told."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from graphql import GraphQLSchema

from domain.ids import new_id
from domain.seal import Seal
from domain.viewer import Permission
from gateways.settings import load_settings
from persistence.invariants import violations
from schema.ids import global_id, parse_id
from schema.root import build, executable
from tests.gateways.sandbox_process import API_KEY, SECRET, SandboxProcess
from tests.hostile.doors import Door, Pick, doors
from tests.hostile.doors import Path as Place
from tests.hostile.people import (
    HONEST,
    KEYS,
    Person,
    a_buyer,
    a_catalogue,
    a_listener,
    email_of,
    goods_coming_back,
    honest_text,
    ids_in,
    log_in,
)
from tests.makers.people import a_staff_token
from tests.makers.trade import Goods
from tests.shop import Shop, Shopper, open_shop

_FRESH = re.compile(r'"(?:requestId|\w*[tT]oken|\w+At)":"[^"]*"')
"""What is made anew for every answer: ids of requests, tokens, moments."""
_LEAKS = re.compile(
    r"Traceback|asyncpg|sqlalchemy|site-packages|\.py\b|File \"|/(?:work|usr|home|root|tmp|opt)/|SELECT .* FROM|INSERT INTO|"
    r"violates|constraint|relation \"|\bpg_|postgresql://|redis://|unix://|Error\(|Exception|<class|object at 0x|sk_sandbox|whsec_"
)
_TOLD_ONCE = re.compile(r'"secret":"whsec_[^"]*"')
"""The secret of a webhook's endpoint, which whoever makes the endpoint is told by design."""
_OURS = frozenset({"INTERNAL", "SERVICE_UNAVAILABLE", "OVERLOADED", "TIMEOUT"})
_OTHERS = (
    "SELECT t::text FROM orders t WHERE customer_id = $1",
    "SELECT t::text FROM cart t WHERE customer_id = $1",
    "SELECT t::text FROM cart_line t WHERE cart_id IN (SELECT id FROM cart WHERE customer_id = $1)",
    "SELECT t::text FROM customer t WHERE id = $1",
    "SELECT t::text FROM address t WHERE customer_id = $1",
    "SELECT t::text FROM session t WHERE account_id = $1",
    "SELECT t::text FROM account t WHERE id = $1",
    "SELECT t::text FROM passkey t WHERE account_id = $1",
    "SELECT t::text FROM identity t WHERE account_id = $1",
    "SELECT t::text FROM payment t WHERE order_id IN (SELECT id FROM orders WHERE customer_id = $1)",
    "SELECT t::text FROM refund t WHERE order_id IN (SELECT id FROM orders WHERE customer_id = $1)",
    "SELECT t::text FROM order_event t WHERE order_id IN (SELECT id FROM orders WHERE customer_id = $1)",
    "SELECT t::text FROM order_return t WHERE order_id IN (SELECT id FROM orders WHERE customer_id = $1)",
)


@dataclass(slots=True)
class World:
    """`victim` owns one of everything; `customer` and `guest` are others, `staff` may do all."""

    shop: Shop
    schema: GraphQLSchema
    doors: list[Door]
    guest: Person
    customer: Person
    staff: Person
    victim: Person
    goods: Goods
    tables: list[str]

    async def sends(self, person: Person, door: Door, arguments: dict[str, Any], *, depth: int = 0) -> httpx2.Response:
        """An operation through a door. The body is written by hand: honest clients cannot write all of it."""
        variables = {**arguments, **({"nodeId": self._node(person, door.of)} if door.of else {})}
        body = json.dumps({"query": door.document(arguments, depth=depth), "variables": variables}).encode()
        if door.operation == "subscription":
            return await self._posted(person, body, accept="text/event-stream")
        answer = await self._posted(person, body)
        if person.token is not None and b'"code":"UNAUTHENTICATED"' in answer.content:
            # Some deeds end the session that does them.
            person.token = await log_in(self.shop, person.email)
            answer = await self._posted(person, body)
        return answer

    async def _posted(self, person: Person, body: bytes, *, accept: str = "application/json") -> httpx2.Response:
        headers = {"Accept": accept, "Content-Type": "application/json", "Idempotency-Key": f"hostile-{next(KEYS)}"}
        if person.token is not None:
            headers["Authorization"] = f"Bearer {person.token}"
        return await self.shop.client.post("/graphql", content=body, headers=headers)

    def pick(self, person: Person) -> Pick:
        """Fills what must be said with what this person could honestly say."""

        def picked(path: Place, kind: str) -> Any:
            door, name = path[0], path[-1]
            match kind:
                case "ID":
                    return self._honest_id(person, door, name)
                case "String":
                    return honest_text(person, name)
                case "Boolean":
                    return False
                case _:
                    return HONEST.get(kind, "Text")

        return picked

    def nobodys(self, kind: str) -> str:
        """An id of a type that is nobody's."""
        if kind == "Cart":
            return Seal(tuple(key.encode() for key in self.shop.api.settings.secret_keys)).secret("cart", new_id())
        return global_id(kind, new_id())

    def _node(self, person: Person, kind: str) -> str:
        known = {**self.guest.ids, **self.victim.ids, **person.ids}
        return known[kind] if kind in known else self.nobodys(kind)

    def _honest_id(self, person: Person, door: str, name: str) -> str:
        known = {**self.guest.ids, **(self.victim.ids if person is self.staff else {}), **person.ids}
        kinds = sorted(known, key=len, reverse=True)
        wanted = name.removesuffix("Ids").removesuffix("Id").lower()
        named = [kind for kind in kinds if kind.lower().endswith(wanted)]
        meant = [kind for kind in kinds if door.lower().startswith(kind.lower().removeprefix("customer") or "?")]
        return next((known[kind] for kind in (*named, *meant)), self.nobodys("Nothing"))

    async def new_cart(self, person: Person) -> None:
        """A cart with a line again, whatever became of the one before."""
        document = """mutation($input: CartCreateInput!) { cartCreate(input: $input) {
            cart { __typename id lines { __typename id } } } }"""
        said = {"input": {"lines": [{"variantId": self.guest.ids["Variant"]}]}}
        person.ids |= dict(ids_in(await self.shop.data(document, said, token=person.token)))

    async def new_shelves(self) -> None:
        """A category, a collection and an import again, whatever became of those before."""
        self.guest.ids |= await a_catalogue(self.shop, self.staff)

    async def everything(self) -> dict[str, str]:
        """A fingerprint of every table."""
        asked = " UNION ALL ".join(
            f"SELECT '{name}', count(*) || ':' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '') FROM \"{name}\" t"
            for name in self.tables
        )
        return {row[0]: row[1] for row in await self.shop.rows.fetch(asked)}

    async def others(self) -> list[str]:
        """All that is the victim's, the stock of what only they have bought, and how many orders there are."""
        owner = parse_id(self.victim.ids["Customer"])
        assert owner is not None
        found = [row[0] for asked in _OTHERS for row in await self.shop.rows.fetch(f"{asked} ORDER BY 1", owner[1])]
        stock = await self.shop.rows.fetch(
            "SELECT t::text FROM stock t WHERE variant_id = $1 ORDER BY 1", self.goods.variant_id
        )
        return [*found, *(row[0] for row in stock), str(await self.shop.rows.fetchval("SELECT count(*) FROM orders"))]

    async def broken_rules(self) -> list[Any]:
        """The rules of the shop's data that are broken; the outbox's are the worker's to keep, and none works here."""
        async with self.shop.rows.acquire() as connection:
            return [each for each in await violations(connection) if not each.name.startswith("outbox.")]

    def wrong_with(self, answer: httpx2.Response) -> str | None:
        """What is wrong with an answer, whatever was asked; None when nothing is."""
        if answer.status_code >= 500:
            return f"status {answer.status_code}"
        leak = _LEAKS.search(_TOLD_ONCE.sub("", answer.text)) or next(
            (name for name in self.tables if "_" in name and name in answer.text), None
        )
        if leak is not None:
            return f"tells {leak}"
        for error in body_of(answer).get("errors", ()):
            if error["extensions"]["code"] in _OURS or not error["message"]:
                return f"error {error}"
        for refusal in _refusals(answer):
            if not (refusal["code"] and refusal["message"]) or refusal["path"][:1] not in (["input"], ["cart"]):
                return f"refusal {refusal}"
        return None


def is_refused(answer: httpx2.Response) -> bool:
    """Whether it was refused, as a whole or by the mutation's own word."""
    return bool(body_of(answer).get("errors") or _refusals(answer))


def body_of(answer: httpx2.Response) -> dict[str, Any]:
    """What was answered; of a stream, what it said first."""
    if answer.headers["content-type"].startswith("text/event-stream"):
        [said, *_] = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: {")]
        streamed: dict[str, Any] = json.loads(said)
        return streamed
    body: dict[str, Any] = answer.json()
    return body


def _refusals(answer: httpx2.Response) -> list[dict[str, Any]]:
    payloads = (body_of(answer).get("data") or {}).values()
    return [refusal for each in payloads if isinstance(each, dict) for refusal in each.get("userErrors") or ()]


def without_fresh(answer: httpx2.Response) -> str:
    """The status and the body, but for what is made anew for every answer."""
    return f"{answer.status_code} {_FRESH.sub('', answer.text)}"


@asynccontextmanager
async def open_world(database_url: str, redis_url: str, home: Path, sandbox: SandboxProcess) -> AsyncIterator[World]:
    """A world of its own."""
    settings = load_settings(
        env_file=None,
        data_dir=home,
        database_url=database_url,
        redis_url=redis_url,
        sandbox_url=sandbox.url,
        sandbox_api_key=API_KEY,
        sandbox_webhook_secrets=SECRET,
        logins_per_minute=100_000,
        access_token_seconds=86_400,
        requests_per_minute=1_000_000,
        mutations_per_minute=1_000_000,
    )
    schema = executable(build())
    async with open_shop(settings) as shop:
        theirs, others = await shop.goods(stock=100), await shop.goods(stock=(100, 100))
        token = await a_staff_token(shop, *Permission)
        staff = Person("staff", token, await email_of(shop, token))
        staff.ids |= await a_listener(shop, staff)
        victim = await a_buyer(shop, schema, theirs, "victim", has_more_ways_in=True)
        customer = await a_buyer(shop, schema, others, "customer")
        refund = "mutation($input: RefundCreateInput!) { refundCreate(input: $input) { refunds { __typename id } } }"
        given = await shop.data(
            refund, {"input": {"orderId": victim.ids["Order"], "amount": "1.00", "reason": "r"}}, token=staff.token, key="back"
        )
        victim.ids |= dict(ids_in(given))
        victim.ids |= await goods_coming_back(shop, staff, victim)
        guests = Shopper(shop, "guest@example.com")
        await guests.adds(others, 1)
        guest = Person("guest", None, ids={"Cart": guests.cart["id"], "CartLine": guests.cart["lines"][0]["id"]})
        guest.ids |= {
            "Variant": others.id,
            "Product": global_id("Product", others.product_id),
            "DeliveryOption": shop.channel.standard_delivery,
            "Warehouse": global_id("Warehouse", shop.channel.warehouse_id),
        }
        guest.ids |= await a_catalogue(shop, staff)
        tables = [row[0] for row in await shop.rows.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        yield World(shop, schema, doors(schema), guest, customer, staff, victim, theirs, sorted(tables))
