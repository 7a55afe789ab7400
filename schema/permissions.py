"""Who may ask which field, as declarations: every field of the schema has a rule, and without one the schema is not built.

A rule is about the caller alone. Whose order or cart it is, is the read's business: a foreign thing is not found.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

import strawberry
from strawberry.schema_directive import Location

from domain.viewer import STOREFRONT, App, Customer, Guest, Permission, Staff, Viewer, channels_of, holds, scope_of
from schema.refusal import Refusal


class Standing(enum.Enum):
    """The kinds of caller a rule may ask for."""

    ANYONE = "ANYONE"
    SIGNED_IN = "SIGNED_IN"
    CUSTOMER = "CUSTOMER"
    STAFF = "STAFF"


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may: a standing, and for staff and apps possibly a permission.

    `by_channel`: the field keeps to the caller's channels by itself, so that who is limited to some may ask it too.
    `writes`: it is a mutation, which an app may not do by being known alone.
    """

    standing: Standing
    permission: Permission | None = None
    by_channel: bool = False
    writes: bool = False

    def admits(self, viewer: Viewer) -> bool:
        """Whether the viewer may."""
        if self.permission is not None:
            return holds(viewer, self.permission) and (self.by_channel or channels_of(viewer) is None)
        match self.standing:
            case Standing.ANYONE:
                return not self.writes or not isinstance(viewer, App) or STOREFRONT in viewer.scopes
            case Standing.SIGNED_IN:
                return not self.writes if isinstance(viewer, App) else not isinstance(viewer, Guest)
            case Standing.CUSTOMER:
                return isinstance(viewer, Customer)
            case Standing.STAFF:
                return (isinstance(viewer, Staff) and not viewer.must_enroll) or (
                    isinstance(viewer, App) and bool(viewer.permissions) and not self.writes
                )

    def refusal(self, viewer: Viewer) -> Refusal:
        """What a viewer who may not is told; an app which scope it lacks (RFC 6750 section 3.1)."""
        if isinstance(viewer, Guest):
            return Refusal("UNAUTHENTICATED", "Log in first: send the access token as `Authorization: Bearer ...`.")
        if isinstance(viewer, Staff) and viewer.must_enroll:
            how = "Begin with `mfaEnroll` or `passkeyRegistrationStart`."
            return Refusal("SECOND_FACTOR_REQUIRED", f"Your role needs a second factor before anything else. {how}")
        if isinstance(viewer, App) and (scope := self.scope) is not None and scope not in viewer.scopes:
            return Refusal("INSUFFICIENT_SCOPE", f"This needs a token with the scope {scope}.", scope=scope)
        if self.permission is None:
            kind = (
                "people who are logged in"
                if self.standing is Standing.SIGNED_IN
                else f"callers of the kind {self.standing.value}"
            )
            return Refusal("PERMISSION_DENIED", f"This is for {kind} only.")
        if holds(viewer, self.permission):
            return Refusal("PERMISSION_DENIED", "This is about the whole shop; you are limited to some of its channels.")
        return Refusal("PERMISSION_DENIED", f"This needs the permission {self.permission.value}.")

    @property
    def scope(self) -> str | None:
        """The scope that an app needs for it; None when no scope helps, or none is needed."""
        if self.permission is not None:
            return scope_of(self.permission)
        return STOREFRONT if self.writes and self.standing is Standing.ANYONE else None


EVERYONE = Rule(Standing.ANYONE)
SIGNED_IN = Rule(Standing.SIGNED_IN)
CUSTOMER = Rule(Standing.CUSTOMER)
STAFF = Rule(Standing.STAFF)


def may(permission: Permission, *, by_channel: bool = False) -> Rule:
    """Staff whose role holds the permission, and apps with its scope.

    Those limited to channels are refused unless the field says `by_channel`, which promises that it keeps to theirs.
    """
    return Rule(Standing.STAFF, permission, by_channel)


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION, Location.OBJECT],
    description=(
        "Who may ask this field, or the fields of this type that do not say otherwise; without it, everybody. Apps need the "
        "scope of the permission. With `byChannel`, staff and apps that are limited to channels may too, and get what is theirs."
    ),
    name="requires",
)
class Requires:
    """What the SDL shows of a rule."""

    standing: str = strawberry.directive_field(name="standing")
    permission: str | None = strawberry.directive_field(name="permission", default=None)
    by_channel: bool | None = strawberry.directive_field(name="byChannel", default=None)


def shown(rule: Rule) -> list[object]:
    """The rule as a directive for the SDL; nothing for what everybody may."""
    if rule.standing is Standing.ANYONE:
        return []
    permission = rule.permission.value if rule.permission is not None else None
    return [Requires(standing=rule.standing.value, permission=permission, by_channel=True if rule.by_channel else None)]


_SAID = {
    Standing.ANYONE: "",
    Standing.SIGNED_IN: "For whoever is logged in.",
    Standing.CUSTOMER: "For customers who are logged in.",
    Standing.STAFF: "For staff.",
}


def said(rule: Rule) -> str:
    """The rule in words, for the documentation that people read; "" for what everybody may."""
    if rule.permission is None:
        return _SAID[rule.standing]
    return f"Needs {rule.permission.value}{', in the channels one works in' if rule.by_channel else ''}."
