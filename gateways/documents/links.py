"""Links that end: an id and a time under a signature of ours (itsdangerous), for whoever holds them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

_FUTURE_SECONDS = 60


class SignedLinks:
    """`domain.invoices.provider.Links`. `keys`: the first signs, all verify; `purpose` keeps kinds of links apart."""

    def __init__(self, keys: Sequence[bytes], *, purpose: str, seconds: int) -> None:
        # itsdangerous signs with the last of several keys.
        self._serializer = URLSafeSerializer(list(reversed(keys)), salt=f"vitrine {purpose}")
        self._seconds = seconds

    def make(self, thing: UUID, *, now: datetime) -> str:
        text: str = self._serializer.dumps([thing.hex, int(now.timestamp())])
        return text

    def open(self, secret: str, *, now: datetime) -> UUID | None:
        try:
            thing, made = self._serializer.loads(secret)
            age = now.timestamp() - int(made)
            return UUID(thing) if -_FUTURE_SECONDS <= age <= self._seconds else None
        except (BadData, ValueError, TypeError, AttributeError, RecursionError):
            return None
