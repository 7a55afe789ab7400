"""What can be expected to go wrong when the catalogue is edited."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.error import UserError


@dataclass(frozen=True, slots=True, kw_only=True)
class SkuTaken(UserError):
    """A stock keeping unit names one variant of the whole shop."""

    code: ClassVar[str] = "SKU_TAKEN"
    sku: str

    @property
    def message(self) -> str:
        return f"The SKU {self.sku} belongs to another variant."


@dataclass(frozen=True, slots=True, kw_only=True)
class SlugTaken(UserError):
    """A slug is the name of one thing in addresses."""

    code: ClassVar[str] = "SLUG_TAKEN"
    slug: str

    @property
    def message(self) -> str:
        return f"The slug {self.slug} is taken."


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryCycle(UserError):
    """A category cannot come to lie below itself."""

    code: ClassVar[str] = "CATEGORY_CYCLE"

    @property
    def message(self) -> str:
        return "A category cannot be moved below itself or one of its own descendants."


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryNotEmpty(UserError):
    """A category with products or sub-categories stays."""

    code: ClassVar[str] = "CATEGORY_NOT_EMPTY"
    categories: int
    products: int

    @property
    def message(self) -> str:
        return f"The category still holds {self.categories} categories and {self.products} products."


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsTaken(UserError):
    """Two variants of a product cannot have the same values of all options."""

    code: ClassVar[str] = "OPTIONS_TAKEN"
    options: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"Another variant of the product has the options {' / '.join(self.options) or '(none)'} already."
