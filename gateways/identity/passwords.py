"""Passwords: argon2id hashing (RFC 9106) and zxcvbn's estimate of guessing, both in threads of their own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from domain.access.model import Weakness
from domain.access.provider import Verified
from gateways.identity.threads import Threads

_JUDGED_LENGTH = 32
"""Characters that are judged: who is strong so far is strong, and zxcvbn's time grows steeply with length."""
_SCORE_MIN = 3
"""zxcvbn's "safely unguessable": 10^8 guesses or more."""
_PATTERNS = {"repeat", "sequence", "spatial", "date", "regex"}
_SHOP_WORDS = ("vitrine", "shop", "store")


@dataclass(frozen=True, slots=True, kw_only=True)
class HashCost:
    """The work of one hash. The defaults are OWASP's for argon2id: 19 MiB, two passes, one lane."""

    memory_kib: int = 19_456
    passes: int = 2
    lanes: int = 1


class Argon2Hasher:
    """`domain.access.provider.PasswordHasher`: as many at once as there are processors."""

    def __init__(
        self,
        cost: HashCost = HashCost(),
        *,
        at_once: int | None = None,
        waiting_max: int = 64,
    ) -> None:
        self._hasher = PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes, type=Type.ID)
        self._threads = Threads("argon2", count=at_once or os.cpu_count() or 1, waiting_max=waiting_max)
        # What unknown accounts are compared with: a hash of the same cost that no password has.
        self._nobody = self._hasher.hash(secrets.token_urlsafe(32))

    async def hashed(self, password: str) -> str:
        """See the port."""
        return await self._threads.run(lambda: self._hasher.hash(password))

    async def verified(self, password: str, kept: str | None) -> Verified:
        """See the port."""
        return await self._threads.run(lambda: self._verify(password, kept))

    def close(self) -> None:
        """Drops what waits."""
        self._threads.close()

    def _verify(self, password: str, kept: str | None) -> Verified:
        try:
            self._hasher.verify(kept or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return Verified(is_right=False)
        if kept is None:
            return Verified(is_right=False)
        if self._hasher.check_needs_rehash(kept):
            return Verified(is_right=True, better_hash=self._hasher.hash(password))
        return Verified(is_right=True)


class ZxcvbnJudge:
    """`domain.access.provider.PasswordJudge`: one at a time, for zxcvbn keeps what it compares with in one global."""

    def __init__(self, *, waiting_max: int = 64) -> None:
        self._threads = Threads("zxcvbn", count=1, waiting_max=waiting_max)

    async def weaknesses(self, password: str, *, about: Sequence[str]) -> frozenset[Weakness]:
        """See the port."""
        return await self._threads.run(lambda: _weaknesses(password, about))

    def close(self) -> None:
        """Drops what waits."""
        self._threads.close()


def _weaknesses(password: str, about: Sequence[str]) -> frozenset[Weakness]:
    verdict: Mapping[str, Any] = zxcvbn(password[:_JUDGED_LENGTH], user_inputs=[*_personal(about), *_SHOP_WORDS])
    if verdict["score"] >= _SCORE_MIN:
        return frozenset()
    found = {Weakness.GUESSABLE}
    for part in verdict["sequence"]:
        if part["pattern"] == "dictionary":
            match part["dictionary_name"]:
                case "user_inputs":
                    found.add(Weakness.PERSONAL)
                case "passwords":
                    found.add(Weakness.COMMON)
        elif part["pattern"] in _PATTERNS:
            found.add(Weakness.PATTERN)
    return frozenset(found)


def _personal(about: Sequence[str]) -> list[str]:
    """What somebody is called, whole and in its parts: ada.byron@mail.example gives ada, byron, mail and more."""
    words = {each.lower() for each in about}
    for each in about:
        words.update("".join(letter if letter.isalnum() else " " for letter in each.lower()).split())
    return sorted(word for word in words if len(word) > 2)
