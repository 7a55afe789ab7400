"""Letters as staff see them: what was said to whom, and how the sending went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

import schema.notices.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.notices.model import NoticeKind, NoticeState
from domain.viewer import Permission, holds
from persistence.notices.reads import NoticeView, notices_by_id
from persistence.orders.reads import OrderView, orders_by_id
from schema.context import Context
from schema.execution.fields import batch, plain, shows
from schema.node import Node, identity, loads_nodes
from schema.orders.types import Order
from schema.paging import connection
from schema.permissions import may
from schema.scalars import LanguageCode

READ = may(Permission.READ_NOTICES)


async def _orders(letters: Sequence[NoticeView], context: Context) -> list[OrderView | None]:
    order_ids = list(dict.fromkeys(each.order_id for each in letters if each.order_id is not None))
    found = dict(zip(order_ids, await orders_by_id(context.reader, order_ids, viewer=context.viewer), strict=True))
    return [found.get(each.order_id) if each.order_id is not None else None for each in letters]


@strawberry.type(name="Notice", description="A letter to a buyer or to staff.")
@shows(NoticeView, allow=READ)
class Notice(Node):
    """Shown from `persistence.notices.reads.NoticeView`."""

    id: strawberry.ID = identity("Notice")
    kind: NoticeKind = plain("What it is about.")
    state: NoticeState = plain("How its sending goes.")
    recipient: str = plain("The e-mail address it goes to.")
    language: LanguageCode = plain("The language it is written in.")
    subject: str = plain("Its subject.")
    body_text: str = plain("What it says, as plain text.")
    body_html: str = plain("What it says, as HTML that loads nothing.")
    message_id: str = plain("Its Message-ID (RFC 5322), the same at every try.")
    attempts: int = plain("How often it was tried.")
    failure: str | None = plain("Why the last try failed; null when none has, or a later one succeeded.")
    created_at: datetime = plain("When it was written.")
    sent_at: datetime | None = plain("When the mail server took it.")
    order: Order | None = batch(_orders, "The order it is about; null for others, and without READ_ORDERS.")


@loads_nodes("Notice")
async def _notices(context: Context, ids: Sequence[UUID]) -> Sequence[NoticeView | None]:
    if not holds(context.viewer, Permission.READ_NOTICES):
        return [None] * len(ids)
    return await notices_by_id(context.reader, ids)


NoticeConnection = connection(Notice, "Notice")
