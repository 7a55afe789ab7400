"""What second factors need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.factors.model import Ceremony, Held, NewPasskey, Passkey, Purpose, Totp, Waiting
from domain.ids import AccountId, SessionId


class FactorsStore(Protocol):
    """Second factors, inside one transaction. The account is locked before anything of it changes here."""

    async def held(self, account_id: AccountId) -> Held:
        """What the account can be asked for. Locks nothing."""

    async def opened_at(self, session_id: SessionId) -> datetime | None:
        """When a living session was opened. Locks nothing."""

    async def lock_totp(self, account_id: AccountId) -> Totp | None:
        """The account's app, confirmed or not, locked."""

    async def set_totp(self, account_id: AccountId, *, secret: bytes, now: datetime) -> None:
        """Keeps an app that is yet to be confirmed, instead of another that was."""

    async def accept_step(self, account_id: AccountId, *, step: int, secret: bytes, now: datetime) -> None:
        """The code of this step was right: it and all before it are used; confirms the app; `secret` is sealed anew."""

    async def count_failure(self, account_id: AccountId, *, paused_until: datetime | None) -> None:
        """One more wrong code of a locked app."""

    async def remove_totp(self, account_id: AccountId) -> None:
        """Forgets the app."""

    async def use_recovery_code(self, account_id: AccountId, code_hash: bytes, *, now: datetime) -> bool:
        """Uses up a code; False when there is no such code, or it is used."""

    async def replace_recovery_codes(self, account_id: AccountId, code_hashes: Sequence[bytes], *, now: datetime) -> None:
        """Forgets all codes and keeps these."""

    async def passkeys(self, account_id: AccountId) -> list[Passkey]:
        """The account's passkeys, the oldest first. Locks nothing."""

    async def passkey(self, credential_id: bytes) -> Passkey | None:
        """Whose passkey this is. Locks nothing."""

    async def lock_passkey(self, credential_id: bytes) -> Passkey | None:
        """The passkey, locked: its counter stays as it is."""

    async def add_passkey(self, account_id: AccountId, passkey: NewPasskey, *, name: str, now: datetime) -> UUID | None:
        """Keeps a passkey; None when there is one of this credential, whosever."""

    async def use_passkey(self, passkey_id: UUID, *, sign_count: int, now: datetime) -> None:
        """Moves the counter of a locked passkey on."""

    async def rename_passkey(self, account_id: AccountId, passkey_id: UUID, *, name: str) -> bool:
        """Names a passkey of this account; False when there is none."""

    async def remove_passkey(self, account_id: AccountId, passkey_id: UUID) -> bool:
        """Forgets a passkey of this account; False when there is none."""

    async def remove_all(self, account_id: AccountId) -> int:
        """Forgets the app, the passkeys and the recovery codes of this account; how many factors those were."""

    async def add_ceremony(self, ceremony_id: UUID, ceremony: Ceremony) -> None:
        """Keeps a challenge until somebody signs it."""

    async def take_ceremony(self, ceremony_id: UUID, *, purpose: Purpose, now: datetime) -> Ceremony | None:
        """The challenge, for the one caller who comes first and in time; then it is gone."""

    async def add_waiting(self, waiting: Waiting) -> None:
        """Keeps a log-in that waits."""

    async def waiting(self, challenge_id: UUID) -> Waiting | None:
        """A log-in that waits. Locks nothing."""

    async def lock_waiting(self, challenge_id: UUID) -> Waiting | None:
        """The same, locked."""

    async def count_try(self, challenge_id: UUID) -> None:
        """One more wrong answer to a locked one."""

    async def end_waiting(self, challenge_id: UUID) -> None:
        """It waits no more."""

    async def forget_expired(self, *, before: datetime, count_max: int) -> int:
        """Drops ceremonies and waiting log-ins whose time was before then, so many of each at most; how many."""
