"""Buyers who know that machines fail: what they were not told they ask again, under the same key, until they are told."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from tests.crashes.ground import Ground
from tests.shop import BERLIN

UNKNOWN = frozenset({"SERVICE_UNAVAILABLE", "OVERLOADED", "TIMEOUT"})
"""Codes that say: this may or may not have happened, ask again."""
ASKING_SECONDS = 90.0
_NUMBERS = itertools.count(1)
_PREPARE = """mutation($buyer: CartBuyerUpdateInput!, $addresses: CartAddressesUpdateInput!, $delivery: CartDeliverySelectInput!) {
  cartBuyerUpdate(input: $buyer) { userErrors { code } }
  cartAddressesUpdate(input: $addresses) { userErrors { code } }
  cartDeliverySelect(input: $delivery) { cart { readiness { isReady } } userErrors { code } }
}"""
_CREATE = "mutation($input: CartCreateInput!) { cartCreate(input: $input) { cart { id } userErrors { code } } }"
_COMPLETE = """mutation($input: CheckoutCompleteInput!) { checkoutComplete(input: $input) {
  order { id number token } userErrors { code message } } }"""
_PAY = """mutation($input: PaymentCreateInput!) { paymentCreate(input: $input) {
  payment { id state failure { code } captured { amount } } order { paymentStatus } userErrors { code message } } }"""


@dataclass(slots=True)
class Line:
    """A way to an API that may not be there. `history` is kept as JSON lines; `unknown` counts answers that told nothing."""

    url: str
    client: httpx2.AsyncClient
    history: Path
    unknown: int = 0
    refused: set[str] = field(default_factory=set)

    async def told(self, document: str, variables: dict[str, Any], *, key: str) -> dict[str, Any]:
        """The data of an operation, asked for until there is an answer that tells."""
        until = time.monotonic() + ASKING_SECONDS
        while True:
            answer = await self._once(document, variables, key)
            if answer is not None:
                return answer
            self.unknown += 1
            assert time.monotonic() < until, f"nobody told what became of {key}"
            await asyncio.sleep(0.1)

    async def _once(self, document: str, variables: dict[str, Any], key: str) -> dict[str, Any] | None:
        """The data, or None when nobody can say what happened. Whatever is answered must be JSON without a word too many."""
        started = time.time()
        try:
            answer = await self.client.post(
                f"{self.url}/graphql",
                json={"query": document, "variables": variables},
                headers={"Idempotency-Key": key},
            )
        except httpx2.TransportError as gone:
            self._note(key, started, "unknown", type(gone).__name__)
            return None
        assert answer.headers["content-type"].startswith("application/json"), answer.text
        assert "Traceback" not in answer.text, answer.text
        assert "asyncpg" not in answer.text, answer.text
        body = answer.json()
        codes = {error["extensions"]["code"] for error in body.get("errors", ())}
        self.refused |= codes
        assert codes <= UNKNOWN, body
        self._note(key, started, "unknown" if codes else "ok", ",".join(sorted(codes)))
        return None if codes else body["data"]

    def _note(self, key: str, started: float, outcome: str, told: str) -> None:
        with self.history.open("a") as file:
            file.write(json.dumps({"key": key, "t0": started, "t1": time.time(), "outcome": outcome, "told": told}) + "\n")


@asynccontextmanager
async def line_to(url: str, ground: Ground) -> AsyncIterator[Line]:
    """A line that is closed with the block."""
    limits = httpx2.Limits(max_connections=40, max_keepalive_connections=40)
    async with httpx2.AsyncClient(trust_env=False, timeout=15, limits=limits) as client:
        yield Line(url, client, ground.home / "history.jsonl")


@dataclass(slots=True)
class Buyer:
    """One who wants one order; `order` and `payment` are what they were told of it."""

    line: Line
    ground: Ground
    number: int = field(default_factory=lambda: next(_NUMBERS))
    cart_id: str = ""
    order: dict[str, Any] | None = None
    payment: dict[str, Any] | None = None

    @property
    def email(self) -> str:
        return f"buyer{self.number}@example.com"

    async def prepares(self) -> None:
        """Everything before the checkout."""
        lines = [{"variantId": self.ground.goods.id, "quantity": 1 + self.number % 3}]
        made = (await self.line.told(_CREATE, {"input": {"lines": lines}}, key=f"cart-{self.number}"))["cartCreate"]
        assert made["userErrors"] == [], made
        self.cart_id = made["cart"]["id"]
        cart = {"cartId": self.cart_id}
        said = {
            "buyer": {**cart, "email": self.email},
            "addresses": {**cart, "shipping": BERLIN},
            "delivery": {**cart, "deliveryOptionId": self.ground.channel.standard_delivery},
        }
        ready = await self.line.told(_PREPARE, said, key=f"ready-{self.number}")
        assert ready["cartDeliverySelect"]["cart"]["readiness"] == {"isReady": True}, ready

    async def checks_out(self) -> None:
        """Completes the checkout."""
        said = {"input": {"cartId": self.cart_id}}
        done = (await self.line.told(_COMPLETE, said, key=f"order-{self.number}"))["checkoutComplete"]
        assert done["userErrors"] == [], done
        self.order = done["order"]

    async def pays(self, method: str = "tok_success") -> None:
        """Pays the order, or learns that it is being paid; whose attempt never reached the provider makes another.

        That happens to an attempt whose API was away for so long that the worker gave it up.
        """
        assert self.order is not None
        said = {"input": {"orderToken": self.order["token"], "method": method}}
        for attempt in itertools.count(1):
            key = f"pay-{self.number}" if attempt == 1 else f"pay-{self.number}-{attempt}"
            done = (await self.line.told(_PAY, said, key=key))["paymentCreate"]
            assert done["userErrors"] == [], done
            self.payment = done["payment"]
            failure = done["payment"]["failure"]
            if failure is None:
                return
            assert failure["code"] == "not_started", done

    async def buys(self) -> None:
        """Checkout and payment, the cart being ready."""
        await self.checks_out()
        await self.pays()


async def ready_buyers(line: Line, ground: Ground, count: int, *, at_once: int = 8) -> list[Buyer]:
    """So many, each before their checkout."""
    buyers = [Buyer(line, ground) for _ in range(count)]
    gate = asyncio.Semaphore(at_once)

    async def prepare(buyer: Buyer) -> None:
        async with gate:
            await buyer.prepares()

    await asyncio.gather(*(prepare(each) for each in buyers))
    return buyers
