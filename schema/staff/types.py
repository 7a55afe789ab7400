"""What can be seen of staff: members, roles, and what the caller holds right now."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import strawberry

from domain.ids import ChannelId
from domain.staff.model import permissions_of
from domain.viewer import App, Customer, Permission, Staff, Viewer, channels_of, holds
from persistence.staff import reads
from persistence.staff.reads import MemberView, RoleView
from schema.access.types import PermissionCode, Session, codes, codes_of, sessions_field
from schema.audit.types import SecurityEvent, security_events_field
from schema.context import Context
from schema.enums import described
from schema.execution.fields import batch, plain, shows
from schema.factors.types import SecondFactors, second_factors_field
from schema.identities.types import Identity, identities_field
from schema.node import Node, identity, loads_nodes
from schema.paging import connection
from schema.permissions import STAFF, may

MANAGES = may(Permission.MANAGE_STAFF, by_channel=True)


def _held(roles: Sequence[RoleView], context: Context) -> list[list[PermissionCode]]:
    del context
    return [codes(permissions_of(each.permissions, is_administrator=each.is_administrator)) for each in roles]


@strawberry.type(name="Role", description="A named set of permissions. Every member of staff has one.")
@shows(RoleView, allow=STAFF)
class Role(Node):
    """Shown from `persistence.staff.reads.RoleView`."""

    id: strawberry.ID = identity("Role")
    name: str = plain("Its name, which no other role has.")
    permissions: list[PermissionCode] = batch(_held, "What its members may do, in alphabetical order.")
    is_administrator: bool = plain("Whether it is the administrator's, which holds every permission and never changes.")
    requires_second_factor: bool = plain("Whether its members need a second factor to log in.")


async def _roles(members: Sequence[MemberView], context: Context) -> list[RoleView | None]:
    return await reads.roles_by_id(context.reader, [each.role_id for each in members])


async def _permissions(members: Sequence[MemberView], context: Context) -> list[list[PermissionCode]]:
    roles = await reads.roles_by_id(context.reader, [each.role_id for each in members])
    return _held([each for each in roles if each is not None], context)


@strawberry.type(name="Staff", description="A member of staff.")
@shows(MemberView, allow=STAFF)
class StaffMember(Node):
    """Shown from `persistence.staff.reads.MemberView`, to themselves and to who manages staff."""

    id: strawberry.ID = identity("Staff")
    name: str = plain("What they are called.")
    email: str = plain("The address they log in with.")
    role: Role = batch(_roles, "Their role.")
    permissions: list[PermissionCode] = batch(_permissions, "What their role lets them do, in alphabetical order.")
    channels: list[str] | None = plain("The slugs of the channels they work in; null when they work in every one.")
    is_active: bool = plain("Whether they may log in.")
    created_at: datetime = plain("Since when they have the account, UTC.")
    sessions: list[Session] = sessions_field()
    security_events: list[SecurityEvent] = security_events_field()
    second_factors: SecondFactors | None = second_factors_field()
    identities: list[Identity] = identities_field()


StaffConnection = connection(StaffMember, "Staff", allow=MANAGES)


class ViewerKind(enum.Enum):
    """Who somebody is, as the API tells it."""

    GUEST = "GUEST"
    CUSTOMER = "CUSTOMER"
    STAFF = "STAFF"
    APP = "APP"


described(
    ViewerKind,
    "ViewerKind",
    "Who somebody is to the shop.",
    GUEST="Nobody we know.",
    CUSTOMER="A customer who is logged in.",
    STAFF="A member of staff who is logged in.",
    APP="A program with a token.",
)


@dataclass(frozen=True, slots=True)
class Held:
    """What the caller holds."""

    kind: ViewerKind
    permissions: list[PermissionCode]
    scopes: list[str]
    channels: list[str] | None


@strawberry.type(name="Viewer", description="Who asks, and what they may do.")
@shows(Held)
class ViewerType:
    """Shown from `Held`."""

    kind: ViewerKind = plain("Who they are.")
    permissions: list[PermissionCode] = plain("What they may do, in alphabetical order; of an app, what its token lets it do.")
    scopes: list[str] = plain("The scopes of an app's token, in alphabetical order; nothing for people.")
    channels: list[str] | None = plain("The slugs of the channels in which the permissions count; null for every one.")


_KINDS: dict[type, ViewerKind] = {Customer: ViewerKind.CUSTOMER, Staff: ViewerKind.STAFF, App: ViewerKind.APP}


async def held(context: Context, viewer: Viewer) -> Held:
    """What a viewer holds. The channels of who holds nothing are every one: nothing is limited there."""
    permissions = codes_of(viewer)
    only = channels_of(viewer) if isinstance(viewer, (Staff, App)) else None
    slugs = None
    if only is not None:
        known = await context.ports.places.channels(context.reader)
        slugs = sorted(each.slug for each in known if ChannelId(each.id) in only)
    scopes = sorted(viewer.scopes) if isinstance(viewer, App) else []
    return Held(_KINDS.get(type(viewer), ViewerKind.GUEST), permissions, scopes, slugs)


@loads_nodes("Staff")
async def _members(context: Context, ids: Sequence[UUID]) -> Sequence[MemberView | None]:
    """A member of staff sees themselves, and who manages staff those they reach."""
    viewer = context.viewer
    if holds(viewer, Permission.MANAGE_STAFF):
        found = await reads.members_by_id(context.reader, ids, within=channels_of(viewer))
    else:
        found = [None for _ in ids]
    if isinstance(viewer, Staff) and viewer.id in ids:
        own = await reads.members_by_id(context.reader, [viewer.id], within=None)
        found = [own[0] if each == viewer.id else known for each, known in zip(ids, found, strict=True)]
    return found


@loads_nodes("Role")
async def _role_nodes(context: Context, ids: Sequence[UUID]) -> Sequence[RoleView | None]:
    if not holds(context.viewer, Permission.MANAGE_STAFF):
        return [None for _ in ids]
    return await reads.roles_by_id(context.reader, ids)
