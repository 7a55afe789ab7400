"""Where webhooks may go: only to public addresses, decided on the address that is connected to."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from domain.webhooks.provider import Message
from domain.webhooks.rules import url_problem
from gateways.webhooks.carrier import SignedCarrier
from gateways.webhooks.reachable import is_public

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

PRIVATE = (
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:1:2:3:4:5:6",
    "not an address",
)


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_of_the_public_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])
def test_what_is_of_the_public_internet_is_public(address: str) -> None:
    assert is_public(address)


@asynccontextmanager
async def _listening() -> AsyncIterator[tuple[int, list[bytes]]]:
    """A plain socket on this machine that notes whoever connects."""
    came: list[bytes] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.read(65_536))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = await asyncio.start_server(note, sock=listener)
        async with server:
            yield listener.getsockname()[1], came


def _message(url: str) -> Message:
    return Message(id="msg_1", url=url, body=b"{}", secrets=[b"k" * 32])


@pytest.mark.parametrize("answers", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["127.0.0.1", "93.184.216.34"], []])
async def test_a_name_that_leads_to_a_private_address_is_not_called(answers: list[str]) -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return answers

    async with _listening() as (port, came):
        carrier = SignedCarrier(allows_local=False, total_seconds=5, resolve=resolve)
        outcome = await carrier.send(_message(f"http://shop.example:{port}/hook"), now=NOW)
        await carrier.close()
    assert outcome.status is None
    assert outcome.reason is not None
    assert "not on the public internet" in outcome.reason
    assert came == []


async def test_a_name_that_changes_its_mind_is_judged_by_the_answer_that_is_used() -> None:
    """DNS rebinding: the first answer is public, every later one is not. The name is asked once a connection."""
    asked: list[str] = []

    async def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) > 1 else ["192.0.2.1"]

    async with _listening() as (port, came):
        carrier = SignedCarrier(allows_local=False, total_seconds=1, resolve=resolve)
        for _ in range(2):
            assert (await carrier.send(_message(f"http://shop.example:{port}/"), now=NOW)).status is None
        await carrier.close()
    assert came == []
    assert asked == ["shop.example", "shop.example"]


async def test_the_environments_proxy_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with _listening() as (port, came), _listening() as (proxy, through):
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy}")
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy}")
        carrier = SignedCarrier(allows_local=True, total_seconds=5)
        outcome = await carrier.send(_message(f"http://127.0.0.1:{port}/hook"), now=NOW)
        await carrier.close()
    assert outcome.status == 200
    assert len(came) == 1
    assert through == []


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hook",
        "https://shop.example:8443/",
        "ftp://shop.example/",
        "https://user:secret@shop.example/",
        "https://shop.example/#part",
        "https:///nowhere",
        "https://shop.example:99999/",
        "https://[::1/",
        "https://shop.example/\u00e4",
        "https://shop.example/a b",
        "https://shop.example/" + "a" * 2_000,
        "",
        "shop.example",
    ],
)
def test_what_is_no_https_address_is_refused_at_once(url: str) -> None:
    assert url_problem(url, allows_local=False) is not None


def test_a_plain_https_address_is_taken() -> None:
    assert url_problem("https://shop.example/hooks?x=1", allows_local=False) is None
    assert url_problem("http://127.0.0.1:8080/hook", allows_local=True) is None
