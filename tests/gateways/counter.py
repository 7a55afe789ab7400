"""A shop with every payment provider, each a fake on a port of its own, whose webhooks come to the shop over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from domain.viewer import Permission
from tests.gateways.fakes import chapa as chapa_words
from tests.gateways.fakes import paypal as paypal_words
from tests.gateways.fakes import square as square_words
from tests.gateways.fakes import stripe as stripe_words
from tests.gateways.fakes.authority import Authority
from tests.gateways.fakes.chapa import FakeChapa
from tests.gateways.fakes.paypal import FakePayPal
from tests.gateways.fakes.paypal_tokens import CLIENT_ID, CLIENT_SECRET
from tests.gateways.fakes.serving import Backstage, serving
from tests.gateways.fakes.square import FakeSquare
from tests.gateways.fakes.stripe import FakeStripe
from tests.gateways.fakes.stripe_door import API_KEY
from tests.gateways.sandbox_process import SandboxProcess
from tests.makers.people import a_staff_token
from tests.payments.till import Till, open_till, raw_id

NOWHERE = 9
LOOKS, PAUSE_SECONDS = 10, 0.5
INSTRUCTIONS = "Please transfer {amount} and write {order} on it."


@dataclass(frozen=True, kw_only=True)
class Counter:
    """The till of the shop, and the providers' own sides."""

    till: Till
    stripe: FakeStripe
    paypal: FakePayPal
    square: FakeSquare
    chapa: FakeChapa

    @property
    def backstages(self) -> dict[str, Backstage]:
        """What is behind each provider."""
        return {
            "stripe": self.stripe.backstage,
            "paypal": self.paypal.backstage,
            "square": self.square.backstage,
            "chapa": self.chapa.backstage,
        }

    async def staff(self) -> str:
        """The token of somebody who may do everything with payments."""
        return await a_staff_token(self.till.shop, Permission.READ_ORDERS, Permission.READ_PAYMENTS, Permission.MANAGE_PAYMENTS)

    async def decides(self, payment: dict[str, Any], decision: str = "approve") -> None:
        """The buyer goes to the page and decides."""
        answer = await self.till.client.post(payment["nextAction"]["url"], data={"decision": decision})
        assert answer.status_code == 303, answer.text

    async def quiet(self) -> None:
        """All webhooks have been taken and applied."""
        for backstage in self.backstages.values():
            await backstage.told()
        await self.till.works(tries_again=True)
        await self.till.looks_into_the_inbox()

    async def kept(self, provider: str) -> int:
        """How many notifications of a provider lie in the inbox."""
        count = await self.till.shop.rows.fetchval("SELECT count(*) FROM inbox WHERE provider = $1", provider)
        return int(count)

    async def ends(self, order: dict[str, Any], **expected: str) -> dict[str, Any]:
        """The order when all is quiet and it is as expected. A busy machine may need a second look: a call may run out of time."""
        seen: dict[str, Any] = {}
        for _ in range(LOOKS):
            await self.quiet()
            seen = await self.till.seen(order)
            if {name: seen[name] for name in expected} == expected:
                return seen
            await asyncio.sleep(PAUSE_SECONDS)
        raise AssertionError(seen)

    async def attempt_key(self, payment: dict[str, Any]) -> str:
        """The key that the provider was given."""
        return str(raw_id(payment["id"]))


@asynccontextmanager
async def open_counter(database_url: str, redis_url: str, data_dir: Path, **more: Any) -> AsyncIterator[Counter]:
    """The shop, open for business until the block ends; `more` are further settings."""
    authority = Authority()
    stripe, paypal, square, chapa = FakeStripe(), FakePayPal(authority), FakeSquare(), FakeChapa()
    async with AsyncExitStack() as stack:
        urls = [await stack.enter_async_context(serving(fake.app)) for fake in (stripe, paypal, square, chapa)]
        settings = {
            "stripe_api_key": API_KEY,
            "stripe_account": stripe_words.ACCOUNT,
            "stripe_webhook_secrets": stripe_words.SECRET,
            "stripe_url": urls[0],
            "paypal_client_id": CLIENT_ID,
            "paypal_client_secret": CLIENT_SECRET,
            "paypal_account": paypal_words.MERCHANT,
            "paypal_webhook_ids": paypal_words.WEBHOOK_ID,
            "paypal_url": urls[1],
            "paypal_certificate_roots": authority.roots,
            "square_access_token": square_words.TOKEN,
            "square_location_id": square_words.LOCATION,
            "square_webhook_secrets": square_words.SECRET,
            "square_url": urls[2],
            "chapa_secret_key": chapa_words.SECRET_KEY,
            "chapa_webhook_secrets": chapa_words.SECRET,
            "chapa_url": urls[3],
            "manual_methods": "bank_transfer,cash_on_delivery",
            "manual_instructions": INSTRUCTIONS,
            "request_seconds_max": 60,
        }
        nobody = SandboxProcess(data_dir, NOWHERE)
        till = await stack.enter_async_context(open_till(database_url, redis_url, nobody, data_dir, **(settings | more)))
        counter = Counter(till=till, stripe=stripe, paypal=paypal, square=square, chapa=chapa)
        for name, backstage in counter.backstages.items():
            backstage.webhook_url = f"{till.url}/webhooks/payments/{name}"
        square.address = square.backstage.webhook_url
        yield counter
        await counter.quiet()
        assert await till.judged() == []
