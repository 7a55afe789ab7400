"""What a recorded deed keeps of its arguments: numbers, switches, times, closed words and public ids; of any other text, that it was there.

Texts may be secrets or a person's data, so none is kept unless it is known to be neither: the record outlives both.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import strawberry

from domain.audit.model import Deed
from domain.viewer import Customer, Guest, Staff, Viewer, actor_name
from schema.context import Context
from schema.errors import camel
from schema.ids import parse_id
from schema.permissions import Rule, Standing

HIDDEN = "…"
"""Stands where a text was."""
ITEMS_MAX = 50
"""Items of one list that are kept."""
_PLAIN = frozenset({"amount", "country", "currency", "price", "sku", "slug"})
"""Texts under these names are kept: they are the catalogue's and money's own, and no person's."""


def said(given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a mutation as they may be kept; names as the API spells them."""
    return {camel(name): _shown(value, name) for name, value in given.items() if value is not strawberry.UNSET}


def _shown(value: Any, name: str) -> Any:
    if isinstance(value, str):
        return _text(value, name)
    if isinstance(value, (list, tuple)):
        return [_shown(each, name) for each in value[:ITEMS_MAX]]
    if dataclasses.is_dataclass(value):
        return said({each.name: getattr(value, each.name) for each in dataclasses.fields(value)})
    return _word(value)


def _word(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case enum.Enum():
            return value.name
        case datetime() | date():
            return value.isoformat()
    return HIDDEN


def _text(value: str, name: str) -> str:
    known = parse_id(value)
    if known is not None:
        return f"{known[0]}:{known[1]}"
    return value[:100] if name in _PLAIN else HIDDEN


def is_recorded(viewer: Viewer, rule: Rule) -> bool:
    """Whether a deed goes on record without saying so itself: whatever is for staff, and whatever staff, an app or a machine does."""
    return rule.permission is not None or rule.standing is Standing.STAFF or not isinstance(viewer, (Guest, Customer))


def deed_of(context: Context, action: str, given: Mapping[str, Any]) -> Deed:
    """The deed as the record names it."""
    viewer = context.viewer
    session = viewer.session if isinstance(viewer, (Customer, Staff)) else None
    return Deed(action=camel(action), actor=actor_name(viewer), session_id=session, said=said(given))
