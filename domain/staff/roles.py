"""Changes of roles: one transaction each, under the one lock of who may do what.

A role is the whole shop's, so that who is limited to channels changes none; see the rule of the mutations.
"""

from __future__ import annotations

from domain.error import Invalid, NotFound, UserError
from domain.ids import RoleId, new_id
from domain.staff import rules
from domain.staff.actions import reach_of
from domain.staff.errors import NameTaken, RoleFixed, RoleInUse
from domain.staff.model import ROLES_MAX, Reach, Role, RoleChange, RoleWords, changed
from domain.unit import Unit
from domain.viewer import Viewer

ID = ("input", "id")
NAME = ("input", "name")
PERMISSIONS = ("input", "permissions")


async def create_role(unit: Unit, *, words: RoleWords, by: Viewer) -> RoleId | UserError:
    """Makes a role of permissions that its maker holds."""
    if (problem := rules.role_name_problem(words.name)) is not None:
        return problem
    await unit.staff.lock()
    if await unit.staff.roles() >= ROLES_MAX:
        return Invalid(path=("input",), reason=f"There are {ROLES_MAX} roles at most.")
    if (beyond := rules.beyond(await reach_of(unit, by), Reach(words.permissions, None), at=PERMISSIONS)) is not None:
        return beyond
    role_id = RoleId(new_id())
    is_new = await unit.staff.add_role(role_id, changed(words, RoleChange(name=words.name)))
    return role_id if is_new else NameTaken(path=NAME)


async def update_role(unit: Unit, *, role_id: RoleId, change: RoleChange, by: Viewer) -> RoleId | UserError:
    """Changes a role, for all its members, soon. What it held and what it will hold must all be the changer's too."""
    if change.name is not None and (problem := rules.role_name_problem(change.name)) is not None:
        return problem
    role = await _in_reach(unit, role_id, by)
    if isinstance(role, UserError):
        return role
    words = changed(role.words, change)
    if (beyond := rules.beyond(await reach_of(unit, by), Reach(words.permissions, None), at=PERMISSIONS)) is not None:
        return beyond
    return role_id if await unit.staff.set_role(role_id, words) else NameTaken(path=NAME)


async def delete_role(unit: Unit, *, role_id: RoleId, by: Viewer) -> RoleId | UserError:
    """Removes a role that nobody has any more."""
    role = await _in_reach(unit, role_id, by)
    if isinstance(role, UserError):
        return role
    if members := await unit.staff.members_of(role_id):
        return RoleInUse(path=ID, members=members)
    await unit.staff.remove_role(role_id)
    return role_id


async def _in_reach(unit: Unit, role_id: RoleId, by: Viewer) -> Role | UserError:
    await unit.staff.lock()
    role = await unit.staff.role(role_id)
    if role is None:
        return NotFound(path=ID, what="role")
    if role.is_administrator:
        return RoleFixed(path=ID)
    return rules.beyond(await reach_of(unit, by), Reach(role.permissions, None), at=ID) or role
