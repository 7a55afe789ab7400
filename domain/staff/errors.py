"""What can be wrong with a change of staff or roles: each expected failure with its code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.error import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionsNotHeld(UserError):
    """Nobody gives, takes or changes what they do not hold themselves."""

    code: ClassVar[str] = "PERMISSIONS_NOT_HELD"
    permissions: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"This is about permissions that you do not hold yourself: {', '.join(self.permissions)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelsNotHeld(UserError):
    """Nobody lets others work in channels in which they do not work themselves."""

    code: ClassVar[str] = "CHANNELS_NOT_HELD"

    @property
    def message(self) -> str:
        return "This is about channels in which you do not work yourself."


@dataclass(frozen=True, slots=True, kw_only=True)
class LastAdministrator(UserError):
    """Without this member the shop would have no active administrator any more."""

    code: ClassVar[str] = "LAST_ADMINISTRATOR"

    @property
    def message(self) -> str:
        return "This is the last active administrator. Make another one first."


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleFixed(UserError):
    """The administrator's role holds everything there is, always."""

    code: ClassVar[str] = "ROLE_FIXED"

    @property
    def message(self) -> str:
        return "The administrator's role holds every permission; it cannot be changed, limited or removed."


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleInUse(UserError):
    """Members of staff still have the role."""

    code: ClassVar[str] = "ROLE_IN_USE"
    members: int

    @property
    def message(self) -> str:
        return f"{self.members} of the staff still have this role. Give them another one first."


@dataclass(frozen=True, slots=True, kw_only=True)
class NameTaken(UserError):
    """Another thing of the kind has this name."""

    code: ClassVar[str] = "NAME_TAKEN"

    @property
    def message(self) -> str:
        return "There is one of this name already."
