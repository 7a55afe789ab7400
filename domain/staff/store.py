"""What staff and roles need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from typing import Protocol

from domain.ids import AccountId, ChannelId, RoleId
from domain.staff.model import Member, Role, RoleWords


class StaffStore(Protocol):
    """Staff, inside one transaction. Every change begins with `lock`, so that nobody decides on what is about to change."""

    async def lock(self) -> None:
        """Takes the one lock of who may do what: changes of staff and roles wait for one another, others for none."""

    async def member(self, account_id: AccountId) -> Member | None:
        """A member of staff, active or not."""

    async def administrators(self) -> int:
        """How many active administrators with every channel there are."""

    async def add_member(self, account_id: AccountId, *, name: str, role_id: RoleId) -> None:
        """Makes an account one of staff, in every channel."""

    async def set_member(self, account_id: AccountId, *, name: str, role_id: RoleId) -> None:
        """Replaces name and role."""

    async def set_channels(self, account_id: AccountId, only: frozenset[ChannelId] | None) -> None:
        """Replaces the channels; None lifts the limit."""

    async def set_active(self, account_id: AccountId, *, is_active: bool) -> None:
        """Opens or closes the account of a member."""

    async def roles(self) -> int:
        """How many roles there are."""

    async def role(self, role_id: RoleId) -> Role | None:
        """A role."""

    async def members_of(self, role_id: RoleId) -> int:
        """How many members, active or not, have a role."""

    async def add_role(self, role_id: RoleId, words: RoleWords) -> bool:
        """Keeps a new role; False when there is one of that name."""

    async def set_role(self, role_id: RoleId, words: RoleWords) -> bool:
        """Replaces what is said of a role; False when there is another one of that name."""

    async def remove_role(self, role_id: RoleId) -> None:
        """Removes a role that nobody has."""
