"""Decides what the hash of a record's entry covers, and which devices are one. Pure."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC
from typing import Any
from uuid import UUID

from domain.audit.model import Entry, Head


def sealed(entry: Entry, previous: Head) -> Head:
    """The number and the hash of an entry behind `previous`: SHA-256 of both hashes' content in canonical JSON.

    The network address is not in it, because the law may ask to forget it.
    """
    seq = previous.seq + 1
    content: dict[str, Any] = asdict(entry)
    content |= {"at": entry.at.astimezone(UTC).isoformat(), "seq": seq, "previous": previous.hash.hex()}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
    return Head(seq=seq, hash=hashlib.sha256(text.encode()).digest())


def chained(entries: Sequence[Entry], head: Head) -> list[tuple[UUID, Head]]:
    """The numbers and hashes of entries in a row, behind `head`."""
    chain: list[tuple[UUID, Head]] = []
    for entry in entries:
        head = sealed(entry, head)
        chain.append((entry.id, head))
    return chain


def network_of(address: str | None) -> str:
    """What counts as one place of a device: an IPv4 /24, an IPv6 /48, so that a new lease is no new device; "" for no address."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    width = 24 if isinstance(parsed, ipaddress.IPv4Address) else 48
    return str(ipaddress.ip_network((parsed, width), strict=False))
