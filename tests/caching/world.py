"""Two processes that keep answers or rows and one that keeps none, on one database and one Redis; what staff and buyers do there."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import Any

import httpx2

from application import Api
from persistence.row_cache import RowCache
from schema.caching.responses import Responses
from schema.ids import global_id
from tests.shop import Shop

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

    @property
    def rows(self) -> RowCache:
        assert self.api.rows is not None
        return self.api.rows

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
            while self.api.supplies.live.hears is not is_so:  # noqa: ASYNC110 - the process has no event for it, and needs none
                await asyncio.sleep(0.02)


@dataclass(slots=True)
class Street:
    """The processes, and the things that are there. `here` and `there` keep what they are told to, `bare` nothing."""

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
