"""Decides what one member of staff may do about others: never more than what they hold themselves. Pure."""

from __future__ import annotations

from domain.access.model import STAFF_NAME_LENGTH_MAX
from domain.error import Invalid, Path, UserError
from domain.ids import ChannelId
from domain.staff.errors import ChannelsNotHeld, PermissionsNotHeld
from domain.staff.model import ROLE_NAME_LENGTH_MAX, Reach


def covers(mine: frozenset[ChannelId] | None, theirs: frozenset[ChannelId] | None) -> bool:
    """Whether every channel of theirs is one of mine; None stands for all of them."""
    return mine is None or (theirs is not None and theirs <= mine)


def beyond(mine: Reach, theirs: Reach, *, at: Path, channels_at: Path | None = None) -> UserError | None:
    """What of theirs I do not hold myself; None when I may give, take and change all of it."""
    missing = theirs.permissions - mine.permissions
    if missing:
        return PermissionsNotHeld(path=at, permissions=tuple(sorted(each.value for each in missing)))
    if not covers(mine.channels, theirs.channels):
        return ChannelsNotHeld(path=channels_at or at)
    return None


def member_name_problem(name: str) -> Invalid | None:
    """What is wrong with a member's name."""
    if name.strip() and len(name) <= STAFF_NAME_LENGTH_MAX and name.isprintable():
        return None
    return Invalid(path=("input", "name"), reason=f"A name has 1 to {STAFF_NAME_LENGTH_MAX} printable characters.")


def role_name_problem(name: str) -> Invalid | None:
    """What is wrong with a role's name."""
    if name.strip() and len(name) <= ROLE_NAME_LENGTH_MAX and name.isprintable():
        return None
    return Invalid(path=("input", "name"), reason=f"A name has 1 to {ROLE_NAME_LENGTH_MAX} printable characters.")
