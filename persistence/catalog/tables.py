"""The catalogue: categories, collections, products with options, variants and images, and runs of the product import."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from persistence.base import Created, EmptyObject, EmptyText, Id, Row, belongs_to, may_point_at, one_of

EMPTY_LIST = text("'{}'::text[]")


class CategoryRow(Row):
    """A node of the category tree; `category_closure` holds every ancestor of every node, itself included."""

    __tablename__ = "category"
    __table_args__ = (
        CheckConstraint("parent_id <> id", name="own_parent"),
        Index("ix_category_parent", "parent_id", "position"),
    )

    id: Mapped[Id]
    parent_id: Mapped[UUID | None] = may_point_at("category.id", ondelete="RESTRICT")
    position: Mapped[int] = mapped_column(server_default=text("0"))
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[EmptyText]
    seo_title: Mapped[str | None]
    seo_description: Mapped[str | None]
    created_at: Mapped[Created]


class CategoryClosureRow(Row):
    __tablename__ = "category_closure"
    __table_args__ = (Index("ix_category_closure_descendant", "descendant_id", "depth"),)

    ancestor_id: Mapped[UUID] = belongs_to("category.id", primary_key=True)
    descendant_id: Mapped[UUID] = belongs_to("category.id", primary_key=True)
    depth: Mapped[int]


class CollectionRow(Row):
    __tablename__ = "collection"

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[EmptyText]
    is_published: Mapped[bool] = mapped_column(server_default=text("true"))
    seo_title: Mapped[str | None]
    seo_description: Mapped[str | None]
    created_at: Mapped[Created]


class ProductRow(Row):
    """`name_key` is the casefolded name for sorting; `search` is kept by the store at each write; `version` counts edits."""

    __tablename__ = "product"
    __table_args__ = (
        one_of("status", ("DRAFT", "ACTIVE", "ARCHIVED")),
        Index("ix_product_status_created", "status", "created_at", "id"),
        Index("ix_product_status_name", "status", "name_key", "id"),
        Index("ix_product_published", "published_at"),
        Index("ix_product_search", "search", postgresql_using="gin"),
    )

    id: Mapped[Id]
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_key: Mapped[str]
    description: Mapped[EmptyText]
    vendor: Mapped[EmptyText]
    product_type: Mapped[EmptyText]
    tags: Mapped[list[str]] = mapped_column(server_default=EMPTY_LIST)
    status: Mapped[str]
    category_id: Mapped[UUID | None] = may_point_at("category.id", index=True)
    published_at: Mapped[datetime | None]
    seo_title: Mapped[str | None]
    seo_description: Mapped[str | None]
    attributes: Mapped[EmptyObject]
    search: Mapped[str] = mapped_column(TSVECTOR, server_default=text("''::tsvector"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[Created]
    updated_at: Mapped[Created]


class ProductCategoryRow(Row):
    __tablename__ = "product_category"

    product_id: Mapped[UUID] = belongs_to("product.id", primary_key=True)
    category_id: Mapped[UUID] = belongs_to("category.id", primary_key=True, index=True)


class ProductCollectionRow(Row):
    __tablename__ = "product_collection"
    __table_args__ = (Index("ix_product_collection_position", "collection_id", "position", "product_id"),)

    product_id: Mapped[UUID] = belongs_to("product.id", primary_key=True)
    collection_id: Mapped[UUID] = belongs_to("collection.id", primary_key=True)
    position: Mapped[int] = mapped_column(server_default=text("0"))


class ProductImageRow(Row):
    __tablename__ = "product_image"
    __table_args__ = (UniqueConstraint("product_id", "position", deferrable=True), UniqueConstraint("product_id", "url"))

    id: Mapped[Id]
    product_id: Mapped[UUID] = belongs_to("product.id")
    position: Mapped[int]
    url: Mapped[str]
    alt: Mapped[EmptyText]
    created_at: Mapped[Created]


class ProductOptionRow(Row):
    __tablename__ = "product_option"
    __table_args__ = (
        UniqueConstraint("product_id", "position", deferrable=True),
        UniqueConstraint("product_id", "name"),
        CheckConstraint("position BETWEEN 1 AND 3", name="three_at_most"),
    )

    id: Mapped[Id]
    product_id: Mapped[UUID] = belongs_to("product.id")
    position: Mapped[int]
    name: Mapped[str]


class VariantRow(Row):
    """What is sold. `options` is its value per option position (1 to 3), unique within the product; a missing option is ''."""

    __tablename__ = "variant"
    __table_args__ = (
        UniqueConstraint("product_id", "option1", "option2", "option3"),
        Index("ix_variant_product_position", "product_id", "position"),
        CheckConstraint("weight_grams >= 0", name="weight_positive"),
    )

    id: Mapped[Id]
    product_id: Mapped[UUID] = belongs_to("product.id")
    position: Mapped[int]
    sku: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    option1: Mapped[EmptyText]
    option2: Mapped[EmptyText]
    option3: Mapped[EmptyText]
    barcode: Mapped[EmptyText]
    weight_grams: Mapped[int] = mapped_column(server_default=text("0"))
    requires_shipping: Mapped[bool] = mapped_column(server_default=text("true"))
    is_taxable: Mapped[bool] = mapped_column(server_default=text("true"))
    tracks_stock: Mapped[bool] = mapped_column(server_default=text("true"))
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    image_id: Mapped[UUID | None] = may_point_at("product_image.id", index=True)
    attributes: Mapped[EmptyObject]
    created_at: Mapped[Created]
    updated_at: Mapped[Created]


class ProductImportRow(Row):
    """One run of the product import; counts grow while it runs, so that anyone may watch. `moved_at`: when they last did."""

    __tablename__ = "product_import"
    __table_args__ = (one_of("status", ("UPLOADING", "QUEUED", "RUNNING", "DONE", "FAILED")),)

    id: Mapped[Id]
    status: Mapped[str]
    started_by: Mapped[str]
    channel_id: Mapped[UUID] = belongs_to("channel.id", ondelete="RESTRICT")
    warehouse_id: Mapped[UUID] = belongs_to("warehouse.id", ondelete="RESTRICT")
    bytes_total: Mapped[int] = mapped_column(server_default=text("0"))
    rows_read: Mapped[int] = mapped_column(server_default=text("0"))
    products_created: Mapped[int] = mapped_column(server_default=text("0"))
    products_updated: Mapped[int] = mapped_column(server_default=text("0"))
    products_unchanged: Mapped[int] = mapped_column(server_default=text("0"))
    errors_count: Mapped[int] = mapped_column(server_default=text("0"))
    failure: Mapped[str | None]
    created_at: Mapped[Created]
    moved_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ProductImportPartRow(Row):
    """A piece of an uploaded file, in order; removed when the run has ended."""

    __tablename__ = "product_import_part"

    import_id: Mapped[UUID] = belongs_to("product_import.id", primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ProductImportErrorRow(Row):
    __tablename__ = "product_import_error"

    import_id: Mapped[UUID] = belongs_to("product_import.id", primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    line: Mapped[int]
    column: Mapped[str]
    reason: Mapped[str]
