"""The command line: every command explains itself, and what cannot start says so in one line."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import server
from tests.platform.conftest import ROOT, eventually, is_alive

COMMANDS = (
    "serve worker sandbox migrate seed import import-settlement create-admin trust-documents trusted-documents "
    "check-invariants verify-audit test oauth-client token oauth-key"
).split()


def _run(*arguments: str, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    bare = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "COLUMNS": "120", "TERM": "dumb"}
    return subprocess.run(
        [sys.executable, str(ROOT / "server.py"), *arguments],
        check=False,
        capture_output=True,
        text=True,
        input=typed,
        env={**bare, **environment},
        cwd="/",
        timeout=120,
    )


def test_help_lists_every_command() -> None:
    done = _run("--help")
    assert done.returncode == 0
    listed = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("│ ") and not line.startswith("│  ")]
    assert [name for name in listed if name != "--help"] == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    said = CliRunner().invoke(server.cli, [command, "--help"])
    assert said.exit_code == 0
    assert f" {command} [OPTIONS]" in said.output


@pytest.mark.parametrize("command", ["serve", "worker", "sandbox", "migrate"])
def test_production_without_its_secrets_starts_nothing_and_says_which(command: str, tmp_path: Path) -> None:
    done = _run(command, VITRINE_MODE="production", VITRINE_DATA_DIR=str(tmp_path), PUBLIC_URL="https://api.shop.example")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        "The settings do not do: production needs SECRET_KEY, DATABASE_URL, REDIS_URL, SMTP_URL. See .env.example.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_without_a_command_its_options_are_those_of_serve(tmp_path: Path) -> None:
    done = _run("--port", "8000", VITRINE_MODE="production", VITRINE_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("The settings do not do: production needs SECRET_KEY,")


def test_an_unknown_command_is_refused() -> None:
    done = _run("sevre")
    assert done.returncode == 2
    assert "No such command 'sevre'" in done.stderr


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    """The parent starts a child as `serve` does, tells its id, and is killed."""
    program = (
        "import os, subprocess, sys, time\n"
        "command = [sys.executable, '-m', 'tests.platform.child_process', str(os.getpid())]\n"
        "print(subprocess.Popen(command, stdout=subprocess.DEVNULL).pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    log = tmp_path / "out"
    with log.open("w") as out:
        parent = subprocess.Popen([sys.executable, "-c", program], stdout=out, cwd=ROOT)
    eventually(lambda: log.read_text().endswith("\n"), "the parent has started its child")
    child = int(log.read_text())
    assert is_alive(child)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    eventually(lambda: not is_alive(child), "the child ended")


def test_an_administrator_is_made_once_and_a_weak_password_is_refused(data_dir: Path) -> None:
    where = {"VITRINE_DATA_DIR": str(data_dir)}
    weak = _run("create-admin", "grace@mail.example", "--password", "password1234", **where)
    assert weak.returncode == 1
    assert len(weak.stderr.splitlines()) == 3, weak.stderr
    made = _run("create-admin", "grace@mail.example", typed="seven green otters juggle\n", **where)
    assert (made.returncode, made.stderr.splitlines()[-1]) == (0, "grace@mail.example may sign in now.")
    again = _run("create-admin", "grace@mail.example", ADMIN_PASSWORD="seven green otters juggle", **where)
    assert again.returncode == 1
    silent = _run("create-admin", "ada@mail.example", **where)
    assert (silent.returncode, "There is no password" in silent.stderr) == (1, True)
    assert "Traceback" not in weak.stderr + made.stderr + again.stderr + silent.stderr


def test_apps_and_tokens_are_made_by_command_and_shown_on_standard_output_alone(data_dir: Path) -> None:
    where = {"VITRINE_DATA_DIR": str(data_dir)}
    assert _run("migrate", **where).returncode == 0
    said = ("--scopes", "orders:read openid", "--redirect-uri", "https://app.example/cb")
    made = _run("oauth-client", "create", "Till", *said, **where)
    told = json.loads(made.stdout)
    assert told["client_secret"].startswith("vts_")
    assert told["client_secret"] not in made.stderr
    taken = _run("oauth-client", "create", "Till", *said, **where)
    assert (taken.returncode, taken.stdout) == (1, "")
    token = _run("token", "issue", "--scopes", "read", "--ttl", "60", **where)
    assert re.fullmatch(r"vtd_[A-Za-z0-9_-]{43}\n", token.stdout)
    wrong = _run("token", "issue", "--scopes", "everything", **where)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    rotated = _run("oauth-key", "rotate", **where)
    assert "Id tokens are signed with" in rotated.stderr
