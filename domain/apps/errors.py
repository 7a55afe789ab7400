"""What can be wrong with a change of apps, beside what is wrong with giving more than one holds: see staff."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.error import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class AppHasNoSecret(UserError):
    """A public client has no secret that could be replaced."""

    code: ClassVar[str] = "APP_HAS_NO_SECRET"

    @property
    def message(self) -> str:
        return "This app is a public client: it has no secret."


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyKeys(UserError):
    """The app has as many living keys as it may."""

    code: ClassVar[str] = "TOO_MANY_KEYS"
    keys_max: int

    @property
    def message(self) -> str:
        return f"An app has {self.keys_max} living keys at most. Revoke one first."
