"""Which providers there are: those whose values are set, and installed ones that settings name."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx2
import pytest

from gateways.payments.registry import ProviderValues, UnknownProvider, providers
from gateways.payments.sandbox import SandboxProvider, SandboxValues

SANDBOX = SandboxValues(url="http://127.0.0.1:9", api_key="sk", webhook_secrets=())


def make(*, client: httpx2.AsyncClient, values: Mapping[str, str]) -> SandboxProvider:
    """What an installed package would offer: here a sandbox at another address."""
    return SandboxProvider(client, SandboxValues(url=values["url"], api_key="sk", webhook_secrets=(), account="acct_installed"))


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
    values = ProviderValues(sandbox=SANDBOX, installed={"acme": {"url": "http://127.0.0.1:9"}})
    assert {name: provider.account for name, provider in providers(values, client=client).items()} == {
        "sandbox": "acct_sandbox",
        "acme": "acct_installed",
    }


async def test_a_provider_that_nobody_offers_stops_the_start(client: httpx2.AsyncClient) -> None:
    with pytest.raises(UnknownProvider, match="acme"):
        providers(ProviderValues(installed={"acme": {}}), client=client)


async def test_an_installed_provider_cannot_take_the_name_of_ours(client: httpx2.AsyncClient) -> None:
    with pytest.raises(UnknownProvider, match="sandbox"):
        providers(ProviderValues(sandbox=SANDBOX, installed={"sandbox": {}}), client=client)
