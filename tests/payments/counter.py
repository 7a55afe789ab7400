"""A till of several providers: the sandbox, Stripe's fake with its webhooks, and payment by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.gateways.fakes.serving import serving
from tests.gateways.fakes.stripe import ACCOUNT, SECRET, FakeStripe
from tests.gateways.sandbox_process import SandboxProcess
from tests.payments.till import Till, open_till

PAGES = "https://pages.example/shop"


@dataclass(frozen=True)
class Counter:
    """The till, and who is behind Stripe's address."""

    till: Till
    stripe: FakeStripe


@asynccontextmanager
async def open_counter(database_url: str, redis_url: str, sandbox: SandboxProcess, data_dir: Path) -> AsyncIterator[Counter]:
    """A counter of its own shop. A second person has to agree to refunds above 20 EUR of an order."""
    fake = FakeStripe()
    async with (
        serving(fake.app) as url,
        open_till(
            database_url,
            redis_url,
            sandbox,
            data_dir,
            payment_providers="*:*=sandbox,stripe,manual",
            stripe_api_key="sk_test_vitrine",
            stripe_account=ACCOUNT,
            stripe_webhook_secrets=SECRET,
            stripe_url=url,
            manual_methods="bank_transfer,cash_on_delivery",
            manual_instructions="Send {amount} for order {order}.",
            payment_capture="manual",
            return_urls=PAGES,
            refund_approval_above="EUR:20",
            staff_email="staff@shop.example",
        ) as till,
    ):
        fake.backstage.webhook_url = f"{till.url}/webhooks/payments/stripe"
        yield Counter(till, fake)
        await fake.backstage.told()
