"""What access needs from outside, in our words: hashing, judging, addresses, signed tokens, and counting attempts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.access.model import AccessToken, Asker, Claims, Left, Throttled, TokenRefused, Weakness
from domain.access.rules import RefreshSecrets
from domain.ids import AccountId, SessionId


class Busy(Exception):
    """The machine hashes as much as it can and as many wait as may: nothing was done, worth a retry a little later."""


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a password is the one behind a hash; `better_hash` replaces one made with weaker parameters than today's."""

    is_right: bool
    better_hash: str | None = None


class PasswordHasher(Protocol):
    """Slow on purpose, never on the event loop. Both raise `Busy`."""

    async def hashed(self, password: str) -> str:
        """The password's hash with its own salt and parameters, in PHC string format."""

    async def verified(self, password: str, kept: str | None) -> Verified:
        """Compares; without a kept hash it takes as long and is never right, so that unknown accounts cannot be told."""


class PasswordJudge(Protocol):
    """Estimates how soon a password would be guessed."""

    async def weaknesses(self, password: str, *, about: Sequence[str]) -> Collection[Weakness]:
        """What makes it guessable; nothing for a good one. `about`: what its owner is called. Raises `Busy`."""


class EmailRules(Protocol):
    """The syntax of addresses (RFC 5321, 5322, 6531); nobody is asked whether the mailbox is there."""

    def normalised(self, text: str) -> str | None:
        """The address with its domain in lower case, or None when it is none that mail can be sent to."""


class AccessTokens(Protocol):
    """Signed, short-lived proofs of a session (JWT, RFC 7519)."""

    def issued(self, account_id: AccountId, session_id: SessionId, *, now: datetime) -> AccessToken:
        """A fresh token."""

    def read(self, text: str, *, now: datetime) -> Claims | TokenRefused:
        """What a token says once its signature, its claims and its time are right."""


class Throttle(Protocol):
    """Counts attempts before they are made, over all processes."""

    async def attempt(self, purpose: str, *, account: str | None, address: str | None) -> Throttled | None:
        """Counts one more attempt on an account (by any stable name) from a network address; None when it may go on.

        A refused attempt on an account from one address does not count against the account elsewhere, so that nobody
        locks others out.
        """


class Allowances(Protocol):
    """Bounds what one asker may ask and do in a minute, over all processes. Nothing here raises when it cannot count."""

    def exhausted(self, asker: Asker) -> Throttled | None:
        """Whether the asker's next request is known to be refused, without asking anybody; counts nothing."""

    def spend(self, asker: Asker, *, cost: int) -> bool:
        """Counts one more operation without mutations if that needs nobody's answer; False when nothing was counted."""

    async def take(self, asker: Asker, *, cost: int, mutations: int) -> Throttled | None:
        """Counts one more operation, what it may cost and its mutations; None when it may go on."""

    async def left(self, asker: Asker, *, of_mutations: bool) -> Left:
        """What the asker has left of cost, or of mutations; counts nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPorts:
    """What log-ins are made of, put together once by the composition root."""

    hasher: PasswordHasher
    judge: PasswordJudge
    emails: EmailRules
    tokens: AccessTokens
    throttle: Throttle
    secrets: RefreshSecrets
    refresh_seconds: int
