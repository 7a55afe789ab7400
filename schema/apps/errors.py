"""The failures of changes of apps as GraphQL types, beside those of giving more than one holds."""

from __future__ import annotations

from domain.apps import errors as domain
from schema.errors import error_type

ERRORS: tuple[type, ...] = (
    error_type(domain.AppHasNoSecret, "The app is a public client: it has no secret that could be replaced."),
    error_type(
        domain.TooManyKeys,
        "The app has as many living keys as it may.",
        keys_max=(int, "How many that is."),
    ),
)
