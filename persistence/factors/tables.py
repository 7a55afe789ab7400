"""What accounts show besides their password: an authenticator app, recovery codes, passkeys, and log-ins that wait for one."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.base import Created, Id, Row, belongs_to, may_point_at, one_of


class TotpRow(Row):
    """The authenticator app of an account: its secret as the vault seals it, and the last time step that was used.

    It counts from its confirmation on. `failures` are wrong codes in a row, `paused_until` when the next one is looked at.
    """

    __tablename__ = "totp"
    __table_args__ = (
        CheckConstraint("failures >= 0", name="failures_counted"),
        CheckConstraint("(confirmed_at IS NULL) = (last_step IS NULL)", name="step_when_confirmed"),
    )

    account_id: Mapped[UUID] = belongs_to("account.id", primary_key=True)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    last_step: Mapped[int | None] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    paused_until: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    created_at: Mapped[Created]


class RecoveryCodeRow(Row):
    """A recovery code, kept as SHA-256 only. It is good once."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("account_id", "code_hash"),)

    id: Mapped[Id]
    account_id: Mapped[UUID] = belongs_to("account.id")
    code_hash: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Created]
    used_at: Mapped[datetime | None]


class PasskeyRow(Row):
    """A passkey (Web Authentication): its public key in COSE form and the counter it showed last."""

    __tablename__ = "passkey"
    __table_args__ = (CheckConstraint("sign_count >= 0", name="sign_count_counted"),)

    id: Mapped[Id]
    account_id: Mapped[UUID] = belongs_to("account.id", index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]]
    is_backed_up: Mapped[bool]
    name: Mapped[str]
    created_at: Mapped[Created]
    last_used_at: Mapped[datetime | None]


class CeremonyRow(Row):
    """A challenge that a passkey is to sign, once and in time; whose it is, is unknown when somebody only starts to log in."""

    __tablename__ = "passkey_ceremony"
    __table_args__ = (
        one_of("purpose", ("REGISTER", "LOG_IN", "PROVE")),
        CheckConstraint("(purpose = 'LOG_IN') = (account_id IS NULL)", name="account_known"),
    )

    id: Mapped[Id]
    purpose: Mapped[str]
    account_id: Mapped[UUID | None] = may_point_at("account.id", ondelete="CASCADE", index=True)
    challenge: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class LoginChallengeRow(Row):
    """A log-in that waits for its second factor. `proof` digests the password hash it was begun with."""

    __tablename__ = "login_challenge"
    __table_args__ = (CheckConstraint("tries >= 0", name="tries_counted"),)

    id: Mapped[Id]
    account_id: Mapped[UUID] = belongs_to("account.id", index=True)
    proof: Mapped[bytes] = mapped_column(LargeBinary)
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    expires_at: Mapped[datetime] = mapped_column(index=True)
