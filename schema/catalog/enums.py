"""The closed sets of the catalogue, as the API spells them."""

from __future__ import annotations

import enum

import strawberry

from domain.catalog.model import AttributeKind, ImportStatus, ProductStatus
from persistence.catalog.listing import Order
from schema.enums import described

described(
    ProductStatus,
    "ProductStatus",
    "Whether a product may be sold.",
    DRAFT="Being prepared; only staff see it.",
    ACTIVE="For sale from its day of publication on.",
    ARCHIVED="Taken off the shelves; only staff see it.",
)
described(
    AttributeKind,
    "AttributeKind",
    "What an attribute's text means.",
    TEXT="Any text.",
    NUMBER='A decimal number, such as "12.5".',
    BOOLEAN='"true" or "false".',
    DATE='A day in ISO 8601, such as "2026-03-01".',
)
described(
    ImportStatus,
    "ProductImportStatus",
    "Where a run of the product import stands.",
    UPLOADING="More parts of the file are to come.",
    QUEUED="The file is whole; the worker has not begun.",
    RUNNING="The worker reads the file; the counts grow.",
    DONE="The file was read to its end; bad rows are among the errors.",
    FAILED="The file could not be read at all; `failure` says why.",
)


@strawberry.enum(name="ProductOrder", description="What a list of products is sorted by; equal ones by id.")
class ProductOrder(enum.Enum):
    """Each names an order of the read side."""

    PRICE_ASC = strawberry.enum_value("PRICE_ASC", description="The cheapest variant's price, the lowest first.")
    PRICE_DESC = strawberry.enum_value("PRICE_DESC", description="The cheapest variant's price, the highest first.")
    NAME_ASC = strawberry.enum_value("NAME_ASC", description="By name, from A to Z.")
    NAME_DESC = strawberry.enum_value("NAME_DESC", description="By name, from Z to A.")
    CREATED_ASC = strawberry.enum_value("CREATED_ASC", description="By the day it came into the shop, the oldest first.")
    CREATED_DESC = strawberry.enum_value("CREATED_DESC", description="By the day it came into the shop, the newest first.")
    RELEVANCE = strawberry.enum_value(
        "RELEVANCE", description="How well it matches `where.text`, the best first; needs that text."
    )

    @property
    def order(self) -> Order:
        """The order of the read side."""
        return Order[self.name]


@strawberry.enum(name="AvailabilityStatus", description="Whether a variant is to be had.")
class AvailabilityStatus(enum.Enum):
    """Told beside the quantity."""

    IN_STOCK = strawberry.enum_value("IN_STOCK", description="Some units are free.")
    OUT_OF_STOCK = strawberry.enum_value("OUT_OF_STOCK", description="No unit is free.")
    ALWAYS = strawberry.enum_value("ALWAYS", description="Its stock is not counted; it can always be ordered.")
