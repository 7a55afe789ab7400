"""Who may ask which field, as declarations: every field of the schema has a rule, and without one the schema is not built.

A rule is about the caller alone. Whose order or cart it is, is the read's business: a foreign thing is not found.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import strawberry
from strawberry.schema_directive import Location

from domain.viewer import Customer, Guest, Permission, Staff, Viewer, holds


class Standing(enum.Enum):
    """The kinds of caller a rule may ask for."""

    ANYONE = "ANYONE"
    SIGNED_IN = "SIGNED_IN"
    CUSTOMER = "CUSTOMER"
    STAFF = "STAFF"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may: a standing, and for staff possibly a permission."""

    standing: Standing
    permission: Permission | None = None

    def admits(self, viewer: Viewer) -> bool:
        """Whether the viewer may."""
        if self.permission is not None:
            return holds(viewer, self.permission)
        match self.standing:
            case Standing.ANYONE:
                return True
            case Standing.SIGNED_IN:
                return not isinstance(viewer, Guest)
            case Standing.CUSTOMER:
                return isinstance(viewer, Customer)
            case Standing.STAFF:
                return isinstance(viewer, Staff)

    def refusal(self, viewer: Viewer) -> tuple[str, str]:
        """The code and the words for a viewer who may not."""
        if isinstance(viewer, Guest):
            return "UNAUTHENTICATED", "Log in first: send the access token as `Authorization: Bearer ...`."
        if self.permission is not None:
            return "PERMISSION_DENIED", f"This needs the permission {self.permission.value}."
        return "PERMISSION_DENIED", f"This is for callers of the kind {self.standing.value} only."


EVERYONE = Rule(Standing.ANYONE)
SIGNED_IN = Rule(Standing.SIGNED_IN)
CUSTOMER = Rule(Standing.CUSTOMER)
STAFF = Rule(Standing.STAFF)


def may(permission: Permission) -> Rule:
    """Staff whose role holds the permission."""
    return Rule(Standing.STAFF, permission)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], description="Who may ask this field; without it, everybody.", name="requires"
)
class Requires:
    """What the SDL shows of a rule."""

    standing: str = strawberry.directive_field(name="standing")
    permission: str | None = strawberry.directive_field(name="permission", default=None)


def shown(rule: Rule) -> list[object]:
    """The rule as a directive for the SDL; nothing for what everybody may."""
    if rule == EVERYONE:
        return []
    return [Requires(standing=rule.standing.value, permission=rule.permission.value if rule.permission else None)]
