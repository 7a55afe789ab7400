"""A client's key for a write: the first use does the deed, every later use gets the first one's outcome.

Shape of the promise: draft-ietf-httpapi-idempotency-key-header. The fingerprint digests the arguments, not the fields
that were asked for; what is kept is the outcome's id, and each caller's own selection is resolved anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol
from uuid import UUID

from domain.error import UserError

KEY_LENGTH_MAX = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One use of a key: `actor` is who uses it (their keys are theirs alone), `mutation` the field's name in the API."""

    actor: str
    mutation: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Fresh:
    """Nobody used the key before: do the deed and record the outcome in the same transaction."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The key was used with the same arguments; `outcome` is what was recorded then."""

    outcome: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyReused(UserError):
    """The key was used before with other arguments."""

    code: ClassVar[str] = "IDEMPOTENCY_CONFLICT"

    @property
    def message(self) -> str:
        return "This idempotency key was used before with other arguments. Use a new key for a new request."


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKeyRequired(UserError):
    """Deeds that move money are only done under a key, so that a repeat never moves it twice."""

    code: ClassVar[str] = "IDEMPOTENCY_KEY_REQUIRED"

    @property
    def message(self) -> str:
        return "Give this mutation a key: @idempotent(key: ...) on the field, or the header Idempotency-Key."


class Idempotency(Protocol):
    """The kept keys. A claim in flight makes its rivals wait for its transaction, then answers them."""

    async def claim(self, claim: Claim, outcome: Mapping[str, Any] | None = None) -> Fresh | Answered | KeyReused:
        """Takes the key, or tells what came of it. Locks the key's row until the transaction ends.

        An `outcome` that is known beforehand is kept at once and need not be recorded.
        """

    async def record(self, claim: Claim, outcome: Mapping[str, Any]) -> None:
        """Keeps the outcome of a fresh claim."""


def fingerprint(arguments: Mapping[str, Any]) -> bytes:
    """SHA-256 of the arguments in canonical JSON (sorted keys, no spaces); ids and times as their text."""
    return hashlib.sha256(json.dumps(arguments, sort_keys=True, separators=(",", ":"), default=str).encode()).digest()


Outcome = UUID | datetime | str | int | None
"""What an action may come to that is to be kept: the id of what it made, a time, or a number."""


def kept(outcome: object) -> dict[str, Any]:
    """An outcome as it is kept. TypeError for what cannot be: such an action is not for keys."""
    if isinstance(outcome, UUID):
        return {"id": str(outcome)}
    if isinstance(outcome, datetime):
        return {"at": outcome.isoformat()}
    if outcome is None or isinstance(outcome, str | int):
        return {"value": outcome}
    raise TypeError(f"{type(outcome).__name__} cannot be kept under an idempotency key")


def told(outcome: Mapping[str, Any]) -> Outcome:
    """The outcome that was kept."""
    if "at" in outcome:
        return datetime.fromisoformat(outcome["at"])
    known: Outcome = UUID(outcome["id"]) if "id" in outcome else outcome["value"]
    return known
