"""Which providers there are is said by settings; what is written wrong stops the start and tells no secret."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateways.refusal import CannotStart
from gateways.settings import load_settings
from supplies import Supplies
from tests.conftest import Clone

ACME = {"name": "acme", "label": "Acme", "issuer": "https://id.acme.example", "client_id": "shop", "client_secret": "hush"}


def _settings(home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch, **environment: str) -> Any:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return load_settings(env_file=None, data_dir=home, database_url=database_url, redis_url="redis://127.0.0.1:1")


async def test_an_id_and_a_secret_switch_a_provider_on(clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(
        tmp_path,
        await clone(),
        monkeypatch,
        GOOGLE_CLIENT_ID="g",
        GOOGLE_CLIENT_SECRET="s",
        GITHUB_CLIENT_ID="h",
        GITHUB_CLIENT_SECRET="s",
        FACEBOOK_CLIENT_ID="f",
        FACEBOOK_CLIENT_SECRET="s",
        OIDC_PROVIDERS=json.dumps([ACME]),
        IDENTITY_REDIRECT_URLS="https://shop.example/a, https://shop.example/b",
    )
    ports = Supplies(settings).ports().identities
    labels = [(name, each.label) for name, each in ports.providers.items()]
    assert labels == [("google", "Google"), ("github", "GitHub"), ("facebook", "Facebook"), ("acme", "Acme")]
    assert ports.redirect_urls == {"https://shop.example/a", "https://shop.example/b"}
    assert "hush" not in repr(settings)


async def test_without_settings_there_is_none(clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ports = Supplies(_settings(tmp_path, await clone(), monkeypatch)).ports().identities
    assert (dict(ports.providers), ports.redirect_urls) == ({}, frozenset())


@pytest.mark.parametrize(
    "written",
    [
        "{",
        '{"name": "acme"}',
        json.dumps([{**ACME, "issuer": "http://id.acme.example"}]),
        json.dumps([{**ACME, "issuer": "file:///etc/passwd"}]),
        json.dumps([{**ACME, "name": "Ac me"}]),
        json.dumps([{**ACME, "secret": "x"}]),
    ],
)
def test_what_is_written_wrong_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    with pytest.raises(CannotStart, match="OIDC_PROVIDERS") as refused:
        _settings(tmp_path, "postgresql://x", monkeypatch, OIDC_PROVIDERS=written)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("environment", "domain", "pages"),
    [
        ({}, "localhost", ("http://localhost:8000",)),
        ({"STOREFRONT_URL": "https://www.shop.example/de"}, "www.shop.example", ("https://www.shop.example",)),
        (
            {"PASSKEY_DOMAIN": "shop.example", "PASSKEY_ORIGINS": "https://shop.example,https://www.shop.example"},
            "shop.example",
            ("https://shop.example", "https://www.shop.example"),
        ),
    ],
)
def test_passkeys_belong_to_the_shops_pages_unless_set(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    domain: str,
    pages: tuple[str, ...],
) -> None:
    settings = _settings(tmp_path, "postgresql://x", monkeypatch, **environment)
    assert (settings.passkey_domain_name, settings.passkey_pages) == (domain, pages)
