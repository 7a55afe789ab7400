"""The statements behind the port of apps, and what their rows are."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    LargeBinary,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    delete,
    func,
    not_,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from persistence.access.tables import AccountRow, StaffRow
from persistence.apps.tables import AppChannelRow, AppCodeRow, AppGrantRow, AppRow, AppTokenRow, SigningKeyRow
from persistence.customers.tables import CustomerRow
from persistence.statement import Question, Statement, ids, many


class ClientKept(NamedTuple):
    id: UUID
    name: str
    secret_hash: bytes | None
    redirect_uris: list[str]
    scopes: list[str]
    channel_ids: list[UUID] | None
    is_active: bool


class GrantKept(NamedTuple):
    """The consent's own columns; under a lock they are of now, which joined ones would not be."""

    id: UUID
    app_id: UUID
    account_id: UUID
    scopes: list[str]
    is_over: bool


class CodeKept(NamedTuple):
    grant_id: UUID
    redirect_uri: str
    nonce: str | None
    challenge: str
    authenticated_at: datetime
    expires_at: datetime
    used_at: datetime | None


class TokenKept(NamedTuple):
    id: UUID
    app_id: UUID
    kind: str
    scopes: list[str]
    grant_id: UUID | None
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


class OwnerKept(NamedTuple):
    id: UUID
    email: str
    is_verified: bool
    first_name: str | None
    last_name: str | None
    staff_name: str | None
    language: str | None
    is_active: bool


class KeyKept(NamedTuple):
    id: UUID
    sealed: bytes
    public: dict[str, Any]


class IdKept(NamedTuple):
    id: UUID


class Total(NamedTuple):
    total: int


APP_CHANNELS = case(
    (
        AppRow.is_limited,
        func.array(
            select(AppChannelRow.channel_id)
            .where(AppChannelRow.app_id == AppRow.id)
            .order_by(AppChannelRow.channel_id)
            .scalar_subquery(),
            type_=ARRAY(Uuid()),
        ),
    )
)
"""The ids of the channels that an app is limited to; null for all of them."""
_TIME = DateTime(timezone=True)
_NOW = bindparam("now", type_=_TIME)
_APP = bindparam("app_id", type_=Uuid())
_GRANT = bindparam("grant_id", type_=Uuid())
_TOKEN = bindparam("token_id", type_=Uuid())
_DIGEST = bindparam("digest", type_=LargeBinary())
_CLIENT = select(
    AppRow.id,
    AppRow.name,
    AppRow.secret_hash,
    AppRow.redirect_uris,
    AppRow.scopes,
    APP_CHANNELS.label("channel_ids"),
    AppRow.is_active,
)
_WORDS = {
    "name": bindparam("called", type_=Text()),
    "redirect_uris": many("uris", Text()),
    "scopes": many("most", Text()),
    "is_active": bindparam("active", type_=Boolean()),
}
CLIENT = Question(ClientKept, _CLIENT.where(AppRow.id == _APP))
NAMED = Question(IdKept, select(AppRow.id).where(AppRow.name == bindparam("called")))
ADD = Statement(
    insert(AppRow)
    .values(
        id=_APP, secret_hash=bindparam("digest", type_=LargeBinary()), created_by=bindparam("by"), created_at=_NOW, **_WORDS
    )
    .on_conflict_do_nothing(index_elements=[AppRow.name])
)
REPLACE = Statement(update(AppRow).where(AppRow.id == _APP).values(_WORDS))
SET_SECRET = Statement(update(AppRow).where(AppRow.id == _APP).values(secret_hash=_DIGEST))
SET_LIMITED = Statement(update(AppRow).where(AppRow.id == _APP).values(is_limited=bindparam("limited", type_=Boolean())))
CLEAR_CHANNELS = Statement(delete(AppChannelRow).where(AppChannelRow.app_id == _APP))
ADD_CHANNELS = Statement(
    insert(AppChannelRow).from_select(
        ["app_id", "channel_id"], select(_APP.label("app_id"), func.unnest(ids("only")).label("channel_id"))
    )
)
COUNT_KEYS = Question(
    Total,
    select(func.count().label("total"))
    .select_from(AppTokenRow)
    .where(AppTokenRow.app_id == _APP, AppTokenRow.kind == "KEY", AppTokenRow.revoked_at.is_(null())),
)
ADD_TOKEN = Statement(
    insert(AppTokenRow).values(
        id=_TOKEN,
        app_id=_APP,
        grant_id=_GRANT,
        kind=bindparam("kind"),
        token_hash=_DIGEST,
        hint=bindparam("hint"),
        name=bindparam("called", type_=Text()),
        scopes=many("scopes", Text()),
        created_by=bindparam("by"),
        created_at=_NOW,
        expires_at=bindparam("expires_at", type_=_TIME),
    )
)


def _token(condition: ColumnElement[bool]) -> Select[Any]:
    return select(*(getattr(AppTokenRow, name) for name in TokenKept._fields)).where(condition)


