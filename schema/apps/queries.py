"""Questions about apps, and about what somebody lets apps do."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Annotated

import strawberry

from domain.apps.scopes import ALL
from domain.viewer import Customer, Staff
from persistence.apps import reads
from persistence.apps.reads import AppView, GrantView
from persistence.paging import Place, decode_cursor, encode_cursor
from schema.apps.types import MANAGES, AppConnection, AppType, ConnectedApp, Scope, ScopeView, every_scope
from schema.context import Context
from schema.execution.fields import query
from schema.paging import After, Before, ConnectionView, First, Last, window
from schema.permissions import EVERYONE, SIGNED_IN

ORDER = "apps"
"""What the cursors of this list are marked with."""


@query(list[Scope], "Every scope that an app may ask for.", allow=EVERYONE, size=len(ALL))
async def scopes(context: Context) -> list[ScopeView]:
    del context
    return every_scope()


@query(AppType | None, "The app with this id; null when there is none.", allow=MANAGES)
async def app(
    context: Context, *, id: Annotated[strawberry.ID, strawberry.argument(description="The app's id.")]
) -> AppView | None:
    known = context.id_of("App", id)
    return (await reads.apps_by_id(context.reader, [known]))[0] if known is not None else None


@query(AppConnection, "Every app, by name.", allow=MANAGES)
async def apps(
    context: Context, *, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> ConnectionView:
    asked = window(first, after, last, before)
    place = decode_cursor(ORDER, asked.cursor, str) if asked.cursor is not None else None
    page = await reads.apps_page(context.reader, count=asked.count, place=place, backwards=asked.backwards)
    return ConnectionView(page, _cursor, _counts)


@query(
    list[ConnectedApp],
    f"The apps that you let do something for you, the latest {reads.GRANTS_MAX}. End it with `connectedAppEnd`.",
    allow=SIGNED_IN,
    size=reads.GRANTS_MAX,
)
async def connected_apps(context: Context) -> list[GrantView]:
    viewer = context.viewer
    return await reads.grants_of(context.reader, viewer.id) if isinstance(viewer, (Customer, Staff)) else []


def _cursor(view: AppView) -> str:
    return encode_cursor(ORDER, Place(view.name, view.id))


async def _counts(context: Context, keys: Sequence[Hashable]) -> list[int]:
    return [await reads.apps_count(context.reader) for _ in keys]
