"""Who acts: a guest, a customer, a member of staff or a machine, and what they may do.

A viewer is decided once, at the edge, from a verified token; everything below only reads it. Permissions are the single
list that roles are made of; a customer holds none and reaches their own things by being who they are.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from domain.ids import AccountId, CustomerId, SessionId


class Permission(enum.Enum):
    """What a member of staff or a machine may do; the value is the stored and published name."""

    READ_CATALOG = "READ_CATALOG"
    MANAGE_CATALOG = "MANAGE_CATALOG"
    READ_STOCK = "READ_STOCK"
    MANAGE_STOCK = "MANAGE_STOCK"
    READ_ORDERS = "READ_ORDERS"
    MANAGE_ORDERS = "MANAGE_ORDERS"
    READ_PAYMENTS = "READ_PAYMENTS"
    MANAGE_PAYMENTS = "MANAGE_PAYMENTS"
    READ_CUSTOMERS = "READ_CUSTOMERS"
    MANAGE_CUSTOMERS = "MANAGE_CUSTOMERS"
    MANAGE_PROMOTIONS = "MANAGE_PROMOTIONS"
    READ_NOTICES = "READ_NOTICES"
    MANAGE_SETTINGS = "MANAGE_SETTINGS"
    MANAGE_STAFF = "MANAGE_STAFF"


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
    """A signed-in member of staff with the permissions of their role."""

    id: AccountId
    session: SessionId
    until: datetime
    permissions: frozenset[Permission]


@dataclass(frozen=True, slots=True)
class Machine:
    """Vitrine itself: an actor, a schedule, a command. `name` goes into histories."""

    name: str


Viewer = Guest | Customer | Staff | Machine
GUEST = Guest()


def holds(viewer: Viewer, permission: Permission) -> bool:
    """Whether the viewer may do what the permission names; Vitrine's own machines may do everything."""
    match viewer:
        case Machine():
            return True
        case Staff():
            return permission in viewer.permissions
        case Guest() | Customer():
            return False


def actor_name(viewer: Viewer) -> str:
    """How the viewer stands in histories: a kind and an id, never a name or an address."""
    match viewer:
        case Guest():
            return "guest"
        case Customer():
            return f"customer:{viewer.id}"
        case Staff():
            return f"staff:{viewer.id}"
        case Machine():
            return f"machine:{viewer.name}"
