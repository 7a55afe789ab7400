"""Who acts: a guest, a customer, a member of staff, an app or a machine, and what they may do, and where.

A viewer is decided once, at the edge, from a verified token; everything below only reads it. Permissions are the single
list that roles are made of; a customer holds none and reaches their own things by being who they are.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from domain.ids import AccountId, AppId, ChannelId, CustomerId, SessionId


class Permission(enum.Enum):
    """What a member of staff or a machine may do; the value is the stored and published name."""

    READ_CATALOG = "READ_CATALOG"
    MANAGE_CATALOG = "MANAGE_CATALOG"
    READ_STOCK = "READ_STOCK"
    MANAGE_STOCK = "MANAGE_STOCK"
    READ_ORDERS = "READ_ORDERS"
    MANAGE_ORDERS = "MANAGE_ORDERS"
    MANAGE_ORDER_PRICES = "MANAGE_ORDER_PRICES"
    READ_PAYMENTS = "READ_PAYMENTS"
    MANAGE_PAYMENTS = "MANAGE_PAYMENTS"
    READ_CUSTOMERS = "READ_CUSTOMERS"
    MANAGE_CUSTOMERS = "MANAGE_CUSTOMERS"
    MANAGE_PROMOTIONS = "MANAGE_PROMOTIONS"
    READ_NOTICES = "READ_NOTICES"
    MANAGE_SETTINGS = "MANAGE_SETTINGS"
    MANAGE_STAFF = "MANAGE_STAFF"
    MANAGE_APPS = "MANAGE_APPS"
    READ_AUDIT = "READ_AUDIT"
    READ_EVENTS = "READ_EVENTS"
    MANAGE_WEBHOOKS = "MANAGE_WEBHOOKS"


@dataclass(frozen=True, slots=True)
class Guest:
    """Nobody we know: reaches what is public and what they hold a secret for."""


@dataclass(frozen=True, slots=True)
class Customer:
    """A signed-in buyer."""

    id: CustomerId
    session: SessionId
    until: datetime
    """When the token ends, UTC; an open socket ends with it."""


@dataclass(frozen=True, slots=True)
class Staff:
    """A signed-in member of staff with the permissions of their role; `channels` None: they work in all of them.

    `must_enroll`: their role requires a second factor that they do not have; until then they may do nothing but get one.
    """

    id: AccountId
    session: SessionId
    until: datetime
    permissions: frozenset[Permission]
    channels: frozenset[ChannelId] | None = None
    must_enroll: bool = False


@dataclass(frozen=True, slots=True)
class App:
    """A program that came with a token of its own, or with one that a person let it have (`on_behalf_of`).

    `permissions` are what its scopes ask for and whoever gave them holds; a person's other rights never pass to an app.
    """

    id: AppId
    scopes: frozenset[str]
    permissions: frozenset[Permission]
    channels: frozenset[ChannelId] | None = None
    on_behalf_of: AccountId | None = None
    until: datetime | None = None
    """When its token ends, UTC; None for a key without an end."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Vitrine itself: an actor, a schedule, a command. `name` goes into histories."""

    name: str


Viewer = Guest | Customer | Staff | App | Machine
GUEST = Guest()
STOREFRONT = "storefront:write"
"""The scope of what everybody may do: carts, checkout, paying."""


def scope_of(permission: Permission) -> str:
    """The scope that lets an app have a permission: READ_ORDERS is `orders:read`, MANAGE_ORDERS is `orders:write`."""
    verb, _, things = permission.value.partition("_")
    return f"{things.lower()}:{'read' if verb == 'READ' else 'write'}"


def holds(viewer: Viewer, permission: Permission) -> bool:
    """Whether the viewer may do what the permission names; Vitrine's own machines may do everything."""
    match viewer:
        case Machine():
            return True
        case Staff() | App():
            return permission in viewer.permissions
        case Guest() | Customer():
            return False


def channels_of(viewer: Viewer) -> frozenset[ChannelId] | None:
    """The channels in which what the viewer may do by permission counts; None for all of them."""
    match viewer:
        case Machine():
            return None
        case Staff() | App():
            return viewer.channels
        case Guest() | Customer():
            return frozenset()


def holds_in(viewer: Viewer, permission: Permission, channel: ChannelId) -> bool:
    """Whether the viewer may do what the permission names to what belongs to a channel."""
    channels = channels_of(viewer)
    return holds(viewer, permission) and (channels is None or channel in channels)


def holds_everywhere(viewer: Viewer, permission: Permission) -> bool:
    """Whether the viewer may do what the permission names to what belongs to the shop as a whole."""
    return holds(viewer, permission) and channels_of(viewer) is None


def actor_name(viewer: Viewer) -> str:
    """How the viewer stands in histories: a kind and an id, never a name or an address."""
    match viewer:
        case Guest():
            return "guest"
        case Customer():
            return f"customer:{viewer.id}"
        case Staff():
            return f"staff:{viewer.id}"
        case App(on_behalf_of=None):
            return f"app:{viewer.id}"
        case App():
            return f"app:{viewer.id}:staff:{viewer.on_behalf_of}"
        case Machine():
            return f"machine:{viewer.name}"
