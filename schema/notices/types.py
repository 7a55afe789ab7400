"""Letters as staff see them: what was said to whom, and how the sending went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

import schema.notices.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.notices.model import Medium, NoticeKind, NoticeState, Receipt
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
_OPEN = frozenset({NoticeState.QUEUED.value, NoticeState.SENDING.value})


async def _orders(letters: Sequence[NoticeView], context: Context) -> list[OrderView | None]:
    order_ids = list(dict.fromkeys(each.order_id for each in letters if each.order_id is not None))
    found = dict(zip(order_ids, await orders_by_id(context.reader, order_ids, viewer=context.viewer), strict=True))
    return [found.get(each.order_id) if each.order_id is not None else None for each in letters]


def _next_tries(messages: Sequence[NoticeView], context: Context) -> list[datetime | None]:
    del context
    return [each.next_attempt_at if each.state in _OPEN else None for each in messages]


def _parked(messages: Sequence[NoticeView], context: Context) -> list[bool]:
    del context
    return [each.state == NoticeState.DEAD.value for each in messages]


@strawberry.type(name="Notice", description="A message to a buyer or to staff: a letter or a text message.")
@shows(NoticeView, allow=READ)
class Notice(Node):
    """Shown from `persistence.notices.reads.NoticeView`."""

    id: strawberry.ID = identity("Notice")
    kind: NoticeKind = plain("What it is about.")
    medium: Medium = plain("How it is carried.")
    state: NoticeState = plain("How its sending goes.")
    recipient: str = plain("The e-mail address or telephone number it goes to.")
    language: LanguageCode = plain("The language it is written in.")
    subject: str = plain("Its subject; empty for a text message.")
    body_text: str = plain("What it says, as plain text. One-time secrets are not in it.")
    body_html: str = plain(
        "What it says, as HTML that loads nothing; empty for a text message. One-time secrets are not in it."
    )
    message_id: str = plain("Its Message-ID (RFC 5322), the same at every try, also when it is sent again.")
    attempts: int = plain("How often it was tried.")
    failure: str | None = plain("Why the last try failed or it did not arrive; null when none has, or a later one succeeded.")
    next_attempt_at: datetime | None = batch(_next_tries, "When it is tried next at the earliest; null when it will not be.")
    is_parked: bool = batch(_parked, "Whether it was given up: nothing happens until staff has it sent again.")
    is_unsure: bool = plain(
        "Whether nobody knows if it was sent: a text message whose carrier took the request and did not answer. Letters are "
        "sent again then under the same Message-ID; a text message only after asking its carrier."
    )
    reference: str | None = plain("The carrier's own name for a text message.")
    receipt: Receipt | None = plain("What the carrier of a text message has told since; null as long as it has not.")
    receipt_at: datetime | None = plain("When it told that.")
    created_at: datetime = plain("When it was written.")
    sent_at: datetime | None = plain("When the carrier took it.")
    order: Order | None = batch(_orders, "The order it is about; null for others, and without READ_ORDERS.")


@loads_nodes("Notice")
async def _notices(context: Context, ids: Sequence[UUID]) -> Sequence[NoticeView | None]:
    if not holds(context.viewer, Permission.READ_NOTICES):
        return [None] * len(ids)
    return await notices_by_id(context.reader, ids)


NoticeConnection = connection(Notice, "Notice")
