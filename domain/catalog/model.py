"""The words of the catalogue: products with options, variants and images, categories, collections, runs of the import.

The classes are snapshots: a store hands them out, an action makes a changed copy, the store writes it. How they look in
the API or in a table is not said here.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.ids import CategoryId, ChannelId, CollectionId, ImportId, ProductId, VariantId, WarehouseId

Options = tuple[str, str, str]
"""A variant's value per option of its product; '' where the product has fewer than three."""
NO_OPTIONS: Options = ("", "", "")


class ProductStatus(enum.Enum):
    """Whether a product may be sold. Buyers see ACTIVE products only, from their day of publication on."""

    DRAFT = "DRAFT"
    ACTIVE = "ACTIVE"
    ARCHIVED = "ARCHIVED"


class ImportStatus(enum.Enum):
    """Where a run of the product import stands."""

    UPLOADING = "UPLOADING"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


class AttributeKind(enum.Enum):
    """What an attribute's text means."""

    TEXT = "TEXT"
    NUMBER = "NUMBER"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A free property of a product. `value` is canonical text of the kind: a decimal, true or false, an ISO 8601 date."""

    name: str
    kind: AttributeKind
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seo:
    """What a search engine is told instead of name and description; None: nothing of its own."""

    title: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product without its variants. `description` is HTML; `category_id` is its main category; `version` counts edits."""

    id: ProductId
    slug: str
    name: str
    description: str = ""
    vendor: str = ""
    product_type: str = ""
    tags: tuple[str, ...] = ()
    status: ProductStatus = ProductStatus.DRAFT
    category_id: CategoryId | None = None
    published_at: datetime | None = None
    seo: Seo = field(default_factory=Seo)
    attributes: tuple[Attribute, ...] = ()
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture of a product; positions count from 1. Its URL is unique within the product."""

    id: UUID
    product_id: ProductId
    position: int
    url: str
    alt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What is sold. One that does not track stock is always to be had."""

    id: VariantId
    product_id: ProductId
    position: int
    sku: str
    name: str
    options: Options = NO_OPTIONS
    barcode: str = ""
    weight_grams: int = 0
    requires_shipping: bool = True
    is_taxable: bool = True
    tracks_stock: bool = True
    is_active: bool = True
    image_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """A node of the category tree; siblings are ordered by position, then name."""

    id: CategoryId
    slug: str
    name: str
    parent_id: CategoryId | None = None
    position: int = 0
    description: str = ""
    seo: Seo = field(default_factory=Seo)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """A hand-picked group of products; buyers see published ones."""

    id: CollectionId
    slug: str
    name: str
    description: str = ""
    is_published: bool = True
    seo: Seo = field(default_factory=Seo)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRun:
    """One run of the product import, as its uploader and the worker see it."""

    id: ImportId
    status: ImportStatus
    started_by: str
    channel_id: ChannelId
    warehouse_id: WarehouseId
    bytes_total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RowError:
    """What is wrong with a row of an imported file: its line (the header is line 1), the column's name, and why."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProgress:
    """How far an import has come. `errors` counts all bad cells, even those beyond the number that is kept."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    errors: int = 0
