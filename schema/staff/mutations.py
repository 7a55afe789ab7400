"""Changes of staff and roles. Nobody gives, takes or changes what they do not hold themselves."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from uuid import UUID

import strawberry

from domain.access.errors import EmailInvalid
from domain.error import Invalid, NotFound, Path, UserError
from domain.ids import AccountId, ChannelId, RoleId
from domain.staff import actions, roles
from domain.staff.model import Channels, MemberChange, RoleChange, RoleWords
from domain.viewer import Permission
from persistence.staff import reads
from schema.access.mutations import hashing
from schema.access.types import PermissionCode
from schema.context import Context
from schema.ids import global_id
from schema.mutations import Answer, Keyed, answered, deed, keyed
from schema.permissions import may
from schema.staff.inputs import (
    CHANNELS_MAX,
    RoleCreateInput,
    RoleDeleteInput,
    RoleUpdateInput,
    StaffActivateInput,
    StaffCreateInput,
    StaffDeactivateInput,
    StaffUpdateInput,
)
from schema.staff.types import MANAGES, Role, StaffMember

SHOP_WIDE = may(Permission.MANAGE_STAFF)
_MEMBER = (StaffMember, "The member, as they are now.")
_ROLE = (Role, "The role, as it is now.")
CHANNELS = ("input", "channels")


@deed("Makes somebody a member of staff. They are mailed a link to set their password.", allow=MANAGES, staff=_MEMBER)
@keyed(Keyed.KEPT)
async def staff_create(context: Context, *, input: StaffCreateInput) -> Answer | UserError:
    email = context.ports.access.emails.normalised(input.email)
    if email is None:
        return EmailInvalid(path=("input", "email"))
    channels = await chosen_channels(context, every=input.every_channel, slugs=input.channels)
    if isinstance(channels, UserError):
        return channels
    if channels is None:
        return Invalid(path=CHANNELS, reason="Say `everyChannel`, or the `channels`.")
    role_id = context.id_of("Role", input.role_id)
    if role_id is None:
        return NotFound(path=("input", "role_id"), what="role")
    with hashing():
        password_hash = await context.ports.access.hasher.hashed(secrets.token_urlsafe(32))
    outcome = await context.act(
        actions.create_member,
        email=email,
        name=input.name,
        role_id=RoleId(role_id),
        channels=channels,
        password_hash=password_hash,
        by=context.viewer,
        now=context.now,
    )
    return await _with_member(context, outcome)


@deed("Changes a member of staff: name, role, channels. It counts within ten seconds.", allow=MANAGES, staff=_MEMBER)
async def staff_update(context: Context, *, input: StaffUpdateInput) -> Answer | UserError:
    account_id = context.id_of("Staff", input.id)
    if account_id is None:
        return NotFound(path=("input", "id"), what="member of staff")
    role_id = context.id_of("Role", input.role_id) if input.role_id is not None else None
    if input.role_id is not None and role_id is None:
        return NotFound(path=("input", "role_id"), what="role")
    channels = await chosen_channels(context, every=input.every_channel, slugs=input.channels)
    if isinstance(channels, UserError):
        return channels
    change = MemberChange(name=input.name, role_id=RoleId(role_id) if role_id is not None else None, channels=channels)
    outcome = await context.act(
        actions.update_member, account_id=AccountId(account_id), change=change, by=context.viewer, now=context.now
    )
    return await _with_member(context, outcome)


@deed(
    "Closes a member's account. Their sessions, open sockets and what they let apps do end within 30 seconds.",
    allow=MANAGES,
    staff=_MEMBER,
)
async def staff_deactivate(context: Context, *, input: StaffDeactivateInput) -> Answer | UserError:
    account_id = context.id_of("Staff", input.id)
    if account_id is None:
        return NotFound(path=("input", "id"), what="member of staff")
    outcome = await context.act(actions.deactivate_member, account_id=AccountId(account_id), by=context.viewer, now=context.now)
    return await _with_member(context, outcome)


@deed("Opens a member's account again.", allow=MANAGES, staff=_MEMBER)
async def staff_activate(context: Context, *, input: StaffActivateInput) -> Answer | UserError:
    account_id = context.id_of("Staff", input.id)
    if account_id is None:
        return NotFound(path=("input", "id"), what="member of staff")
    outcome = await context.act(actions.activate_member, account_id=AccountId(account_id), by=context.viewer, now=context.now)
    return await _with_member(context, outcome)


@deed("Makes a role.", allow=SHOP_WIDE, role=_ROLE)
async def role_create(context: Context, *, input: RoleCreateInput) -> Answer | UserError:
    words = RoleWords(
        name=input.name, permissions=_held(input.permissions), requires_second_factor=input.requires_second_factor
    )
    return await _with_role(context, await context.act(roles.create_role, words=words, by=context.viewer))


@deed("Changes a role, for all who have it. It counts within ten seconds.", allow=SHOP_WIDE, role=_ROLE)
async def role_update(context: Context, *, input: RoleUpdateInput) -> Answer | UserError:
    role_id = context.id_of("Role", input.id)
    if role_id is None:
        return NotFound(path=("input", "id"), what="role")
    change = RoleChange(
        name=input.name,
        permissions=_held(input.permissions) if input.permissions is not None else None,
        requires_second_factor=input.requires_second_factor,
    )
    outcome = await context.act(roles.update_role, role_id=RoleId(role_id), change=change, by=context.viewer)
    return await _with_role(context, outcome)


@deed("Removes a role that nobody has.", allow=SHOP_WIDE, deleted_id=(strawberry.ID, "The id that the role had."))
async def role_delete(context: Context, *, input: RoleDeleteInput) -> Answer | UserError:
    role_id = context.id_of("Role", input.id)
    if role_id is None:
        return NotFound(path=("input", "id"), what="role")
    outcome = await context.act(roles.delete_role, role_id=RoleId(role_id), by=context.viewer)
    return outcome if isinstance(outcome, UserError) else answered(deleted_id=global_id("Role", outcome))


async def chosen_channels(
    context: Context, *, every: bool, slugs: Sequence[str] | None, at: Path = CHANNELS
) -> Channels | UserError | None:
    """The channels that were said; None when nothing was."""
    if slugs is None:
        return Channels(None) if every else None
    if every:
        return Invalid(path=at, reason="Say either `everyChannel` or `channels`.")
    if len(slugs) > CHANNELS_MAX:
        return Invalid(path=at, reason=f"Say {CHANNELS_MAX} channels at most.")
    known = {each.slug: ChannelId(each.id) for each in await context.ports.places.channels(context.reader)}
    for place, slug in enumerate(slugs):
        if slug not in known:
            return NotFound(path=(*at, str(place)), what="channel")
    return Channels(frozenset(known[slug] for slug in slugs))


def _held(said: Sequence[PermissionCode]) -> frozenset[Permission]:
    return frozenset(Permission(each.value) for each in said)


async def _with_member(context: Context, outcome: UUID | UserError) -> Answer | UserError:
    if isinstance(outcome, UserError):
        return outcome
    return answered(staff=(await reads.members_by_id(context.reader, [outcome], within=None))[0])


async def _with_role(context: Context, outcome: UUID | UserError) -> Answer | UserError:
    if isinstance(outcome, UserError):
        return outcome
    return answered(role=(await reads.roles_by_id(context.reader, [outcome]))[0])
