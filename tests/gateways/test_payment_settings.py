"""Which providers the settings make, where they are offered, and what stops the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from domain.money import Currency
from domain.payments.provider import Offers
from gateways.payments.configured import circuits, configured, provider_values
from gateways.refusal import CannotStart
from gateways.settings import Settings, load_settings

STRIPE = {"stripe_api_key": "sk", "stripe_account": "acct_1"}
CHAPA = {"chapa_secret_key": "CHASECK"}
MANUAL = {"manual_methods": "bank_transfer, cash_on_delivery", "manual_instructions": "To us."}


def _settings(place: Path, **given: Any) -> Settings:
    return load_settings(env_file=None, data_dir=place, **given)


async def test_in_development_there_is_the_sandbox(tmp_path: Path, client: httpx2.AsyncClient) -> None:
    assert list(configured(_settings(tmp_path), client=client)) == ["sandbox"]


async def test_those_that_are_set_up_come_before_the_sandbox(tmp_path: Path, client: httpx2.AsyncClient) -> None:
    made = configured(_settings(tmp_path, **STRIPE, **CHAPA, **MANUAL), client=client)
    assert list(made) == ["stripe", "chapa", "manual", "sandbox"]
    assert {name: is_open() for name, is_open in circuits(made).items()} == {"stripe": False, "chapa": False, "sandbox": False}


async def test_rules_say_who_is_offered_where_and_the_closest_counts(tmp_path: Path, client: httpx2.AsyncClient) -> None:
    rules = "*:* = stripe,sandbox; *:ETB=chapa,stripe; wholesale:*=manual; wholesale:EUR=stripe"
    settings = _settings(tmp_path, **STRIPE, **CHAPA, **MANUAL, payment_providers=rules)
    offers = Offers(configured(settings, client=client), settings.offer_rules)

    def names(channel: str, currency: str) -> list[str]:
        return [each.name for each in offers.offered(channel, Currency(currency))]

    assert names("web", "USD") == ["stripe", "sandbox"]
    assert names("web", "ETB") == ["chapa", "stripe"]
    assert names("wholesale", "ETB") == ["manual"]
    assert names("wholesale", "EUR") == ["stripe"]


async def test_without_a_rule_all_are_offered_that_take_the_currency(tmp_path: Path, client: httpx2.AsyncClient) -> None:
    offers = Offers(configured(_settings(tmp_path, **STRIPE, **CHAPA), client=client))
    assert [each.name for each in offers.offered("web", Currency("EUR"))] == ["stripe", "sandbox"]
    assert [each.name for each in offers.offered("web", Currency("ETB"))] == ["stripe", "chapa", "sandbox"]


def test_two_secrets_are_held_during_a_rotation_and_squares_address_is_ours(tmp_path: Path) -> None:
    settings = _settings(
        tmp_path,
        **STRIPE,
        stripe_webhook_secrets="whsec_old, whsec_new",
        square_access_token="token",
        square_location_id="L1",
        webhook_url="https://hooks.shop.example",
    )
    values = provider_values(settings)
    assert values.stripe is not None
    assert values.square is not None
    assert values.stripe.webhook_secrets == ("whsec_old", "whsec_new")
    assert values.square.notification_url == "https://hooks.shop.example/webhooks/payments/square"
    assert (values.paypal, values.chapa, values.manual) == (None, None, None)


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    given = {
        "chapa_secret_key": "hush-1",
        "paypal_client_secret": "hush-2",
        "payment_plugins": {"acme": {"key": "hush-3"}},
    }
    settings = _settings(tmp_path, paypal_client_id="id", paypal_account="M", **given)
    assert "hush" not in repr(settings)
    assert "hush" not in repr(provider_values(settings))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"stripe_api_key": "sk"}, "STRIPE_ACCOUNT"),
        ({"paypal_client_id": "id"}, "PAYPAL_CLIENT_SECRET, PAYPAL_ACCOUNT"),
        ({"square_location_id": "L1"}, "SQUARE_ACCESS_TOKEN"),
        ({"manual_methods": "bank_transfer"}, "MANUAL_INSTRUCTIONS"),
        ({"manual_methods": "cheque"}, "cheque"),
        ({"payment_providers": "everything"}, "PAYMENT_PROVIDERS"),
        ({"payment_providers": "web:eur=stripe"}, "PAYMENT_PROVIDERS"),
        ({"stripe_url": "ftp://x"}, "STRIPE_URL"),
    ],
)
def test_what_is_half_set_up_or_misspelt_stops_the_start(tmp_path: Path, given: dict[str, str], told: str) -> None:
    with pytest.raises(CannotStart, match=told):
        _settings(tmp_path, **given)


@pytest.mark.parametrize("given", [{"payment_providers": "*:*=stripe"}, {"payment_plugins": {"acme": {"url": "https://x"}}}])
async def test_a_provider_that_is_not_there_stops_the_start(
    tmp_path: Path, client: httpx2.AsyncClient, given: dict[str, Any]
) -> None:
    with pytest.raises(CannotStart, match=r"stripe|acme"):
        configured(_settings(tmp_path, **given), client=client)


async def test_a_webhook_secret_that_is_none_stops_the_start(tmp_path: Path, client: httpx2.AsyncClient) -> None:
    with pytest.raises(CannotStart, match="base64"):
        configured(_settings(tmp_path, sandbox_webhook_secrets="whsec_!"), client=client)
