"""PostgreSQL and Valkey as our own child processes, for a shop that brings no servers of its own and for tests."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from gateways import signals
from gateways.embedded import accounts, places
from gateways.embedded.postgres import Postgres
from gateways.embedded.valkey import Valkey
from gateways.progress import Progress, silent


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the embedded servers of a data directory answer."""

    database_url: str
    redis_url: str


class Embedded:
    """Both servers, or one of them, on one data directory, which nobody else may use meanwhile.

    `durable=False` is for throw-away data. `end_with_parent` has the kernel stop the servers when we are killed (Linux);
    without it, or elsewhere, the next start on the directory stops what was left. Raises CannotStart.
    """

    def __init__(
        self,
        home: Path,
        *,
        durable: bool = True,
        connections_max: int = 50,
        end_with_parent: bool = True,
        with_postgres: bool = True,
        with_valkey: bool = True,
    ) -> None:
        account = accounts.unprivileged_account()
        self.home = places.home_directory(home.resolve(), account)
        self._lock: int | None = places.claim(self.home)
        try:
            sockets = places.socket_directory(self.home, account)
            programs = places.find_programs(self.home, account)
        except BaseException:
            self._release()
            raise
        self.postgres = Postgres(
            home=self.home,
            sockets=sockets,
            programs=programs,
            account=account,
            durable=durable,
            connections_max=connections_max,
            end_with_parent=end_with_parent,
        )
        self.valkey = Valkey(
            home=self.home,
            sockets=sockets,
            programs=programs,
            account=account,
            durable=durable,
            end_with_parent=end_with_parent,
        )
        self._with_postgres = with_postgres
        self._with_valkey = with_valkey

    @property
    def database_url(self) -> str:
        """`postgresql://` over the Unix socket."""
        return self.postgres.url

    @property
    def redis_url(self) -> str:
        """`unix://` to Valkey's socket."""
        return self.valkey.url

    def start(self, progress: Progress = silent) -> None:
        """Starts both and waits until they answer; on failure neither is left. A stop signal meanwhile is delivered after."""
        try:
            with signals.deferred():
                self._start(progress)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stops both and frees the directory; may be called again. A stop signal meanwhile is delivered after."""
        with signals.deferred():
            try:
                self.valkey.stop()
            finally:
                try:
                    self.postgres.stop()
                finally:
                    self._release()

    def revive(self) -> list[str]:
        """Starts again whichever server has died since; their names."""
        revived = []
        if self._with_postgres and self.postgres.pid is None:
            self.postgres.start()
            revived.append("PostgreSQL")
        if self._with_valkey and self.valkey.pid is None:
            self.valkey.start()
            revived.append("Valkey")
        return revived

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def _start(self, progress: Progress) -> None:
        if self._lock is None:
            self._lock = places.claim(self.home)
        if self._with_postgres:
            progress("Making the database" if self.postgres.is_new else "Starting PostgreSQL")
            self.postgres.start()
        if self._with_valkey:
            progress("Starting Valkey")
            self.valkey.start()
        _write_addresses(self.home, Addresses(self.database_url, self.redis_url))

    def _release(self) -> None:
        if self._lock is not None:
            (self.home / "addresses.json").unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None


def running(home: Path) -> Addresses | None:
    """The servers that another process of ours runs on the directory, for a command to work beside it; or None."""
    if not places.claimed(home):
        return None
    try:
        found = json.loads((home / "addresses.json").read_text())
        return Addresses(database_url=found["database_url"], redis_url=found["redis_url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextlib.contextmanager
def throw_away(*, connections_max: int = 50) -> Iterator[Embedded]:
    """Servers on a directory of their own that vanishes with the block: fast, for tests, and nothing survives a crash."""
    # In /tmp itself: the servers' account cannot enter the directories that other tools make for root alone.
    home = Path(tempfile.mkdtemp(prefix="vitrine-", dir="/tmp"))
    try:
        with Embedded(home, durable=False, connections_max=connections_max) as embedded:
            yield embedded
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _write_addresses(home: Path, addresses: Addresses) -> None:
    text = json.dumps({"database_url": addresses.database_url, "redis_url": addresses.redis_url})
    (home / "addresses.json").write_text(text)
