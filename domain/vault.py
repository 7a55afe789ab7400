"""The port to whoever keeps secrets at rest: a copy of the database alone gives none of them away."""

from __future__ import annotations

from typing import Protocol


class Vault(Protocol):
    """Seals secrets that have to be used again (a hash is better for what only has to be recognised).

    `purpose` and `owner` are bound in: what was locked for one row opens for no other.
    """

    def lock(self, secret: bytes, *, purpose: str, owner: str) -> bytes:
        """The secret, sealed; another text at every call."""

    def unlock(self, sealed: bytes, *, purpose: str, owner: str) -> bytes:
        """The secret again. ValueError when it was sealed for something else, or with a key that is gone."""
