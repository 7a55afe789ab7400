"""The facts of the product import that somebody acts on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from domain.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductImportQueued(Event):
    """A file of products has arrived whole; the worker may read it."""

    aggregate: ClassVar[str] = "product_import"
    import_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.import_id
