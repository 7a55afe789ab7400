"""What an expected failure is: a value that an action returns, with its code, its place in the input and its data.

Each concept lists its own failures in `errors.py`; the API maps every class to one GraphQL type. An exception, by
contrast, is a bug or a broken machine and is never used to answer a caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

Path = tuple[str, ...]
"""Where in the input a failure sits, from `input`, list positions as decimal text: ("input", "lines", "0", "quantity")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserError:
    """An expected failure. `code` is one word of the API's single list; `message` is for people, in English."""

    code: ClassVar[str] = "INVALID"
    path: Path = ()

    @property
    def message(self) -> str:
        return "This cannot be done."


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound(UserError):
    """The thing is not there, or not there for this caller: the two are told alike, so that nobody can probe."""

    code: ClassVar[str] = "NOT_FOUND"
    what: str

    @property
    def message(self) -> str:
        return f"There is no such {self.what}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Invalid(UserError):
    """A value of the input breaks a stated rule; `reason` says which, in a sentence for people."""

    code: ClassVar[str] = "INVALID"
    reason: str

    @property
    def message(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Several(UserError):
    """Several failures at once, told together so that a form can mark every field."""

    code: ClassVar[str] = "INVALID"
    errors: tuple[UserError, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionConflict(UserError):
    """Somebody changed the thing since the caller read it; `current` is the version it has now."""

    code: ClassVar[str] = "VERSION_CONFLICT"
    current: int

    @property
    def message(self) -> str:
        return f"This was changed meanwhile; its version is now {self.current}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """A warning beside a success (`Warning` in the API): the deed was done, and this is worth knowing."""

    code: str
    message: str
    path: Path = ()
