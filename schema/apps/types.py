"""What can be seen of apps: their words, their keys, the scopes there are, and what somebody lets apps do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import strawberry

from domain.apps import scopes
from domain.apps.model import KEYS_PER_APP_MAX, TokenKind
from domain.viewer import Permission, holds_everywhere
from persistence.apps import reads
from persistence.apps.reads import AppView, GrantView, KeyView
from schema.access.types import PermissionCode
from schema.context import Context
from schema.enums import described
from schema.execution.fields import batch, plain, shows
from schema.node import Node, identity, loads_nodes
from schema.paging import connection
from schema.permissions import EVERYONE, SIGNED_IN, may

MANAGES = may(Permission.MANAGE_APPS)
described(
    TokenKind,
    "AppTokenKind",
    "What a token of an app is for.",
    ACCESS="Short-lived, from the token endpoint.",
    REFRESH="For one more access token.",
    KEY="An API key.",
    DEVELOPMENT="Made by the command line; no shop in production takes it.",
)


@dataclass(frozen=True, slots=True)
class ScopeView:
    """Something an app may ask for."""

    name: str
    description: str
    permission: PermissionCode | None


def every_scope() -> list[ScopeView]:
    """Every scope, in the order of `domain.apps.scopes`."""
    found = []
    for name in scopes.ALL:
        permission = scopes.BY_SCOPE.get(name)
        code = PermissionCode(permission.value) if permission is not None else None
        found.append(ScopeView(name, scopes.said(name), code))
    return found


@strawberry.type(name="Scope", description="Something an app may ask for (RFC 6749 section 3.3).")
@shows(ScopeView, allow=EVERYONE)
class Scope:
    """Shown from `ScopeView`."""

    name: str = plain("What a client writes into `scope`.")
    description: str = plain("What it is good for.")
    permission: PermissionCode | None = plain("The permission it stands for; null for what needs none.")


@strawberry.type(name="ApiKey", description="A key that an app shows as `Authorization: Bearer ...`. Its text was shown once.")
@shows(KeyView, allow=MANAGES)
class ApiKey(Node):
    """Shown from `persistence.apps.reads.KeyView`."""

    id: strawberry.ID = identity("ApiKey")
    name: str = plain("What it is called.")
    kind: TokenKind = plain("Whether it is a key or a token for development.")
    hint: str = plain("How its text begins, to tell it by.")
    scopes: list[str] = plain("What it may be used for.")
    created_by: str = plain("Who made it: a kind and an id.")
    created_at: datetime = plain("When it was made, UTC.")
    expires_at: datetime | None = plain("When it ends by itself, UTC; null for never.")
    last_used_at: datetime | None = plain("When it was last used, UTC, within ten minutes; null for never.")
    revoked_at: datetime | None = plain("When it was revoked, UTC.")


async def _keys(apps: Sequence[AppView], context: Context) -> list[list[KeyView]]:
    return [each[: 2 * KEYS_PER_APP_MAX] for each in await reads.keys_of_apps(context.reader, [app.id for app in apps])]


def _client_ids(apps: Sequence[AppView], context: Context) -> list[str]:
    del context
    return [str(each.id) for each in apps]


@strawberry.type(name="App", description="A program that works with the shop: an OAuth 2.0 client, or the bearer of API keys.")
@shows(AppView, allow=MANAGES)
class AppType(Node):
    """Shown from `persistence.apps.reads.AppView`."""

    id: strawberry.ID = identity("App")
    name: str = plain("What it is called, on the page that asks people for their consent too.")
    client_id: str = batch(_client_ids, "Its `client_id` at the OAuth endpoints.")
    has_secret: bool = plain("Whether it has a secret; a public client has none, and proves itself by PKCE alone.")
    redirect_uris: list[str] = plain("Where people are sent back to; without any, nobody can be asked for consent.")
    scopes: list[str] = plain("The most it may be given.")
    channels: list[str] | None = plain("The slugs of the channels it works in; null for every one.")
    is_active: bool = plain("Whether its tokens and keys are good for anything.")
    created_by: str = plain("Who made it: a kind and an id.")
    created_at: datetime = plain("When it was made, UTC.")
    api_keys: list[ApiKey] = batch(_keys, "Its keys that were not revoked, the latest first.", size=2 * KEYS_PER_APP_MAX)


AppConnection = connection(AppType, "App", allow=MANAGES)


@strawberry.type(name="ConnectedApp", description="An app that you let do something for you.")
@shows(GrantView, allow=SIGNED_IN)
class ConnectedApp:
    """Shown from `persistence.apps.reads.GrantView`, to the person alone."""

    id: strawberry.ID = identity("ConnectedApp")
    app_name: str = plain("What it is called.")
    scopes: list[str] = plain("What you let it do.")
    created_at: datetime = plain("When you did, UTC.")


@loads_nodes("App")
async def _apps(context: Context, ids: Sequence[UUID]) -> Sequence[AppView | None]:
    if not holds_everywhere(context.viewer, Permission.MANAGE_APPS):
        return [None for _ in ids]
    return await reads.apps_by_id(context.reader, ids)


@loads_nodes("ApiKey")
async def _api_keys(context: Context, ids: Sequence[UUID]) -> Sequence[KeyView | None]:
    if not holds_everywhere(context.viewer, Permission.MANAGE_APPS):
        return [None for _ in ids]
    return await reads.keys_by_id(context.reader, ids)
