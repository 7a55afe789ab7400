"""What can be said to change staff and roles."""

from __future__ import annotations

import strawberry

from domain.access.model import EMAIL_LENGTH_MAX, STAFF_NAME_LENGTH_MAX
from domain.staff.model import ROLE_NAME_LENGTH_MAX
from schema.access.types import PermissionCode

_NAME = f"What they are called, 1 to {STAFF_NAME_LENGTH_MAX} characters."
_ROLE_NAME = f"Its name, 1 to {ROLE_NAME_LENGTH_MAX} characters; no other role may have it."
_EVERYWHERE = "True: in every channel, those to come among them. Instead of `channels`."
CHANNELS_MAX = 100


@strawberry.input(name="RoleCreateInput", description="A new role.")
class RoleCreateInput:
    name: str = strawberry.field(description=_ROLE_NAME)
    permissions: list[PermissionCode] = strawberry.field(description="What its members may do; you must hold each yourself.")
    requires_second_factor: bool = strawberry.field(
        default=False, description="Whether its members need a second factor to log in."
    )


@strawberry.input(name="RoleUpdateInput", description="What changes of a role; what is not said stays as it is.")
class RoleUpdateInput:
    id: strawberry.ID = strawberry.field(description="The role.")
    name: str | None = strawberry.field(default=None, description=_ROLE_NAME)
    permissions: list[PermissionCode] | None = strawberry.field(
        default=None, description="All that its members may do from now on; you must hold each yourself."
    )
    requires_second_factor: bool | None = strawberry.field(
        default=None, description="Whether its members need a second factor to log in."
    )


@strawberry.input(name="RoleDeleteInput", description="A role to remove.")
class RoleDeleteInput:
    id: strawberry.ID = strawberry.field(description="The role. Nobody may have it any more.")


@strawberry.input(name="StaffCreateInput", description="A new member of staff.")
class StaffCreateInput:
    email: str = strawberry.field(
        description=f"The address to log in with, {EMAIL_LENGTH_MAX} characters at most; no account may have it."
    )
    name: str = strawberry.field(description=_NAME)
    role_id: strawberry.ID = strawberry.field(description="Their role; you must hold all of it yourself.")
    every_channel: bool = strawberry.field(default=False, description=_EVERYWHERE)
    channels: list[str] | None = strawberry.field(
        default=None,
        description=f"The slugs of the channels they work in, {CHANNELS_MAX} at most; you must work there yourself.",
    )


@strawberry.input(name="StaffUpdateInput", description="What changes of a member of staff; what is not said stays as it is.")
class StaffUpdateInput:
    id: strawberry.ID = strawberry.field(description="Whose; you must hold all that they hold.")
    name: str | None = strawberry.field(default=None, description=_NAME)
    role_id: strawberry.ID | None = strawberry.field(
        default=None, description="Another role; you must hold all of it yourself."
    )
    every_channel: bool = strawberry.field(default=False, description=_EVERYWHERE)
    channels: list[str] | None = strawberry.field(
        default=None, description=f"The slugs of all channels they work in from now on, {CHANNELS_MAX} at most."
    )


@strawberry.input(name="StaffDeactivateInput", description="A member of staff who leaves.")
class StaffDeactivateInput:
    id: strawberry.ID = strawberry.field(description="Who; you must hold all that they hold.")


@strawberry.input(name="StaffActivateInput", description="A member of staff who comes back.")
class StaffActivateInput:
    id: strawberry.ID = strawberry.field(description="Who; you must hold all that they hold.")
