"""Throw-away data directories, and shops run as processes on them, whose every process is accounted for."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest

ROOT = Path(__file__).resolve().parents[2]
# The machine may be busy with other tests: what is waited for comes early or not at all.
SECONDS = 120.0


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A directory that the servers' account may enter, unlike pytest's own, with a path short enough for sockets."""
    place = Path(tempfile.mkdtemp(prefix="vitrine-test-", dir="/tmp"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place, ignore_errors=True)


def eventually(true: Callable[[], bool], what: str) -> None:
    """Waits until something is so; fails, saying what was waited for, when it does not come."""
    until = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < until, f"waited in vain: {what}"
        time.sleep(0.05)


def processes_of(place: Path) -> dict[int, str]:
    """Every process with the directory in its command line, or below one such that is ours, by id."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                said = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if str(place) in said:
                    found[int(entry.name)] = said
    return found


def is_alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@dataclass
class RunningShop:
    """A shop process of ours; `base` is its API's address once it is ready."""

    process: subprocess.Popen[str]
    log: Path
    port: int = 0
    pids: set[int] = field(default_factory=set)

    def await_ready(self) -> RunningShop:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("ready "), self.log.read_text()
        self.port = int(line.split()[1])
        return self

    def get(self, path: str) -> httpx2.Response:
        return httpx2.get(f"http://127.0.0.1:{self.port}{path}", timeout=SECONDS)

    def descendants(self) -> dict[str, int]:
        """The living children of the shop's process: program name (or `child`) to process id."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or not is_alive(int(entry.name)):
                continue
            with contextlib.suppress(OSError):
                if int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == self.process.pid:
                    said = (entry / "cmdline").read_bytes().split(b"\0")
                    name = "child" if b"tests.platform.child_process" in said else (entry / "comm").read_text().strip()
                    found[name] = int(entry.name)
        return found

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        try:
            return self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGUSR1)
            time.sleep(1)
            pytest.fail(f"it did not end: {self.log.read_text()}")


@pytest.fixture
def start_shop(data_dir: Path) -> Iterator[Callable[..., RunningShop]]:
    """Starts shops on the test's data directory; whatever is left of them is killed afterwards."""
    started: list[RunningShop] = []

    def start(*before: str, **settings: object) -> RunningShop:
        log = data_dir / f"shop-{len(started)}.log"
        with log.open("w") as errors:
            process = subprocess.Popen(
                [*before, sys.executable, "-m", "tests.platform.shop_process", str(data_dir), json.dumps(settings)],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        started.append(RunningShop(process, log))
        return started[-1]

    yield start
    for shop in started:
        if shop.process.poll() is None:
            shop.process.kill()
        shop.process.communicate(timeout=SECONDS)
    for pid in processes_of(data_dir):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
