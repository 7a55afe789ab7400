"""What second factors need from outside, in our words: one-time codes, pictures of them, and the rules of passkeys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.factors.model import Assertion, Enrollment, NewPasskey, Passkey
from domain.ids import AccountId
from domain.seal import Seal
from domain.vault import Vault


class OneTimeCodes(Protocol):
    """Time-based one-time passwords (RFC 6238). Pure but for randomness."""

    def new_secret(self) -> bytes:
        """160 random bits, as RFC 4226 section 4 recommends."""

    def enrollment(self, secret: bytes, *, owner: str) -> Enrollment:
        """What an app is fed with; `owner` is what the app shows beside the code."""

    def step(self, secret: bytes, code: str, *, now: datetime) -> int | None:
        """The time step whose code this is: the present one, the one before or the one after; None when it is none of them."""


class PasskeyRules(Protocol):
    """Web Authentication level 3, for one relying party. Pure; whatever cannot be read is refused, never raised."""

    def creation_options(
        self, challenge: bytes, *, account_id: AccountId, email: str, known: Sequence[Passkey]
    ) -> Mapping[str, object]:
        """What `navigator.credentials.create` takes (PublicKeyCredentialCreationOptionsJSON)."""

    def request_options(self, challenge: bytes, *, known: Sequence[Passkey]) -> Mapping[str, object]:
        """What `navigator.credentials.get` takes. Without known passkeys any may answer, and must verify its user."""

    def introduced(self, credential: Mapping[str, object], *, challenge: bytes) -> NewPasskey | None:
        """The new passkey, if it answered this challenge on one of our pages with its user present (section 7.1)."""

    def credential_id(self, credential: Mapping[str, object]) -> bytes | None:
        """Which passkey claims to have answered."""

    def asserted(
        self, credential: Mapping[str, object], *, challenge: bytes, public_key: bytes, must_verify_user: bool
    ) -> Assertion | None:
        """What the passkey signed, if it did so for this challenge on one of our pages (section 7.2, less the counter)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorPorts:
    """What second factors are made of, put together once by the composition root."""

    seal: Seal
    vault: Vault
    codes: OneTimeCodes
    passkeys: PasskeyRules

    def challenge_secret(self, challenge_id: UUID) -> str:
        """The secret of a log-in that waits."""
        return self.seal.secret("log-in challenge", challenge_id)

    def challenge_id(self, secret: str) -> UUID | None:
        """The waiting log-in behind its secret."""
        return self.seal.open("log-in challenge", secret)

    def ceremony_secret(self, ceremony_id: UUID) -> str:
        """The secret of a passkey's ceremony."""
        return self.seal.secret("passkey ceremony", ceremony_id)

    def ceremony_id(self, secret: str) -> UUID | None:
        """The ceremony behind its secret."""
        return self.seal.open("passkey ceremony", secret)
