"""The customer who asks, in mutations that only customers may do."""

from __future__ import annotations

from domain.ids import CustomerId
from domain.viewer import Customer
from schema.context import Context
from schema.refusal import Refusal


def own_id(context: Context) -> CustomerId:
    """Whose data a deed is about: their own."""
    viewer = context.viewer
    if not isinstance(viewer, Customer):
        raise Refusal("PERMISSION_DENIED", "This is for customers only.")
    return viewer.id
