"""The container files describe the program as it is: commands, ports, variables and health paths exist in the code."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

import server
from application import build_app
from gateways.settings import Mode, Settings, load_settings

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service.get("image") == "vitrine"}
VARIABLES = {str(field.validation_alias or name).upper() for name, field in Settings.model_fields.items()}
COMMANDS = {command.name or getattr(command.callback, "__name__", "") for command in server.cli.registered_commands}


def _instructions(name: str) -> list[str]:
    """The Dockerfile's instructions of this name, continuation lines joined."""
    joined = re.sub(r"\\\n\s*", " ", DOCKERFILE)
    return [line.partition(" ")[2].strip() for line in joined.splitlines() if line.startswith(f"{name} ")]


def _image_environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in _instructions("ENV") for pair in line.split())


def _environment(service: dict[str, Any]) -> dict[str, str]:
    """The service's variables as it would see them with an empty .env: defaults taken, required ones told apart."""
    return {name: re.sub(r"\$\{\w+(?::-|:\?)?([^}]*)\}", r"\1", str(value)) for name, value in service["environment"].items()}


def _seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_the_image_starts_a_command_that_exists() -> None:
    [command] = _instructions("CMD")
    assert json.loads(command) == ["python", "server.py", "serve"]
    assert "serve" in COMMANDS


def test_the_image_runs_as_nobody_in_particular_with_the_locked_packages() -> None:
    assert _instructions("USER") == ["vitrine"]
    [install] = [line for line in _instructions("RUN") if "pip install" in line]
    assert "--require-hashes" in install
    assert "-r requirements.lock" in install
    assert all(line.startswith("python:3.13-slim") for line in _instructions("FROM"))
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", ".git", ".venv", "var"} <= set(ignored)
    assert not {"deploy", "requirements.lock", "migrations"} & set(ignored)


def test_the_images_variables_are_settings_that_hold() -> None:
    environment = _image_environment()
    ours = {name: value for name, value in environment.items() if name in VARIABLES}
    assert set(environment) - set(ours) == {"PATH", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
    assert ours["VITRINE_MODE"] == Mode.PRODUCTION.value
    assert _instructions("EXPOSE") == [ours["PORT"]]
    assert ours["VITRINE_DATA_DIR"] in _instructions("VOLUME")


def test_the_health_check_asks_for_a_path_that_the_api_has(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    [check] = _instructions("HEALTHCHECK")
    asked = re.search(r"http://127\.0\.0\.1:(\d+)(/[\w/]+)", check)
    assert asked
    assert asked[1] == _image_environment()["PORT"]
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    api = build_app(
        load_settings(env_file=None, data_dir=tmp_path, database_url="postgresql:///shop", redis_url="unix:///run/shop.sock")
    )
    assert asked[2] in api.paths


def test_every_service_of_ours_runs_a_command_that_exists() -> None:
    assert {name: service["command"][:2] for name, service in OURS.items()} == {name: ["python", "server.py"] for name in OURS}
    assert {name: service["command"][2] for name, service in OURS.items()} == {
        "migrate": "migrate",
        "api": "serve",
        "worker": "worker",
        "sandbox": "sandbox",
    }
    assert {service["command"][2] for service in OURS.values()} <= COMMANDS


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_service_of_ours_gets_settings_that_hold_in_production(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    environment = _environment(OURS[name])
    given = {
        **environment,
        # What .env must give is told by its own demand; a shop owner has put it there.
        "DATABASE_URL": re.sub(r":set POSTGRES_PASSWORD [^@]*@", ":secret@", environment["DATABASE_URL"]),
        "SECRET_KEY": "k" * 32,
        "SANDBOX_API_KEY": "key",
        "SANDBOX_WEBHOOK_SECRETS": "whsec_eA==",
    }
    assert set(given) <= VARIABLES
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    image = {variable: value for variable, value in _image_environment().items() if variable in VARIABLES}
    for variable, value in {**image, **given}.items():
        monkeypatch.setenv(variable, value)
    settings = load_settings(env_file=None, data_dir=tmp_path)
    assert settings.is_production
    assert settings.database_url == "postgresql://vitrine:secret@postgres:5432/vitrine"
    assert settings.redis_url == "redis://valkey:6379/0"
    assert settings.provider_url == f"http://sandbox:{_published(OURS['sandbox'])}"
    assert settings.port == _published(OURS["api"])
    assert settings.smtp_url.get_secret_value() == "smtp://mailpit:1025"


def test_what_must_be_set_is_asked_for_and_not_made_up() -> None:
    for name in ("SECRET_KEY", "SANDBOX_API_KEY", "SANDBOX_WEBHOOK_SECRETS"):
        assert f"${{{name}:?" in str(COMPOSE["x-vitrine"]["environment"][name])


def test_a_stop_leaves_time_for_the_drain() -> None:
    drain = Settings.model_fields["drain_seconds"].default + 2
    for service in OURS.values():
        assert _seconds(service["stop_grace_period"]) > drain
    assert _instructions("STOPSIGNAL") == ["SIGTERM"]


def test_the_servers_are_those_that_the_program_needs() -> None:
    assert int(SERVICES["postgres"]["image"].partition(":")[2]) >= 15
    assert "--builtin-locale=C.UTF-8" in SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]
    valkey = SERVICES["valkey"]["command"]
    assert valkey[valkey.index("--appendonly") + 1] == "yes"
    assert valkey[valkey.index("--maxmemory-policy") + 1] == "noeviction"
    assert {"postgres", "valkey", "mailpit"} <= set(SERVICES)
    named = {volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())}
    assert named == set(COMPOSE["volumes"])


def test_nothing_starts_before_what_it_needs() -> None:
    after = {name: service.get("depends_on", {}) for name, service in OURS.items()}
    for name in ("api", "worker"):
        assert after[name]["migrate"] == {"condition": "service_completed_successfully"}
    assert after["migrate"]["postgres"] == {"condition": "service_healthy"}
    for needs in after.values():
        for needed, how in needs.items():
            assert how["condition"] != "service_healthy" or "test" in SERVICES[needed]["healthcheck"]


def test_the_ci_entry_runs_the_test_command_strictly() -> None:
    script = (ROOT / ".ci" / "run").read_text()
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111
    assert "set -euo pipefail" in script
    assert "server.py test" in script
    assert "test" in COMMANDS
    assert subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=False).returncode == 0


def _published(service: dict[str, Any]) -> int:
    [port] = service["ports"]
    outside, _, inside = port.partition(":")
    assert outside == inside
    return int(inside)


def test_providers_reach_the_api_by_a_name_that_exists_among_the_services() -> None:
    for service in OURS.values():
        url = urlsplit(_environment(service)["WEBHOOK_URL"])
        assert url.hostname in OURS
        assert [each.rpartition(":")[2] for each in SERVICES[str(url.hostname)]["ports"]] == [str(url.port)]
