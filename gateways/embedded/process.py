"""One server process: started as a direct child so that it is reaped, ended with us, and stopped politely first."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateways.embedded.accounts import ENVIRONMENT, Account
from gateways.refusal import CannotStart

POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Launch:
    """How a server is started; with `end_signal`, Linux sends it that when we die, however we die."""

    name: str
    command: Sequence[str]
    log: Path
    account: Account | None
    end_signal: signal.Signals | None


def start(launch: Launch) -> subprocess.Popen[bytes]:
    """Starts the server in a session of its own: Ctrl-C at our terminal must reach us alone."""
    account = launch.account
    with launch.log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603 -- programs and paths are ours, no shell
            [*_ended_with_us(launch.end_signal), *launch.command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
        )


def wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes], launch: Launch, *, seconds: float) -> bool:
    """Waits for readiness, which after a crash takes its time; False when the process ended first."""
    until = time.monotonic() + seconds
    while not ready():
        if process.poll() is not None:
            return False
        if time.monotonic() > until:
            process.kill()
            process.wait()
            raise CannotStart(f"{launch.name} was not ready within {seconds:.0f} seconds; see {launch.log}.")
        time.sleep(POLL_SECONDS)
    return True


def stop(process: subprocess.Popen[bytes], steps: Sequence[tuple[signal.Signals, float]]) -> None:
    """Sends each signal in turn and gives the process so many seconds after it; kills it when none was heeded."""
    for number, seconds in steps:
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        return
    process.kill()
    process.wait()


def last_line(log: Path) -> str:
    """The last thing the server said: the reason, when it did not start."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return "it left no log"
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def fresh_log(log: Path) -> Path:
    """An empty log, the previous one kept beside it, so that logs do not grow for ever."""
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))
    log.touch(mode=0o600)
    return log


def _ended_with_us(number: signal.Signals | None) -> list[str]:
    """A prefix that ties the process to ours; the kernel ties it to our thread, so only the main one will do."""
    tool = shutil.which("setpriv") if sys.platform == "linux" and number is not None else None
    if tool is None or number is None or threading.current_thread() is not threading.main_thread():
        return []
    return [tool, "--pdeathsig", number.name.removeprefix("SIG"), "--"]
