"""Settings: read once, refused as a whole in one line, secrets never shown."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from gateways.refusal import CannotStart
from gateways.settings import ROOT, Mode, Settings, child_environment, load_settings

PRODUCTION = {
    "VITRINE_MODE": "production",
    "SECRET_KEY": "a" * 32,
    "DATABASE_URL": "postgresql://shop:hidden@db/shop",
    "REDIS_URL": "redis://cache:6379/0",
    "PUBLIC_URL": "https://api.shop.example",
    "SMTP_URL": "smtp://mail.shop.example:587",
}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests counts here."""
    for name in variables():
        monkeypatch.delenv(name, raising=False)


def variables() -> set[str]:
    """The environment variable of every setting."""
    return {str(field.validation_alias or name).upper() for name, field in Settings.model_fields.items()}


def _load(data_dir: Path, **given: object) -> Settings:
    return load_settings(env_file=None, data_dir=data_dir, **given)


def test_development_makes_its_secrets_once_and_keeps_them_to_itself(tmp_path: Path) -> None:
    first, second = _load(tmp_path), _load(tmp_path)
    assert first.secret_keys == second.secret_keys
    assert first.sandbox_api_key == second.sandbox_api_key
    assert first.webhook_secrets == second.webhook_secrets
    assert [len(key.encode()) >= 32 for key in first.secret_keys] == [True]
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "secrets").iterdir()} == {0o600}
    assert sorted(file.name for file in (tmp_path / "secrets").iterdir()) == [
        "sandbox_api_key",
        "sandbox_webhook_secret",
        "secret_key",
    ]


def test_production_names_everything_that_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VITRINE_MODE", "production")
    monkeypatch.setenv("REDIS_URL", PRODUCTION["REDIS_URL"])
    with pytest.raises(CannotStart) as refusal:
        _load(tmp_path)
    assert str(refusal.value) == (
        "The settings do not do: production needs SECRET_KEY, DATABASE_URL, PUBLIC_URL, SMTP_URL. See .env.example."
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", ["SECRET_KEY", "DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SMTP_URL"])
def test_production_refuses_to_start_without_any_one_of_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str
) -> None:
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, "" if name == missing else value)
    with pytest.raises(CannotStart, match=f"production needs {missing}\\."):
        _load(tmp_path)


def test_production_with_everything_starts_and_shows_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    settings = _load(tmp_path)
    assert settings.mode is Mode.PRODUCTION
    assert settings.secret_keys == ("a" * 32,)
    assert settings.introspects is False
    assert settings.own_url == "https://api.shop.example"
    assert settings.provider_url == ""
    assert settings.seconds_unready == 2
    assert "hidden" not in repr(settings)
    assert "a" * 32 not in repr(settings)


def test_a_short_key_is_refused_without_being_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SECRET_KEY", f"{'a' * 32},short-secret")
    with pytest.raises(CannotStart) as refusal:
        _load(tmp_path)
    assert str(refusal.value) == ("The settings do not do: SECRET_KEY: every key needs at least 32 bytes. See .env.example.")


def test_every_wrong_variable_is_named_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PORT", "eighty")
    monkeypatch.setenv("DATABASE_URL", "mysql://shop:hidden@db/shop")
    monkeypatch.setenv("VITRINE_MODE", "test")
    with pytest.raises(CannotStart) as refusal:
        _load(tmp_path)
    said = str(refusal.value)
    assert "\n" not in said
    assert "hidden" not in said
    assert [name in said for name in ("PORT: ", "DATABASE_URL: ", "VITRINE_MODE: ")] == [True, True, True]


def test_lists_have_commas_and_an_option_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example, https://b.example,")
    monkeypatch.setenv("SECRET_KEY", f"{'n' * 32},{'o' * 32}")
    monkeypatch.setenv("PORT", "9000")
    settings = _load(tmp_path, port=9100, host=None)
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert settings.secret_keys == ("n" * 32, "o" * 32)
    assert (settings.host, settings.port) == ("127.0.0.1", 9100)
    assert settings.provider_url == "http://127.0.0.1:9101"


def test_a_file_gives_what_the_environment_does_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text('PORT=9000\nHOST=0.0.0.0\nMAIL_FROM="Shop <shop@shop.example>"\n')
    monkeypatch.setenv("PORT", "9100")
    settings = load_settings(env_file=file, data_dir=tmp_path)
    assert (settings.port, settings.host, settings.mail_from) == (9100, "0.0.0.0", "Shop <shop@shop.example>")
    assert settings.own_url == "http://127.0.0.1:9100"


def test_a_child_reads_the_same_settings_from_its_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    parent = _load(tmp_path, port=9000, database_url="postgresql:///shop", redis_url="unix:///run/shop.sock")
    for name, value in child_environment(parent).items():
        monkeypatch.setenv(name, value)
    child = load_settings(env_file=None)
    assert child.model_copy(update={"sandbox_url": ""}) == parent
    assert child.provider_url == parent.provider_url


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = _load(tmp_path)
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 1


def test_a_directory_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    occupied = tmp_path / "occupied"
    occupied.touch()
    with pytest.raises(CannotStart, match=r"cannot be written .*: set VITRINE_DATA_DIR"):
        _load(occupied)


def test_the_example_file_documents_every_setting_with_its_default(tmp_path: Path) -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    given = dict(line.removeprefix("#").split("=", 1) for line in lines if "=" in line and line.removeprefix("#")[:1].isupper())
    assert set(given) == variables()
    plain = tmp_path / ".env"
    plain.write_text("\n".join(lines))
    assert load_settings(env_file=plain, data_dir=tmp_path) == _load(tmp_path)
