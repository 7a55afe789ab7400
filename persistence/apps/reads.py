"""Reading apps: what a token is worth right now, which apps and keys there are, and what a person lets apps do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Integer, Uuid, and_, any_, bindparam, case, func, not_, null, or_, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from persistence.access.tables import AccountRow, RoleRow, StaffRow
from persistence.apps.statements import APP_CHANNELS
from persistence.apps.tables import AppChannelRow, AppGrantRow, AppRow, AppTokenRow
from persistence.base import C
from persistence.channels.tables import ChannelRow
from persistence.factors.lacking import LACKS_SECOND_FACTOR
from persistence.paging import Page, Place, page_of
from persistence.reader import Reader
from persistence.staff.channels import STAFF_CHANNELS
from persistence.statement import Question, ids

GRANTS_MAX = 100


class AppStandingView(NamedTuple):
    """A token that was neither used up nor revoked, of an active app, and of an active person if it is of somebody's consent."""

    id: UUID
    kind: str
    app_id: UUID
    scopes: list[str]
    app_scopes: list[str]
    app_channels: list[UUID] | None
    account_id: UUID | None
    permissions: list[str] | None
    is_administrator: bool | None
    staff_channels: list[UUID] | None
    expires_at: datetime | None


class AppView(NamedTuple):
    """An app; `channels` are the slugs of those it is limited to, None for every channel."""

    id: UUID
    name: str
    has_secret: bool
    redirect_uris: list[str]
    scopes: list[str]
    channels: list[str] | None
    is_active: bool
    created_by: str
    created_at: datetime


class KeyView(NamedTuple):
    """An API key, or a token for development; `hint` is how it begins."""

    id: UUID
    app_id: UUID
    kind: str
    name: str
    hint: str
    scopes: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class GrantView(NamedTuple):
    """What a person lets an app do."""

    id: UUID
    app_name: str
    scopes: list[str]
    created_at: datetime


class _Total(NamedTuple):
    total: int


STANDING = Question(
    AppStandingView,
    select(
        AppTokenRow.id,
        AppTokenRow.kind,
        AppTokenRow.app_id,
        AppTokenRow.scopes,
        AppRow.scopes.label("app_scopes"),
        APP_CHANNELS.label("app_channels"),
        AppGrantRow.account_id,
        RoleRow.permissions,
        RoleRow.is_administrator,
        STAFF_CHANNELS.label("staff_channels"),
        AppTokenRow.expires_at,
    )
    .join(AppRow, AppRow.id == AppTokenRow.app_id)
    .outerjoin(AppGrantRow, AppGrantRow.id == AppTokenRow.grant_id)
    .outerjoin(AccountRow, AccountRow.id == AppGrantRow.account_id)
    .outerjoin(StaffRow, StaffRow.account_id == AccountRow.id)
    .outerjoin(RoleRow, RoleRow.id == StaffRow.role_id)
    .where(
        AppTokenRow.token_hash == bindparam("token_hash"),
        AppTokenRow.kind != "REFRESH",
        AppTokenRow.revoked_at.is_(null()),
        AppRow.is_active,
        or_(
            AppTokenRow.grant_id.is_(null()),
            and_(AppGrantRow.ended_at.is_(null()), AccountRow.is_active, not_(LACKS_SECOND_FACTOR)),
        ),
    ),
)
_SLUGS = (
    select(ChannelRow.slug)
    .join(AppChannelRow, AppChannelRow.channel_id == ChannelRow.id)
    .where(AppChannelRow.app_id == AppRow.id)
    .order_by(ChannelRow.slug)
    .scalar_subquery()
)
_APP = select(
    AppRow.id,
    AppRow.name,
    AppRow.secret_hash.is_not(null()).label("has_secret"),
    AppRow.redirect_uris,
    AppRow.scopes,
    case((AppRow.is_limited, func.array(_SLUGS, type_=ARRAY(C)))).label("channels"),
    AppRow.is_active,
    AppRow.created_by,
    AppRow.created_at,
)
APPS = Question(AppView, _APP.where(AppRow.id == any_(ids())))
APPS_COUNT = Question(_Total, select(func.count().label("total")).select_from(AppRow))
_KEY = select(*(getattr(AppTokenRow, name) for name in KeyView._fields)).where(
    or_(AppTokenRow.kind == "KEY", AppTokenRow.kind == "DEVELOPMENT")
)
KEYS_OF = Question(
    KeyView,
    _KEY.where(AppTokenRow.app_id == any_(ids()), AppTokenRow.revoked_at.is_(null())).order_by(
        AppTokenRow.app_id, AppTokenRow.created_at.desc(), AppTokenRow.id
    ),
    by="app_id",
)
KEYS = Question(KeyView, _KEY.where(AppTokenRow.id == any_(ids())))
GRANTS = Question(
    GrantView,
    select(AppGrantRow.id, AppRow.name.label("app_name"), AppGrantRow.scopes, AppGrantRow.created_at)
    .join(AppRow, AppRow.id == AppGrantRow.app_id)
    .where(AppGrantRow.account_id == bindparam("account_id"), AppGrantRow.ended_at.is_(null()), AppRow.is_active)
    .order_by(AppGrantRow.created_at.desc(), AppGrantRow.id.desc())
    .limit(GRANTS_MAX),
)


async def app_standing(reader: Reader, token_hash: bytes) -> AppStandingView | None:
    """What a token is worth, but for its time: None when it is nobody's any more. Never from the memo."""
    return await reader.row(STANDING, token_hash=token_hash)


async def apps_by_id(reader: Reader, app_ids: Sequence[UUID]) -> list[AppView | None]:
    """Apps by id, in that order."""
    return await reader.one_each(APPS, app_ids)


async def keys_of_apps(reader: Reader, app_ids: Sequence[UUID]) -> list[list[KeyView]]:
    """For each app, in that order, its keys that were not revoked, the latest first; how many it may have bounds them."""
    return await reader.many_each(KEYS_OF, app_ids)


async def keys_by_id(reader: Reader, key_ids: Sequence[UUID]) -> list[KeyView | None]:
    """Keys by id, in that order, revoked ones too."""
    return await reader.one_each(KEYS, key_ids)


async def grants_of(reader: Reader, account_id: UUID) -> list[GrantView]:
    """What a person lets apps do right now, the latest first, a bounded number."""
    return await reader.rows(GRANTS, account_id=account_id)


@lru_cache(maxsize=4)
def _page(*, has_place: bool, backwards: bool) -> Question[AppView]:
    """By name, or from the end of the alphabet when read backwards."""
    key = tuple_(AppRow.name, AppRow.id)
    statement = _APP
    if has_place:
        place = tuple_(bindparam("at_name", type_=C), bindparam("at_id", type_=Uuid()))
        statement = statement.where(key < place if backwards else key > place)
    direction = [each.desc() if backwards else each.asc() for each in (AppRow.name, AppRow.id)]
    return Question(AppView, statement.order_by(*direction).limit(bindparam("count", type_=Integer())))


async def apps_page(reader: Reader, *, count: int, place: Place | None, backwards: bool) -> Page[AppView]:
    """A page of apps, by name."""
    at = {"at_name": place.value, "at_id": place.id} if place is not None else {}
    rows = await reader.rows(_page(has_place=place is not None, backwards=backwards), **at, count=count + 1)
    return page_of(rows, count=count, backwards=backwards, from_cursor=place is not None)


async def apps_count(reader: Reader) -> int:
    """How many apps there are."""
    row = await reader.row(APPS_COUNT)
    return row.total if row is not None else 0
