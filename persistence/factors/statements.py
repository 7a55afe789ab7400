"""The statements behind the port of second factors, and what their rows are."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Integer,
    LargeBinary,
    Text,
    Uuid,
    bindparam,
    delete,
    func,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from persistence.access.tables import SessionRow
from persistence.factors.tables import CeremonyRow, LoginChallengeRow, PasskeyRow, RecoveryCodeRow, TotpRow
from persistence.statement import Question, Statement, many


class HeldKept(NamedTuple):
    totp: bool
    passkeys: int
    recovery_codes: int


class OpenedKept(NamedTuple):
    created_at: datetime


class TotpKept(NamedTuple):
    secret: bytes
    last_step: int | None
    failures: int
    paused_until: datetime | None


class PasskeyKept(NamedTuple):
    id: UUID
    account_id: UUID
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]


class CeremonyKept(NamedTuple):
    purpose: str
    account_id: UUID | None
    challenge: bytes
    expires_at: datetime


class WaitingKept(NamedTuple):
    id: UUID
    account_id: UUID
    proof: bytes
    tries: int
    expires_at: datetime


class IdKept(NamedTuple):
    id: UUID


_ACCOUNT = bindparam("account_id", type_=Uuid())
_NOW = bindparam("now", type_=DateTime(timezone=True))
_EXPIRES = bindparam("expires_at", type_=DateTime(timezone=True))
_BEFORE = bindparam("before", type_=DateTime(timezone=True))
_COUNT = bindparam("count", type_=Integer())

HELD = Question(
    HeldKept,
    select(
        select(func.count() > 0)
        .where(TotpRow.account_id == _ACCOUNT, TotpRow.confirmed_at.is_not(null()))
        .scalar_subquery()
        .label("totp"),
        select(func.count()).where(PasskeyRow.account_id == _ACCOUNT).scalar_subquery().label("passkeys"),
        select(func.count())
        .where(RecoveryCodeRow.account_id == _ACCOUNT, RecoveryCodeRow.used_at.is_(null()))
        .scalar_subquery()
        .label("recovery_codes"),
    ),
)
OPENED = Question(
    OpenedKept, select(SessionRow.created_at).where(SessionRow.id == bindparam("session_id"), SessionRow.revoked_at.is_(null()))
)
TOTP = Question(
    TotpKept,
    select(TotpRow.secret, TotpRow.last_step, TotpRow.failures, TotpRow.paused_until)
    .where(TotpRow.account_id == _ACCOUNT)
    .with_for_update(),
)
_SECRET = bindparam("secret", type_=LargeBinary())
SET_TOTP = Statement(
    insert(TotpRow)
    .values(account_id=_ACCOUNT, secret=_SECRET, created_at=_NOW)
    .on_conflict_do_update(
        index_elements=[TotpRow.account_id],
        set_={"secret": _SECRET, "created_at": _NOW, "failures": 0, "paused_until": null()},
        where=TotpRow.confirmed_at.is_(null()),
    )
)
ACCEPT_STEP = Statement(
    update(TotpRow)
    .where(TotpRow.account_id == _ACCOUNT)
    .values(
        last_step=bindparam("step", type_=BigInteger()),
        secret=_SECRET,
        failures=0,
        paused_until=null(),
        confirmed_at=func.coalesce(TotpRow.confirmed_at, _NOW),
    )
)
COUNT_FAILURE = Statement(
    update(TotpRow)
    .where(TotpRow.account_id == _ACCOUNT)
    .values(failures=TotpRow.failures + 1, paused_until=bindparam("paused_until", type_=DateTime(timezone=True)))
)
REMOVE_TOTP = Statement(delete(TotpRow).where(TotpRow.account_id == _ACCOUNT))
USE_CODE = Statement(
    update(RecoveryCodeRow)
    .where(
        RecoveryCodeRow.account_id == _ACCOUNT,
        RecoveryCodeRow.code_hash == bindparam("code_hash", type_=LargeBinary()),
        RecoveryCodeRow.used_at.is_(null()),
    )
    .values(used_at=_NOW)
)
FORGET_CODES = Statement(delete(RecoveryCodeRow).where(RecoveryCodeRow.account_id == _ACCOUNT))
ADD_CODES = Statement(
    insert(RecoveryCodeRow).from_select(
        ["id", "account_id", "code_hash", "created_at"],
        select(func.unnest(many("ids", Uuid())), _ACCOUNT, func.unnest(many("code_hashes", LargeBinary())), _NOW),
    )
)
_PASSKEY = select(
    PasskeyRow.id,
    PasskeyRow.account_id,
    PasskeyRow.credential_id,
    PasskeyRow.public_key,
    PasskeyRow.sign_count,
    PasskeyRow.transports,
)
_OF_CREDENTIAL = PasskeyRow.credential_id == bindparam("credential_id", type_=LargeBinary())
PASSKEYS = Question(
    PasskeyKept, _PASSKEY.where(PasskeyRow.account_id == _ACCOUNT).order_by(PasskeyRow.created_at, PasskeyRow.id)
)
PASSKEY = Question(PasskeyKept, _PASSKEY.where(_OF_CREDENTIAL))
LOCKED_PASSKEY = Question(PasskeyKept, _PASSKEY.where(_OF_CREDENTIAL).with_for_update())
ADD_PASSKEY = Statement(
    insert(PasskeyRow)
    .values(
        id=bindparam("id"),
        account_id=_ACCOUNT,
        credential_id=bindparam("credential_id", type_=LargeBinary()),
        public_key=bindparam("public_key", type_=LargeBinary()),
        sign_count=bindparam("sign_count", type_=BigInteger()),
        transports=many("transports", Text()),
        is_backed_up=bindparam("is_backed_up", type_=Boolean()),
        name=bindparam("name"),
        created_at=_NOW,
    )
    .on_conflict_do_nothing(index_elements=[PasskeyRow.credential_id])
)
_ONE_PASSKEY = PasskeyRow.id == bindparam("passkey_id")
USE_PASSKEY = Statement(
    update(PasskeyRow).where(_ONE_PASSKEY).values(sign_count=bindparam("sign_count", type_=BigInteger()), last_used_at=_NOW)
)
RENAME_PASSKEY = Statement(
    update(PasskeyRow).where(_ONE_PASSKEY, PasskeyRow.account_id == _ACCOUNT).values(name=bindparam("name"))
)
REMOVE_PASSKEY = Statement(delete(PasskeyRow).where(_ONE_PASSKEY, PasskeyRow.account_id == _ACCOUNT))
REMOVE_PASSKEYS = Statement(delete(PasskeyRow).where(PasskeyRow.account_id == _ACCOUNT))
ADD_CEREMONY = Statement(
    insert(CeremonyRow).values(
        id=bindparam("id"),
        purpose=bindparam("purpose"),
        account_id=_ACCOUNT,
        challenge=bindparam("challenge", type_=LargeBinary()),
        expires_at=_EXPIRES,
    )
)
TAKE_CEREMONY = Question(
    CeremonyKept,
    delete(CeremonyRow)
    .where(CeremonyRow.id == bindparam("id"), CeremonyRow.purpose == bindparam("purpose"), CeremonyRow.expires_at > _NOW)
    .returning(CeremonyRow.purpose, CeremonyRow.account_id, CeremonyRow.challenge, CeremonyRow.expires_at),
)
ADD_WAITING = Statement(
    insert(LoginChallengeRow).values(
        id=bindparam("id"),
        account_id=_ACCOUNT,
        proof=bindparam("proof", type_=LargeBinary()),
        expires_at=_EXPIRES,
    )
)
_ONE_WAITING = LoginChallengeRow.id == bindparam("id")
_WAITING = select(
    LoginChallengeRow.id,
    LoginChallengeRow.account_id,
    LoginChallengeRow.proof,
    LoginChallengeRow.tries,
    LoginChallengeRow.expires_at,
).where(_ONE_WAITING)
WAITING = Question(WaitingKept, _WAITING)
LOCKED_WAITING = Question(WaitingKept, _WAITING.with_for_update())
COUNT_TRY = Statement(update(LoginChallengeRow).where(_ONE_WAITING).values(tries=LoginChallengeRow.tries + 1))
END_WAITING = Statement(delete(LoginChallengeRow).where(_ONE_WAITING))
FORGET_CEREMONIES = Statement(
    delete(CeremonyRow).where(
        CeremonyRow.id.in_(
            select(CeremonyRow.id).where(CeremonyRow.expires_at < _BEFORE).order_by(CeremonyRow.expires_at).limit(_COUNT)
        )
    )
)
FORGET_WAITING = Statement(
    delete(LoginChallengeRow).where(
        LoginChallengeRow.id.in_(
            select(LoginChallengeRow.id)
            .where(LoginChallengeRow.expires_at < _BEFORE)
            .order_by(LoginChallengeRow.expires_at)
            .limit(_COUNT)
        )
    )
)
