"""Our own commands as child processes (the worker, the sandbox provider): started, started again when they die, stopped.

The child's side of the bond is `gateways.signals.end_with_parent`.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from gateways import signals

_PAUSE_SECONDS = 1.0
_PAUSE_SECONDS_MAX = 30.0
# A child that has lived this long is well: its next death begins the pauses anew.
_WELL_SECONDS = 60.0

log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class _Child:
    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    start_again: float = 0.0
    pause: float = 0.0


class Children:
    """A set of child processes with one environment. `tend` is to be called a few times a second and never waits."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._children: list[_Child] = []

    def add(self, name: str, command: Sequence[str]) -> None:
        """Starts the command as a child of this name."""
        child = _Child(name, command)
        self._children.append(child)
        self._start(child)

    def pids(self) -> dict[str, int]:
        """The process id of each child that runs, by name."""
        return {child.name: child.process.pid for child in self._children if child.process and child.process.poll() is None}

    def tend(self) -> None:
        """Starts again what died, after a pause that doubles with each quick death, from one second to thirty."""
        now = time.monotonic()
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                is_well = now - child.started > _WELL_SECONDS
                child.pause = _PAUSE_SECONDS if is_well or not child.pause else min(child.pause * 2, _PAUSE_SECONDS_MAX)
                child.start_again = now + child.pause
                log.warning("child.died", child=child.name, exit_code=child.process.returncode, again_in_seconds=child.pause)
                child.process = None
            if child.process is None and now >= child.start_again:
                self._start(child)

    def stop(self, *, seconds: float) -> None:
        """Asks all to stop (SIGTERM), waits so long for all together, and kills the rest."""
        with signals.deferred():
            running = [child.process for child in self._children if child.process is not None and child.process.poll() is None]
            for process in running:
                process.terminate()
            until = time.monotonic() + seconds
            for process in running:
                try:
                    process.wait(max(0.0, until - time.monotonic()))
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    def _start(self, child: _Child) -> None:
        """In a session of its own: Ctrl-C at our terminal must reach us alone, who then stop the children in order."""
        child.started = time.monotonic()
        child.process = subprocess.Popen(  # noqa: S603 -- the command is our own program
            list(child.command), stdin=subprocess.DEVNULL, env=self._environment, start_new_session=True
        )
