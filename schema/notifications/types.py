"""Notifications as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import strawberry

import schema.notifications.enums  # noqa: F401 - describes the model's closed set, which the annotations below name
from domain.notifications.model import KEPT_DAYS, NotificationKind
from domain.notifications.rules import reach_of
from domain.webhooks.model import TYPE_NAMES
from persistence.notifications.reads import NotificationView, notifications_by_id, read_of
from persistence.orders.reads import OrderView, orders_by_id
from schema.context import Context
from schema.errors import camel
from schema.execution.fields import batch, computed, plain, shows
from schema.ids import global_id
from schema.node import Node, identity, loads_nodes
from schema.orders.types import Order
from schema.paging import connection
from schema.permissions import SIGNED_IN
from schema.scalars import Json

_SUBJECTS: Mapping[str, str] = {**TYPE_NAMES, "variant": "Variant"}
"""How the API calls the things that notifications are about, where `node` knows them."""


def _subject(one: NotificationView) -> str | None:
    kind = _SUBJECTS.get(one.aggregate)
    return global_id(kind, one.aggregate_id) if kind is not None else None


async def _orders(shown: Sequence[NotificationView], context: Context) -> list[OrderView | None]:
    order_ids = list(dict.fromkeys(each.order_id for each in shown if each.order_id is not None))
    found = dict(zip(order_ids, await orders_by_id(context.reader, order_ids, viewer=context.viewer), strict=True))
    return [found.get(each.order_id) if each.order_id is not None else None for each in shown]


async def _read(shown: Sequence[NotificationView], context: Context) -> list[bool]:
    account_id = reach_of(context.viewer).account_id
    if account_id is None:
        return [False] * len(shown)
    return await read_of(context.reader, account_id, [each.id for each in shown])


@strawberry.type(
    name="Notification",
    description="Something happened that the caller wants to see: to staff what their permissions and channels cover, to "
    f"customers the steps of their own orders. Kept for {KEPT_DAYS} days.",
)
@shows(NotificationView, allow=SIGNED_IN)
class Notification(Node):
    """Shown from `persistence.notifications.reads.NotificationView`."""

    id: strawberry.ID = identity("Notification")
    position: str = computed(
        lambda one: str(one.seq), "Its place among all, a whole number as text: positions grow, and none is filled in later."
    )
    kind: NotificationKind = computed(lambda one: NotificationKind(one.kind), "What it is about.")
    subject_id: strawberry.ID | None = computed(
        _subject, "The thing it happened to, for `node`; null for a comparison of books."
    )
    order: Order | None = batch(_orders, "The order it is about; null for others, and for staff without READ_ORDERS.")
    data: Json = computed(
        lambda one: {camel(name): value for name, value in one.data.items()}, "What the kind says is in it; else empty."
    )
    is_read: bool = batch(_read, "Whether the caller has marked it as read; false for apps.")
    created_at: datetime = plain("When it was written, right after it happened.")


@loads_nodes("Notification")
async def _notifications(context: Context, ids: Sequence[UUID]) -> list[NotificationView | None]:
    return await notifications_by_id(context.reader, ids, reach=reach_of(context.viewer))


NotificationConnection = connection(Notification, "Notification", allow=SIGNED_IN)
