"""The failures of changes of staff and roles as GraphQL types."""

from __future__ import annotations

from domain.staff import errors as domain
from schema.errors import error_type

ERRORS: tuple[type, ...] = (
    error_type(
        domain.PermissionsNotHeld,
        "Nobody gives, takes or changes what they do not hold themselves.",
        permissions=(list[str], "The permissions that the caller lacks."),
    ),
    error_type(domain.ChannelsNotHeld, "Nobody lets others work in channels in which they do not work themselves."),
    error_type(domain.LastAdministrator, "The shop would have no active administrator any more."),
    error_type(domain.RoleFixed, "The administrator's role can neither change nor be limited."),
    error_type(domain.RoleInUse, "Members of staff still have the role.", members=(int, "How many.")),
    error_type(domain.NameTaken, "Another thing of the kind has this name."),
)
