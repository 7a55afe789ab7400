"""The question for one message, and how pages of messages are answered."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Annotated

import strawberry

from domain.viewer import Permission
from persistence.notices.reads import NoticeView, Wanted, count_notices, notice_cursor, notices_by_id, notices_page
from persistence.paging import Page
from schema.context import Context
from schema.execution.fields import query
from schema.notices.types import Notice
from schema.paging import ConnectionView, Window
from schema.permissions import may

_READ = may(Permission.READ_NOTICES)


async def _counts(context: Context, keys: Sequence[Hashable]) -> list[int]:
    return [await count_notices(context.reader, wanted) for wanted in keys if isinstance(wanted, Wanted)]


@query(Notice | None, "The message with this id; null when there is none.", allow=_READ)
async def notice(
    context: Context, *, id: Annotated[strawberry.ID, strawberry.argument(description="The message's id.")]
) -> NoticeView | None:
    notice_id = context.id_of("Notice", id)
    return (await notices_by_id(context.reader, [notice_id]))[0] if notice_id is not None else None


async def notices_connection(context: Context, wanted: Wanted | None, asked: Window) -> ConnectionView:
    """A page of messages; None of them is wanted when an id is nobody's."""
    if wanted is None:
        page: Page[NoticeView] = Page((), has_previous=False, has_next=False)
        return ConnectionView(page, notice_cursor, _nothing, None)
    page = await notices_page(context.reader, wanted, count=asked.count, cursor=asked.cursor, backwards=asked.backwards)
    return ConnectionView(page, notice_cursor, _counts, wanted)


async def _nothing(context: Context, keys: Sequence[Hashable]) -> list[int]:
    del context
    return [0 for _ in keys]
