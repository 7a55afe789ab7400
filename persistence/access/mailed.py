"""The statements behind mailed secrets, changes of address, devices and failed log-ins, and what their rows are."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    Boolean,
    DateTime,
    LargeBinary,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    delete,
    func,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from persistence.access.tables import AccountRow, EmailChangeRow, LogInFailureRow, OneTimeTokenRow, SessionRow
from persistence.statement import Question, Statement, many


class MailedKept(NamedTuple):
    """A mailed secret."""

    id: UUID
    account_id: UUID
    purpose: str
    token_hash: bytes
    bound_hash: bytes
    expires_at: datetime


class ChangeKept(NamedTuple):
    """A wish for another address."""

    account_id: UUID
    old_email: str
    new_email: str


class Known(NamedTuple):
    """Whether a device is known; None when there is none to compare it with."""

    is_known: bool | None


class Done(NamedTuple):
    """Whether both mailboxes have confirmed."""

    is_done: bool


class Counted(NamedTuple):
    """How often something happened."""

    times: int


_NOW = bindparam("now", type_=DateTime(timezone=True))
_ACCOUNT = bindparam("account_id", type_=Uuid())
_LIVE = and_(OneTimeTokenRow.used_at.is_(null()), OneTimeTokenRow.replaced_at.is_(null()))
MAILED = Question(
    MailedKept,
    select(
        OneTimeTokenRow.id,
        OneTimeTokenRow.account_id,
        OneTimeTokenRow.purpose,
        OneTimeTokenRow.token_hash,
        OneTimeTokenRow.bound_hash,
        OneTimeTokenRow.expires_at,
    ).where(
        OneTimeTokenRow.token_hash == bindparam("token_hash", type_=LargeBinary()), _LIVE, OneTimeTokenRow.expires_at > _NOW
    ),
)
ADD_MAILED = Statement(
    insert(OneTimeTokenRow).values(
        id=bindparam("id"),
        account_id=_ACCOUNT,
        purpose=bindparam("purpose"),
        token_hash=bindparam("token_hash", type_=LargeBinary()),
        bound_hash=bindparam("bound_hash", type_=LargeBinary()),
        created_at=_NOW,
        expires_at=bindparam("expires_at", type_=DateTime(timezone=True)),
    )
)
REPLACE_MAILED = Statement(
    update(OneTimeTokenRow)
    .where(OneTimeTokenRow.account_id == _ACCOUNT, OneTimeTokenRow.purpose == any_(many("purposes", Text())), _LIVE)
    .values(replaced_at=_NOW)
)
USE_MAILED = Statement(
    update(OneTimeTokenRow).where(OneTimeTokenRow.id == bindparam("token_id", type_=Uuid()), _LIVE).values(used_at=_NOW)
)
FORGET_MAILED = Statement(
    delete(OneTimeTokenRow).where(OneTimeTokenRow.expires_at < bindparam("before", type_=DateTime(timezone=True)))
)
VERIFY_EMAIL = Statement(
    update(AccountRow).where(AccountRow.id == _ACCOUNT, AccountRow.email_verified_at.is_(null())).values(email_verified_at=_NOW)
)
SET_EMAIL = Statement(
    update(AccountRow)
    .where(AccountRow.id == _ACCOUNT)
    .values(email=bindparam("email"), email_key=bindparam("email_key"), email_verified_at=_NOW)
)
_WISH = insert(EmailChangeRow).values(
    account_id=_ACCOUNT, old_email=bindparam("old_email"), new_email=bindparam("new_email"), requested_at=_NOW
)
KEEP_CHANGE = Statement(
    _WISH.on_conflict_do_update(
        index_elements=[EmailChangeRow.account_id],
        set_={
            "old_email": _WISH.excluded.old_email,
            "new_email": _WISH.excluded.new_email,
            "requested_at": _WISH.excluded.requested_at,
            "old_confirmed_at": null(),
            "new_confirmed_at": null(),
            "done_at": null(),
        },
    )
)
_OF_CHANGE = select(EmailChangeRow.account_id, EmailChangeRow.old_email, EmailChangeRow.new_email).where(
    EmailChangeRow.account_id == _ACCOUNT
)
CHANGE = Question(ChangeKept, _OF_CHANGE.where(EmailChangeRow.done_at.is_(null())))
LAST_CHANGE = Question(ChangeKept, _OF_CHANGE.where(EmailChangeRow.done_at.is_not(null())))
_IS_NEW = bindparam("is_new", type_=Boolean())
_OTHER = case((_IS_NEW, EmailChangeRow.old_confirmed_at), else_=EmailChangeRow.new_confirmed_at)
CONFIRM_CHANGE = Question(
    Done,
    update(EmailChangeRow)
    .where(EmailChangeRow.account_id == _ACCOUNT, EmailChangeRow.done_at.is_(null()))
    .values(
        old_confirmed_at=case((_IS_NEW, EmailChangeRow.old_confirmed_at), else_=_NOW),
        new_confirmed_at=case((_IS_NEW, _NOW), else_=EmailChangeRow.new_confirmed_at),
        done_at=case((_OTHER.is_not(null()), _NOW)),
    )
    .returning(EmailChangeRow.done_at.is_not(null()).label("is_done")),
)
FORGET_CHANGES = Statement(
    delete(EmailChangeRow).where(EmailChangeRow.requested_at < bindparam("before", type_=DateTime(timezone=True)))
)
KNOWS_DEVICE = Question(
    Known,
    select(func.bool_or(SessionRow.device_hash == bindparam("device_hash", type_=LargeBinary())).label("is_known")).where(
        SessionRow.account_id == _ACCOUNT
    ),
)
_FAILURE = insert(LogInFailureRow).values(
    key_hash=bindparam("key_hash", type_=LargeBinary()), hour=bindparam("hour", type_=DateTime(timezone=True)), count=1
)
COUNT_FAILURE = Question(
    Counted,
    _FAILURE.on_conflict_do_update(
        index_elements=[LogInFailureRow.key_hash, LogInFailureRow.hour], set_={"count": LogInFailureRow.count + 1}
    ).returning(LogInFailureRow.count.label("times")),
)
FORGET_FAILURES = Statement(
    delete(LogInFailureRow).where(LogInFailureRow.hour < bindparam("before", type_=DateTime(timezone=True)))
)
