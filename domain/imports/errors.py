"""What can be expected to go wrong when an import is started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.error import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportClosed(UserError):
    """A run takes parts only while it is being uploaded."""

    code: ClassVar[str] = "IMPORT_CLOSED"
    status: str

    @property
    def message(self) -> str:
        return f"This import takes no more parts: it is {self.status.lower()}."


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTooLarge(UserError):
    """The parts of one run have a bound together."""

    code: ClassVar[str] = "IMPORT_TOO_LARGE"
    bytes_max: int

    @property
    def message(self) -> str:
        return f"An uploaded file may have {self.bytes_max} bytes; larger ones are imported by the command line."
