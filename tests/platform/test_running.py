"""A shop's processes live and die together, whoever is killed and however it is stopped."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.platform.conftest import RunningShop, eventually, is_alive, processes_of

StartShop = Callable[..., RunningShop]
IN_THE_BACKGROUND = ("/bin/sh", "-c", 'trap "" INT; exec "$@"', "sh")
"""As a shell's `&` starts a command: SIGINT is ignored until it says otherwise."""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_ends_everything_cleanly(start_shop: StartShop, data_dir: Path, number: signal.Signals) -> None:
    shop = start_shop().await_ready()
    assert shop.get("/count").json() == {"postgres": 1, "valkey": 1}
    pids = shop.descendants()
    assert set(pids) == {"postgres", "valkey-server", "child"}

    assert shop.end(number) == 0

    assert not [pid for pid in pids.values() if is_alive(pid)]
    assert processes_of(data_dir) == {}
    assert "Traceback" not in shop.log.read_text()


def test_two_signals_in_quick_succession_still_end_everything_cleanly(start_shop: StartShop, data_dir: Path) -> None:
    shop = start_shop().await_ready()
    pids = shop.descendants()
    shop.process.send_signal(signal.SIGINT)
    shop.process.send_signal(signal.SIGTERM)
    assert shop.end(signal.SIGINT) == 0
    assert not [pid for pid in pids.values() if is_alive(pid)]
    assert processes_of(data_dir) == {}
    assert "Traceback" not in shop.log.read_text()


@pytest.mark.parametrize("before", [(), IN_THE_BACKGROUND], ids=["in front", "in the background"])
def test_a_signal_while_the_servers_start_leaves_none_of_them(
    start_shop: StartShop, data_dir: Path, before: tuple[str, ...]
) -> None:
    shop = start_shop(*before)
    eventually(lambda: "Making the database" in shop.log.read_text(), "the start has begun")
    assert shop.end(signal.SIGINT) == 0
    assert processes_of(data_dir) == {}
    assert "Traceback" not in shop.log.read_text()


def test_a_killed_shop_takes_its_processes_along_and_starts_again_with_its_data(start_shop: StartShop, data_dir: Path) -> None:
    killed = start_shop().await_ready()
    assert killed.get("/count").json() == {"postgres": 1, "valkey": 1}
    pids = killed.descendants()
    killed.end(signal.SIGKILL)
    eventually(lambda: not any(map(is_alive, pids.values())), "the servers and the child ended with their parent")

    again = start_shop().await_ready()
    assert again.get("/count").json() == {"postgres": 2, "valkey": 2}
    assert again.end() == 0
    assert processes_of(data_dir) == {}


def test_a_second_start_on_the_same_directory_is_refused_in_one_line(start_shop: StartShop, data_dir: Path) -> None:
    first = start_shop().await_ready()
    second = start_shop()
    assert second.process.wait(60) == 1
    assert second.log.read_text().splitlines() == [
        f"Another Vitrine is running on the data directory {data_dir}: stop it, or give this one its own VITRINE_DATA_DIR."
    ]
    assert first.get("/count").json() == {"postgres": 1, "valkey": 1}


def test_whatever_is_killed_under_a_running_shop_is_started_again(start_shop: StartShop) -> None:
    shop = start_shop().await_ready()
    assert shop.get("/count").json() == {"postgres": 1, "valkey": 1}
    before = shop.descendants()
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: not any(map(is_alive, before.values())), "all three are dead")
    eventually(lambda: set(shop.descendants()) == set(before), "all three run again")
    after = shop.descendants()
    eventually(lambda: shop.get("/count").status_code == 200, "both servers answer again")
    assert shop.end() == 0
    assert not [pid for pid in after.values() if is_alive(pid)]


def test_a_stopping_shop_is_unready_at_once_and_still_answers(start_shop: StartShop) -> None:
    shop = start_shop(unready_seconds=30).await_ready()
    assert shop.get("/ready").status_code == 200
    shop.process.send_signal(signal.SIGTERM)
    eventually(lambda: shop.get("/ready").status_code == 503, "the shop reports that it is draining")
    assert shop.get("/count").json() == {"postgres": 1, "valkey": 1}
    # A second signal ends the wait.
    assert shop.end() == 0


def test_a_taken_port_is_told_in_one_line_and_nothing_is_left(start_shop: StartShop, data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        shop = start_shop(port=port)
        assert shop.process.wait(60) == 1
    assert shop.log.read_text().splitlines() == [
        f"Port {port} on 127.0.0.1 is taken by another program: stop it, or start with --port {port + 2}."
    ]
    assert processes_of(data_dir) == {}


def test_an_unreachable_database_is_told_in_one_line_without_its_password(start_shop: StartShop, data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as placeholder:
        port = placeholder.getsockname()[1]
    shop = start_shop(database_url=f"postgresql://shop:hidden@127.0.0.1:{port}/shop")
    assert shop.process.wait(60) == 1
    *progress, said = shop.log.read_text().splitlines()
    assert progress == ["Starting Valkey"]
    assert said.startswith(f"PostgreSQL at 127.0.0.1:{port} cannot be used (")
    assert said.endswith("): start it, or correct DATABASE_URL.")
    assert "hidden" not in said
    assert processes_of(data_dir) == {}


def test_an_unreachable_redis_is_told_in_one_line(start_shop: StartShop, data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as placeholder:
        port = placeholder.getsockname()[1]
    shop = start_shop(redis_url=f"redis://:hidden@127.0.0.1:{port}/0")
    assert shop.process.wait(60) == 1
    said = shop.log.read_text().splitlines()[-1]
    assert said.startswith(f"Redis at 127.0.0.1:{port} does not answer (")
    assert "hidden" not in said
    assert processes_of(data_dir) == {}
