"""Changes of members of staff: one transaction each, under the one lock of who may do what.

Whoever acts is looked up again under the lock: what they held when they logged in may be gone.
"""

from __future__ import annotations

from datetime import datetime

from domain.access.errors import EmailTaken
from domain.access.events import PasswordResetRequested
from domain.access.model import Ended
from domain.access.rules import email_key
from domain.audit.actions import note
from domain.audit.model import SecurityKind
from domain.error import NotFound, UserError
from domain.ids import AccountId, RoleId, new_id
from domain.staff import rules
from domain.staff.errors import LastAdministrator, RoleFixed
from domain.staff.model import Channels, Member, MemberChange, Reach, Role
from domain.unit import Unit
from domain.viewer import Permission, Staff, Viewer, channels_of, holds

ID = ("input", "id")
ROLE = ("input", "role_id")
CHANNELS = ("input", "channels")


async def reach_of(unit: Unit, viewer: Viewer) -> Reach:
    """What the viewer holds at this moment. Call it under the lock of staff."""
    if isinstance(viewer, Staff):
        member = await unit.staff.member(viewer.id)
        return member.reach if member is not None and member.is_active else Reach(frozenset(), frozenset())
    return Reach(frozenset(each for each in Permission if holds(viewer, each)), channels_of(viewer))


async def create_member(
    unit: Unit,
    *,
    email: str,
    name: str,
    role_id: RoleId,
    channels: Channels,
    password_hash: str,
    by: Viewer,
    now: datetime,
) -> AccountId | UserError:
    """Makes an account of staff. Nobody knows its password: its owner is mailed a link to set one."""
    if (misnamed := rules.member_name_problem(name)) is not None:
        return misnamed
    await unit.staff.lock()
    role = await unit.staff.role(role_id)
    if role is None:
        return NotFound(path=ROLE, what="role")
    if (problem := await _assignment_problem(unit, role, channels, by)) is not None:
        return problem
    account_id = AccountId(new_id())
    key = email_key(email)
    if not await unit.access.add_account(account_id, email=email, email_key=key, password_hash=password_hash, now=now):
        return EmailTaken(path=("input", "email"))
    await unit.staff.add_member(account_id, name=name.strip(), role_id=role_id)
    await unit.staff.set_channels(account_id, channels.only)
    unit.announce(PasswordResetRequested(account_id=account_id))
    return account_id


async def update_member(
    unit: Unit, *, account_id: AccountId, change: MemberChange, by: Viewer, now: datetime
) -> AccountId | UserError:
    """Changes a member's name, role or channels. What they hold before and after must all be the changer's too."""
    if change.name is not None and (misnamed := rules.member_name_problem(change.name)) is not None:
        return misnamed
    member = await _in_reach(unit, account_id, by)
    if isinstance(member, UserError):
        return member
    role = await unit.staff.role(change.role_id) if change.role_id is not None else member.role
    if role is None:
        return NotFound(path=ROLE, what="role")
    channels = change.channels if change.channels is not None else Channels(member.channels)
    if (problem := await _assignment_problem(unit, role, channels, by)) is not None:
        return problem
    stays = role.is_administrator and channels.only is None
    if not stays and (last := await _last_administrator(unit, member)) is not None:
        return last
    name = change.name.strip() if change.name is not None else member.name
    await unit.staff.set_member(account_id, name=name, role_id=role.id)
    if change.channels is not None:
        await unit.staff.set_channels(account_id, channels.only)
    if role.id != member.role.id or channels.only != member.channels:
        await note(unit, account_id=account_id, kind=SecurityKind.ROLE_CHANGED, detail=role.words.name, now=now)
    return account_id


async def deactivate_member(unit: Unit, *, account_id: AccountId, by: Viewer, now: datetime) -> AccountId | UserError:
    """Closes a member's account: every session ends, and so does what they let apps do. Twice is fine."""
    member = await _in_reach(unit, account_id, by)
    if isinstance(member, UserError):
        return member
    if (last := await _last_administrator(unit, member)) is not None:
        return last
    await unit.staff.set_active(account_id, is_active=False)
    await unit.access.end_sessions(account_id, because=Ended.DEACTIVATED, now=now)
    if member.is_active:
        await note(unit, account_id=account_id, kind=SecurityKind.ACCOUNT_DEACTIVATED, now=now)
    return account_id


async def activate_member(unit: Unit, *, account_id: AccountId, by: Viewer, now: datetime) -> AccountId | UserError:
    """Opens a closed account again. Twice is fine."""
    member = await _in_reach(unit, account_id, by)
    if isinstance(member, UserError):
        return member
    await unit.staff.set_active(account_id, is_active=True)
    if not member.is_active:
        await note(unit, account_id=account_id, kind=SecurityKind.ACCOUNT_REACTIVATED, now=now)
    return account_id


async def _in_reach(unit: Unit, account_id: AccountId, by: Viewer) -> Member | UserError:
    """The member, under the lock of staff, if they hold no more than whoever acts; who works elsewhere is not there."""
    await unit.staff.lock()
    mine, member = await reach_of(unit, by), await unit.staff.member(account_id)
    if member is None or not rules.covers(mine.channels, member.channels):
        return NotFound(path=ID, what="member of staff")
    return rules.beyond(mine, member.reach, at=ID) or member


async def _assignment_problem(unit: Unit, role: Role, channels: Channels, by: Viewer) -> UserError | None:
    if role.is_administrator and channels.only is not None:
        return RoleFixed(path=CHANNELS)
    theirs = Reach(role.permissions, channels.only)
    return rules.beyond(await reach_of(unit, by), theirs, at=ROLE, channels_at=CHANNELS)


async def _last_administrator(unit: Unit, member: Member) -> LastAdministrator | None:
    is_last = member.is_administrator and await unit.staff.administrators() == 1
    return LastAdministrator(path=ID) if is_last else None
