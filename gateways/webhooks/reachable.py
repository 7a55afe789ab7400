"""Where merchants' addresses may lead: only to the public internet, decided on the very address that is connected to.

A name is resolved once a connection, every answer is looked at, and the connection goes to one of those answers, so a name
that changes its mind between the check and the call changes nothing. TLS still names and verifies the host.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpcore2

Resolve = Callable[[str, int], Awaitable[list[str]]]
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
_TRANSLATED = IPv6Network("64:ff9b::/96")
"""IPv4 addresses as a translator shows them (RFC 6052): what lies behind decides."""


class NotReachable(httpcore2.ConnectError):
    """The name leads nowhere, or where we do not go."""


async def resolved(host: str, port: int) -> list[str]:
    """Every address of a name. Raises NotReachable."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as unknown:
        raise NotReachable(f"the name {host} leads nowhere") from unknown
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(text: str) -> bool:
    """Whether an address is one of the public internet: not private, local, reserved, multicast, or a way around to one."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return _is_public(address)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        behind = address.ipv4_mapped or address.sixtofour
        if address.teredo is not None:
            return False
        if behind is None and address in _TRANSLATED:
            behind = IPv4Address(int(address) & 0xFFFFFFFF)
        if behind is not None:
            return _is_public(behind)
    return address.is_global and not address.is_multicast


class PublicOnly(httpcore2.AsyncNetworkBackend):
    """Connects to public addresses only; `allows_local` is for trying things out on one's own machine."""

    def __init__(self, *, allows_local: bool, resolve: Resolve = resolved) -> None:
        self._inner = httpcore2.AnyIOBackend()
        self._allows_local = allows_local
        self._resolve = resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        addresses = await self._resolve(host, port)
        if not addresses or not (self._allows_local or all(is_public(each) for each in addresses)):
            raise NotReachable("the address is not on the public internet")
        return await self._inner.connect_tcp(
            addresses[0], port, timeout=timeout, local_address=local_address, socket_options=socket_options
        )

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
