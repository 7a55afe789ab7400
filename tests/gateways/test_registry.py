"""Which providers there are: those whose values are set, and installed ones that settings name."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import httpx2
import pytest

from domain.payments.model import Notification, ProviderPayment
from domain.payments.provider import Answer, AttemptRequest
from gateways.payments.registry import ProviderValues, UnknownProvider, providers
from gateways.payments.sandbox import SandboxProvider, SandboxValues
from tests.conftest import Clone
from tests.gateways.sandbox_process import API_KEY, SECRET, SandboxProcess
from tests.payments.till import open_till

SANDBOX = SandboxValues(url="http://127.0.0.1:9", api_key="sk", webhook_secrets=())


class Acme(SandboxProvider):
    """What an installed package would bring: here the sandbox under another name."""

    name = "acme"

    async def create(self, request: AttemptRequest) -> Answer:
        answer = await super().create(request)
        return replace(answer, provider="acme") if isinstance(answer, ProviderPayment) else answer

    async def read_notification(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notification | None:
        told = await super().read_notification(body, headers, now)
        if told is None or told.payment is None:
            return None
        return replace(told, provider="acme", payment=replace(told.payment, provider="acme"))


def make(*, client: httpx2.AsyncClient, values: Mapping[str, str]) -> SandboxProvider:
    """What its entry point names."""
    sandbox = SandboxValues(url=values["url"], api_key=API_KEY, webhook_secrets=(SECRET,), account=values["account"])
    return Acme(client, sandbox) if values.get("as") != "sandbox" else SandboxProvider(client, sandbox)


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[None]:
    """A distribution on the path, as pip would leave it, that offers the provider `acme`."""
    metadata = tmp_path / "acme_payments-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-payments\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[vitrine.payment_providers]\nacme = {__name__}:make\n")
    sys.path.insert(0, str(tmp_path))
    yield
    sys.path.remove(str(tmp_path))


async def test_nothing_set_is_no_provider(client: httpx2.AsyncClient) -> None:
    assert providers(ProviderValues(), client=client) == {}


async def test_the_sandbox_is_there_when_its_values_are(client: httpx2.AsyncClient) -> None:
    made = providers(ProviderValues(sandbox=SANDBOX), client=client)
    assert {name: provider.name for name, provider in made.items()} == {"sandbox": "sandbox"}


async def test_an_installed_provider_is_made_only_when_settings_name_it(client: httpx2.AsyncClient, installed: None) -> None:
    assert list(providers(ProviderValues(sandbox=SANDBOX), client=client)) == ["sandbox"]
    values = ProviderValues(sandbox=SANDBOX, installed={"acme": {"url": "http://127.0.0.1:9", "account": "acct_installed"}})
    assert {name: provider.account for name, provider in providers(values, client=client).items()} == {
        "acme": "acct_installed",
        "sandbox": "acct_sandbox",
    }


async def test_a_provider_that_nobody_offers_stops_the_start(client: httpx2.AsyncClient) -> None:
    with pytest.raises(UnknownProvider, match="acme"):
        providers(ProviderValues(installed={"acme": {}}), client=client)


@pytest.mark.parametrize("name", ["Acme", "a/b", "../x", ""])
async def test_a_name_that_fits_into_no_address_stops_the_start(client: httpx2.AsyncClient, name: str) -> None:
    with pytest.raises(UnknownProvider, match="no name"):
        providers(ProviderValues(installed={name: {}}), client=client)


async def test_an_installed_provider_cannot_take_the_name_of_ours(client: httpx2.AsyncClient) -> None:
    with pytest.raises(UnknownProvider, match="sandbox"):
        providers(ProviderValues(sandbox=SANDBOX, installed={"sandbox": {}}), client=client)


async def test_an_installed_provider_goes_by_the_name_that_it_is_installed_under(
    client: httpx2.AsyncClient, installed: None
) -> None:
    values = ProviderValues(installed={"acme": {"url": "http://127.0.0.1:9", "account": "acct", "as": "sandbox"}})
    with pytest.raises(UnknownProvider, match="calls itself 'sandbox'"):
        providers(values, client=client)


async def test_an_installed_provider_takes_an_order_and_no_word_of_the_shop_names_it(
    clone: Clone, redis_url: str, sandbox: SandboxProcess, installed: None, tmp_path: Path
) -> None:
    plugins = {"acme": {"url": sandbox.url, "account": "acct_sandbox"}}
    async with open_till(await clone(), redis_url, sandbox, tmp_path, payment_plugins=plugins) as till:
        order = await till.order()
        payment = await till.paid(order, provider="acme")
        assert payment["state"] == "CAPTURED"
        seen = await till.becomes(order, paymentStatus="PAID")
        assert seen["status"] == "CONFIRMED"
        await till.told_of(payment, 1)
        assert await till.shop.rows.fetchval("SELECT count(*) FROM inbox WHERE provider = 'acme'") > 0
