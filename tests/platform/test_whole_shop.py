"""`python3 server.py` as a stranger runs it: everything comes up, commands work beside it, and everything goes away."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.platform.conftest import ROOT, SECONDS, eventually, is_alive, processes_of

_OPEN = re.compile(r"Vitrine is open at (http://127\.0\.0\.1:\d+)/graphql")


@dataclass(frozen=True)
class Whole:
    """The running shop, what it has said, and how to run another command on the same data."""

    process: subprocess.Popen[bytes]
    log: Path
    environment: dict[str, str]

    def said(self) -> str:
        return self.log.read_text()

    def url(self) -> str:
        found = _OPEN.search(self.said())
        assert found, self.said()
        return found[1]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / "server.py"), *arguments],
            check=False,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=SECONDS * 2,
        )


@pytest.fixture
def whole(data_dir: Path) -> Iterator[Whole]:
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "VITRINE_DATA_DIR": str(data_dir)}
    log = data_dir / "shop.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "server.py"), "--port", "0"], stdout=out, stderr=out, env=environment, cwd="/"
        )
    shop = Whole(process, log, environment)
    eventually(lambda: bool(_OPEN.search(shop.said())) or process.poll() is not None, "the shop is open")
    yield shop
    if process.poll() is None:
        process.kill()
        process.wait()


def _children(pid: int) -> set[int]:
    """The process's children that run."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split() if is_alive(int(child))}


def test_the_shop_comes_up_serves_commands_beside_it_and_goes_away_whole(whole: Whole, data_dir: Path) -> None:
    assert httpx2.get(f"{whole.url()}/health/ready", timeout=SECONDS).json()["status"] == "ok"
    children = _children(whole.process.pid)
    assert len(children) == 4, "PostgreSQL, Valkey, the worker and the sandbox"

    migrated = whole.run("migrate")
    assert (migrated.returncode, migrated.stderr) == (0, "The database is up to date.\n")
    second = whole.run("serve", "--port", "0")
    assert second.returncode == 1
    assert second.stderr == (
        f"Another Vitrine is running on the data directory {data_dir}: stop it, or give this one its own VITRINE_DATA_DIR.\n"
    )

    whole.process.send_signal(signal.SIGTERM)
    assert whole.process.wait(SECONDS) == 0
    assert not any(map(is_alive, children))
    assert processes_of(data_dir) == {}
    assert "Traceback" not in whole.said()


def test_a_killed_shop_leaves_nobody_behind_and_the_next_start_mends_it(whole: Whole, data_dir: Path) -> None:
    children = _children(whole.process.pid)
    whole.process.kill()
    whole.process.wait()
    eventually(lambda: not any(map(is_alive, children)), "everything ended with its parent")
    assert processes_of(data_dir) == {}
    again = whole.run("migrate")
    assert (again.returncode, again.stderr) == (0, "Starting PostgreSQL\nStarting Valkey\nThe database is up to date.\n")
    assert processes_of(data_dir) == {}
