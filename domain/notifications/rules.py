"""Who is told of what. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from domain.ids import AccountId, new_id
from domain.notifications.model import TOLD, NewNotification, NotificationKind, Reach
from domain.viewer import App, Customer, Guest, Machine, Staff, Viewer
from domain.webhooks.model import LoggedFact


def told_of(facts: Iterable[LoggedFact]) -> list[NewNotification]:
    """The notifications that facts lead to, in the facts' order: at most one for staff and one for the buyer each."""
    made = []
    for fact in facts:
        telling = TOLD.get(fact.kind)
        # A step that a fact of its own took is told by that one. That a draft became an order is told as any order is.
        if telling is None or (fact.fields.get("cause") and telling.kind is not NotificationKind.ORDER_PLACED):
            continue
        order_id = UUID(str(fact.fields["order_id"])) if "order_id" in fact.fields else None
        audiences = [telling.staff] if telling.staff is not None else []
        made += [
            NewNotification(
                id=new_id(),
                event_id=fact.id,
                kind=telling.kind,
                permission=permission,
                order_id=order_id,
                aggregate=fact.aggregate,
                aggregate_id=fact.aggregate_id,
                data={name: fact.fields[name] for name in telling.fields if name in fact.fields},
            )
            for permission in (*audiences, *([None] if telling.buyer else []))
        ]
    return made


def reach_of(viewer: Viewer) -> Reach:
    """What the viewer reads."""
    match viewer:
        case Customer():
            return Reach(account_id=AccountId(viewer.id), customer_id=viewer.id, channels=frozenset())
        case Staff():
            return Reach(account_id=viewer.id, permissions=_names(viewer), channels=viewer.channels)
        case App():
            return Reach(permissions=_names(viewer), channels=viewer.channels)
        case Guest() | Machine():
            return Reach(channels=frozenset())


def reaches(reach: Reach, *, customer_id: UUID | None, permission: str | None, channel_id: UUID | None) -> bool:
    """Whether a notification for these is among what somebody reads."""
    if permission is None:
        return customer_id is not None and customer_id == reach.customer_id
    return permission in reach.permissions and (reach.channels is None or channel_id in reach.channels)


def _names(viewer: Staff | App) -> frozenset[str]:
    return frozenset(each.value for each in viewer.permissions)
