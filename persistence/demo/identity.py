"""Ids of the demo shop that are the same in every installation: made from names (UUIDv5, RFC 9562)."""

from __future__ import annotations

from uuid import UUID, uuid5

_DEMO = UUID("6f1c0b52-4d7e-5c0a-9a51-3d2f6b7c8e90")


def demo_id(kind: str, name: str) -> UUID:
    """The id of the demo shop's thing of a kind and name."""
    return uuid5(_DEMO, f"{kind}:{name}")