TOKEN = Question(TokenKept, _token(AppTokenRow.token_hash == _DIGEST))
KEY = Question(
    TokenKept, _token(AppTokenRow.id == _TOKEN).where(or_(AppTokenRow.kind == "KEY", AppTokenRow.kind == "DEVELOPMENT"))
)
GRANT = Question(
    GrantKept,
    select(
        AppGrantRow.id,
        AppGrantRow.app_id,
        AppGrantRow.account_id,
        AppGrantRow.scopes,
        or_(AppGrantRow.ended_at.is_not(null()), not_(AccountRow.is_active)).label("is_over"),
    )
    .join(AccountRow, AccountRow.id == AppGrantRow.account_id)
    .where(AppGrantRow.id == _GRANT),
)
LOCK_GRANT = Statement(select(AppGrantRow.id).where(AppGrantRow.id == _GRANT).with_for_update())
USE_TOKEN = Statement(update(AppTokenRow).where(AppTokenRow.id == _TOKEN).values(used_at=_NOW))
REVOKE_TOKEN = Statement(
    update(AppTokenRow).where(AppTokenRow.id == _TOKEN).values(revoked_at=func.coalesce(AppTokenRow.revoked_at, _NOW))
)
NOTE_USE = Statement(
    update(AppTokenRow)
    .where(
        AppTokenRow.id == _TOKEN,
        or_(AppTokenRow.last_used_at.is_(null()), AppTokenRow.last_used_at < bindparam("before", type_=_TIME)),
    )
    .values(last_used_at=_NOW)
)
ADD_GRANT = Statement(
    insert(AppGrantRow).values(
        id=_GRANT, app_id=_APP, account_id=bindparam("account_id"), scopes=many("scopes", Text()), created_at=_NOW
    )
)
ADD_CODE = Statement(
    insert(AppCodeRow).values(
        code_hash=_DIGEST,
        grant_id=_GRANT,
        redirect_uri=bindparam("uri"),
        nonce=bindparam("nonce", type_=Text()),
        challenge=bindparam("challenge"),
        authenticated_at=_NOW,
        created_at=_NOW,
        expires_at=bindparam("expires_at", type_=_TIME),
    )
)
CODE = Question(
    CodeKept, select(*(getattr(AppCodeRow, name) for name in CodeKept._fields)).where(AppCodeRow.code_hash == _DIGEST)
)
USE_CODE = Statement(update(AppCodeRow).where(AppCodeRow.code_hash == _DIGEST).values(used_at=_NOW))
_OVER = (
    update(AppGrantRow)
    .where(AppGrantRow.id == _GRANT)
    .values(
        ended_at=func.coalesce(AppGrantRow.ended_at, _NOW),
        ended_because=func.coalesce(AppGrantRow.ended_because, bindparam("because", type_=Text())),
    )
)
END_GRANT = Statement(_OVER)
END_OWN_GRANT = Statement(_OVER.where(AppGrantRow.account_id == bindparam("account_id")))
END_GRANTS_OF = Statement(
    update(AppGrantRow)
    .where(AppGrantRow.account_id == bindparam("account_id"), AppGrantRow.ended_at.is_(null()))
    .values(ended_at=_NOW, ended_because=bindparam("because", type_=Text()))
)
OWNER = Question(
    OwnerKept,
    select(
        AccountRow.id,
        AccountRow.email,
        AccountRow.email_verified_at.is_not(null()).label("is_verified"),
        CustomerRow.first_name,
        CustomerRow.last_name,
        StaffRow.name.label("staff_name"),
        CustomerRow.language,
        AccountRow.is_active,
    )
    .outerjoin(CustomerRow, CustomerRow.id == AccountRow.id)
    .outerjoin(StaffRow, StaffRow.account_id == AccountRow.id)
    .where(AccountRow.id == bindparam("account_id")),
)
KEYS = Question(
    KeyKept,
    select(SigningKeyRow.id, SigningKeyRow.sealed, SigningKeyRow.public)
    .order_by(SigningKeyRow.is_current.desc(), SigningKeyRow.created_at.desc())
    .limit(10),
)
RETIRE_KEYS = Statement(update(SigningKeyRow).where(SigningKeyRow.is_current).values(is_current=False))
ADD_KEY = Statement(
    insert(SigningKeyRow).values(
        id=bindparam("key_id"),
        sealed=bindparam("sealed"),
        public=bindparam("public", type_=JSONB()),
        is_current=True,
        created_at=_NOW,
    )
)
FORGET_KEYS = Statement(
    delete(SigningKeyRow).where(~SigningKeyRow.is_current, SigningKeyRow.created_at < bindparam("before", type_=_TIME))
)
_BEFORE = bindparam("before", type_=_TIME)
_COUNT = bindparam("count", type_=Integer())
FORGET_TOKENS = Statement(
    delete(AppTokenRow).where(
        AppTokenRow.id.in_(
            select(AppTokenRow.id)
            .where(AppTokenRow.expires_at < _BEFORE, or_(AppTokenRow.kind == "ACCESS", AppTokenRow.kind == "REFRESH"))
            .order_by(AppTokenRow.expires_at)
            .limit(_COUNT)
        )
    )
)
FORGET_CODES = Statement(
    delete(AppCodeRow).where(
        AppCodeRow.code_hash.in_(
            select(AppCodeRow.code_hash).where(AppCodeRow.expires_at < _BEFORE).order_by(AppCodeRow.expires_at).limit(_COUNT)
        )
    )
)
