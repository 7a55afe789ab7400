"""What can be seen of access: the permissions there are, and the sessions on which somebody is logged in."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import strawberry

from domain.access.model import SESSIONS_SHOWN_MAX
from domain.viewer import Customer, Permission, Staff, Viewer, holds
from persistence.access import reads
from persistence.access.reads import SessionView
from persistence.customers.reads import CustomerView
from persistence.staff.reads import MemberView
from schema.context import Context
from schema.execution.fields import batch, plain, shows
from schema.node import Node, identity, loads_nodes
from schema.permissions import SIGNED_IN


def _value(code: Permission, description: str) -> Any:
    return strawberry.enum_value(code.value, description=description)


@strawberry.enum(name="Permission", description="What a member of staff may do; roles are made of these.")
class PermissionCode(enum.Enum):
    """`domain.viewer.Permission` with a description each."""

    READ_CATALOG = _value(Permission.READ_CATALOG, "See the catalogue before it is published.")
    MANAGE_CATALOG = _value(Permission.MANAGE_CATALOG, "Change products, variants, prices, categories and collections.")
    READ_STOCK = _value(Permission.READ_STOCK, "See stock by warehouse, and its movements.")
    MANAGE_STOCK = _value(Permission.MANAGE_STOCK, "Change stock.")
    READ_ORDERS = _value(Permission.READ_ORDERS, "See everybody's orders.")
    MANAGE_ORDERS = _value(Permission.MANAGE_ORDERS, "Move orders on, and cancel them.")
    MANAGE_ORDER_PRICES = _value(
        Permission.MANAGE_ORDER_PRICES, "Give orders that staff makes prices and discounts of their own."
    )
    READ_PAYMENTS = _value(Permission.READ_PAYMENTS, "See payments and what reconciling them found.")
    MANAGE_PAYMENTS = _value(Permission.MANAGE_PAYMENTS, "Capture, cancel and refund payments.")
    READ_CUSTOMERS = _value(Permission.READ_CUSTOMERS, "See customers and their addresses.")
    MANAGE_CUSTOMERS = _value(Permission.MANAGE_CUSTOMERS, "Change customers and close their accounts.")
    MANAGE_PROMOTIONS = _value(Permission.MANAGE_PROMOTIONS, "Make and change coupons.")
    READ_NOTICES = _value(Permission.READ_NOTICES, "See the mail that was sent.")
    MANAGE_SETTINGS = _value(Permission.MANAGE_SETTINGS, "Change channels, shipping and taxes.")
    MANAGE_STAFF = _value(Permission.MANAGE_STAFF, "See and change staff and roles.")
    READ_AUDIT = _value(Permission.READ_AUDIT, "See what staff, apps and payments did, and what touched accounts' safety.")
    MANAGE_APPS = _value(Permission.MANAGE_APPS, "See and change apps, their secrets and their keys.")
    READ_EVENTS = _value(Permission.READ_EVENTS, "See the log of what happened in the shop.")
    MANAGE_WEBHOOKS = _value(Permission.MANAGE_WEBHOOKS, "See and change where events are sent to.")


def codes(permissions: frozenset[Permission]) -> list[PermissionCode]:
    """Permissions in alphabetical order, as the API spells them."""
    return [PermissionCode(name) for name in sorted(each.value for each in permissions)]


def codes_of(viewer: Viewer) -> list[PermissionCode]:
    """What a viewer holds."""
    return codes(frozenset(each for each in Permission if holds(viewer, each)))


def _are_current(sessions: Sequence[SessionView], context: Context) -> list[bool]:
    viewer = context.viewer
    return [isinstance(viewer, (Customer, Staff)) and each.id == viewer.session for each in sessions]


@strawberry.type(name="Session", description="A log-in on one device. It goes on as long as its refresh token is used in time.")
@shows(SessionView, allow=SIGNED_IN)
class Session(Node):
    """Shown from `SessionView`, to its owner alone."""

    id: strawberry.ID = identity("Session")
    device: str = plain("What the client called itself (User-Agent), 500 characters at most; may be empty.")
    created_at: datetime = plain("When it was opened, UTC.")
    last_used_at: datetime = plain("When it was last opened or refreshed, UTC.")
    is_current: bool = batch(_are_current, "Whether this request belongs to it.")


async def _own(parents: Sequence[MemberView | CustomerView], context: Context) -> list[list[SessionView]]:
    """For each parent that is the viewer their living sessions, for anybody else none."""
    viewer = context.viewer
    if not isinstance(viewer, (Customer, Staff)):
        return [[] for _ in parents]
    since = context.now - timedelta(seconds=context.ports.access.refresh_seconds)
    mine = await reads.sessions(context.reader, viewer.id, since=since, count=SESSIONS_SHOWN_MAX)
    return [mine if each.id == viewer.id else [] for each in parents]


def sessions_field() -> Any:
    """The field `sessions` of whoever can log in."""
    return batch(_own, f"Where you are logged in, the latest first, {SESSIONS_SHOWN_MAX} at most; of others nothing is shown.")


@loads_nodes("Session")
async def _sessions(context: Context, ids: Sequence[UUID]) -> list[SessionView | None]:
    """Own living sessions only."""
    viewer = context.viewer
    if not isinstance(viewer, (Customer, Staff)):
        return [None for _ in ids]
    since = context.now - timedelta(seconds=context.ports.access.refresh_seconds)
    mine = await reads.sessions(context.reader, viewer.id, since=since, count=SESSIONS_SHOWN_MAX)
    found = {each.id: each for each in mine}
    return [found.get(each) for each in ids]
