"""What accounts, staff, sessions and refresh tokens need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.access.model import (
    Account,
    EmailChange,
    Ended,
    Family,
    MailedToken,
    NewSession,
    NewToken,
    Purpose,
    RefreshToken,
)
from domain.ids import AccountId, RoleId, SessionId
from domain.viewer import Permission


class AccessStore(Protocol):
    """Access, inside one transaction. Accounts are locked before sessions."""

    async def account_by_key(self, email_key: str) -> Account | None:
        """The account of an address's key. Locks nothing."""

    async def account(self, account_id: AccountId) -> Account | None:
        """An account. Locks nothing."""

    async def lock_account(self, account_id: AccountId) -> Account | None:
        """The account, locked: its password and its activity stay as they are until the end of the transaction."""

    async def add_account(
        self, account_id: AccountId, *, email: str, email_key: str, password_hash: str, now: datetime
    ) -> bool:
        """Keeps a new account, or says False when the address has one. Waits for a rival who is adding the same."""

    async def set_password_hash(self, account_id: AccountId, password_hash: str) -> None:
        """Replaces the hash of a locked account."""

    async def add_session(self, session: NewSession) -> None:
        """Keeps a session."""

    async def add_token(self, token: NewToken) -> None:
        """Keeps a refresh token. A session has one at a time that is neither used nor revoked: the database refuses another."""

    async def lock_family(self, token_hash: bytes) -> Family | None:
        """The session of a refresh token, locked, so that of many who show tokens of it one goes first."""

    async def token(self, token_hash: bytes) -> RefreshToken | None:
        """A refresh token and its follower. Read after `lock_family`, else it may be old news."""

    async def use_token(self, token_id: UUID, *, now: datetime) -> None:
        """Marks a token of a locked session used."""

    async def link_follower(self, token_id: UUID, follower_id: UUID, *, session_id: SessionId, now: datetime) -> None:
        """Notes which token followed, and that the session is in use."""

    async def end_session(
        self, session_id: SessionId, *, because: Ended, now: datetime, account_id: AccountId | None = None
    ) -> bool:
        """Ends a session (of this account, when one is named) and revokes its tokens; False when there is none to end."""

    async def end_sessions(self, account_id: AccountId, *, because: Ended, now: datetime, but: SessionId | None = None) -> int:
        """Ends all sessions of an account but one; how many. But for a mere log-out, what the account let apps do ends too."""

    async def forget_tokens(self, *, before: datetime, count_max: int) -> int:
        """Drops refresh tokens that expired before then, `count_max` at most, and at last sessions without any; how many tokens."""

    async def keep_role(self, name: str, permissions: Collection[Permission]) -> RoleId:
        """The role of this name, made if absent, holding exactly these permissions from now on."""

    async def add_staff(self, account_id: AccountId, *, name: str, role_id: RoleId) -> None:
        """Makes an account one of staff."""

    async def knows_device(self, account_id: AccountId, device_hash: bytes) -> bool | None:
        """Whether the account was logged in on this device before; None when it was on none."""

    async def verify_email(self, account_id: AccountId, *, now: datetime) -> None:
        """Marks the address of a locked account as verified; a second time changes nothing."""

    async def set_email(self, account_id: AccountId, *, email: str, email_key: str, now: datetime) -> bool:
        """Gives a locked account another, verified address; False when that is somebody else's: then nothing more can be done."""

    async def mailed(self, token_hash: bytes, *, now: datetime) -> MailedToken | None:
        """A mailed secret that is neither used, replaced nor expired. Locks nothing: the account is locked next."""

    async def add_mailed(self, token: MailedToken, *, now: datetime) -> None:
        """Keeps a secret of a locked account. One of a purpose is good at a time: replace the old one first."""

    async def replace_mailed(self, account_id: AccountId, purposes: Collection[Purpose], *, now: datetime) -> None:
        """What a locked account was mailed for these purposes is good no more."""

    async def use_mailed(self, token_id: UUID, *, now: datetime) -> bool:
        """Uses up a secret; False when it was used or replaced since it was read."""

    async def keep_email_change(self, change: EmailChange, *, now: datetime) -> None:
        """Keeps the wish of a locked account, instead of an earlier one."""

    async def email_change(self, account_id: AccountId) -> EmailChange | None:
        """The unfinished wish of an account. Locks nothing."""

    async def last_email_change(self, account_id: AccountId) -> EmailChange | None:
        """The wish of an account that was fulfilled, as long as it is remembered. Locks nothing."""

    async def confirm_email_change(self, account_id: AccountId, *, is_new: bool, now: datetime) -> bool:
        """Notes that one mailbox has confirmed; True when both have, which finishes the wish."""

    async def count_failure(self, key_hash: bytes, *, hour: datetime) -> int:
        """Counts one more failed log-in in an hour; how many those are."""
