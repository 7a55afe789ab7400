"""The words of staff: members, the roles that say what they may do, and how far somebody reaches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.ids import AccountId, ChannelId, RoleId
from domain.viewer import Permission

ROLE_NAME_LENGTH_MAX = 60
ROLES_MAX = 100


_KNOWN = {each.value: each for each in Permission}


def permissions_of(names: Iterable[str], *, is_administrator: bool) -> frozenset[Permission]:
    """What a role holds by the names that are kept; those that this version does not know grant nothing."""
    return frozenset(Permission) if is_administrator else frozenset(_KNOWN[name] for name in names if name in _KNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleWords:
    """What is said of a role: a name, permissions, and whether its members need a second factor to log in."""

    name: str
    permissions: frozenset[Permission]
    requires_second_factor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChange:
    """What changes of a role; None leaves it as it is."""

    name: str | None = None
    permissions: frozenset[Permission] | None = None
    requires_second_factor: bool | None = None


def changed(words: RoleWords, change: RoleChange) -> RoleWords:
    """The words with what changes instead."""
    factor = change.requires_second_factor
    return RoleWords(
        name=change.name.strip() if change.name is not None else words.name,
        permissions=change.permissions if change.permissions is not None else words.permissions,
        requires_second_factor=factor if factor is not None else words.requires_second_factor,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A named set of permissions. The administrator's holds all there are and never changes."""

    id: RoleId
    words: RoleWords
    is_administrator: bool

    @property
    def permissions(self) -> frozenset[Permission]:
        return frozenset(Permission) if self.is_administrator else self.words.permissions


@dataclass(frozen=True, slots=True)
class Reach:
    """What somebody may do, and where: `channels` None stands for all of them."""

    permissions: frozenset[Permission]
    channels: frozenset[ChannelId] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An account that works for the shop."""

    id: AccountId
    name: str
    role: Role
    channels: frozenset[ChannelId] | None
    is_active: bool

    @property
    def reach(self) -> Reach:
        return Reach(self.role.permissions, self.channels)

    @property
    def is_administrator(self) -> bool:
        """Whether the shop is not without an administrator as long as this member stays as they are."""
        return self.is_active and self.role.is_administrator and self.channels is None


@dataclass(frozen=True, slots=True)
class Channels:
    """Where somebody is to work; `only` None stands for every channel, those to come among them."""

    only: frozenset[ChannelId] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChange:
    """What changes of a member; None leaves it as it is."""

    name: str | None = None
    role_id: RoleId | None = None
    channels: Channels | None = None
