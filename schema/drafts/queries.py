"""The questions about drafts."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from domain.access.rules import email_key
from domain.drafts.model import Draft
from domain.viewer import Permission, channels_of
from persistence.drafts.reads import DraftFilter, drafts_by_id, drafts_count, drafts_page
from persistence.paging import Place, decode_cursor, encode_cursor
from schema.context import Context
from schema.drafts.inputs import DraftOrderWhereInput
from schema.drafts.types import DraftOrder, DraftOrderConnection
from schema.execution.fields import query
from schema.paging import After, Before, ConnectionView, First, Last, window
from schema.permissions import may
from schema.refusal import Refusal

ORDER = "drafted"
"""What the cursors of this list are marked with."""
SEARCH_LENGTH_MAX = 100
WORDS_MAX = 8
_READ = may(Permission.READ_ORDERS, by_channel=True)


@query(DraftOrder | None, "The draft with this id; null when there is none in the channels one works in.", allow=_READ)
async def draft_order(
    context: Context, *, id: Annotated[strawberry.ID, strawberry.argument(description="The draft's id.")]
) -> Draft | None:
    draft_id = context.id_of("DraftOrder", id)
    return (await drafts_by_id(context.reader, [draft_id], viewer=context.viewer))[0] if draft_id is not None else None


@query(DraftOrderConnection, "Every draft of the channels one works in, newest first.", allow=_READ)
async def draft_orders(
    context: Context,
    *,
    where: Annotated[DraftOrderWhereInput | None, strawberry.argument(description="Which ones; all when not said.")] = None,
    search: Annotated[
        str | None,
        strawberry.argument(
            description="Words, each of which is part of the buyer's e-mail address, name, company or city, of the note, or of "
            f"a line's SKU or product name, in any letter case; at most {WORDS_MAX} words and {SEARCH_LENGTH_MAX} characters."
        ),
    ] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionView:
    asked = window(first, after, last, before)
    wanted = _wanted(context, where or DraftOrderWhereInput(), search)
    place = decode_cursor(ORDER, asked.cursor, datetime) if asked.cursor is not None else None
    page = await drafts_page(context.reader, wanted, count=asked.count, place=place, backwards=asked.backwards)
    return ConnectionView(page, _cursor, _counts, wanted)


def _wanted(context: Context, where: DraftOrderWhereInput, search: str | None) -> DraftFilter:
    words = tuple(dict.fromkeys((search or "").lower().split()))
    if len(search or "") > SEARCH_LENGTH_MAX or len(words) > WORDS_MAX:
        raise Refusal("BAD_USER_INPUT", f"Search for {WORDS_MAX} words and {SEARCH_LENGTH_MAX} characters at most.")
    customer_id = context.id_of("Customer", where.customer_id) if where.customer_id is not None else None
    if where.customer_id is not None and customer_id is None:
        raise Refusal("BAD_USER_INPUT", "`customerId` is no customer's id.")
    return DraftFilter(
        channels=channels_of(context.viewer),
        channel=where.channel,
        state=where.state.value if where.state is not None else None,
        customer_id=customer_id,
        email=email_key(where.email) if where.email is not None else None,
        created_from=where.created_from,
        created_before=where.created_before,
        words=words or None,
    )


def _cursor(draft: Draft) -> str:
    return encode_cursor(ORDER, Place(draft.standing.created_at, draft.standing.id))


async def _counts(context: Context, keys: Sequence[Hashable]) -> list[int]:
    return [await drafts_count(context.reader, wanted) for wanted in keys if isinstance(wanted, DraftFilter)]
