"""The common ground of every table: metadata, naming convention and the column kinds that recur.

Text that is sorted, compared or unique says collation "C", so that every server orders alike; ids are UUIDs made by the
application; time is timestamptz in UTC. Table classes never leave this package.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, MetaData, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
JsonObject = dict[str, Any]
C = Text(collation="C")
NOW = text("now()")


class Row(DeclarativeBase):
    """A table. Used to describe the schema and to write statements; no row object is ever made from it."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: C,
        datetime: DateTime(timezone=True),
        UUID: Uuid(),
        JsonObject: JSONB(),
        list[str]: ARRAY(Text(collation="C")),
    }


Id = Annotated[UUID, mapped_column(primary_key=True)]
Minor = Annotated[int, mapped_column(BigInteger)]
"""Minor units of the currency that stands beside it."""
Created = Annotated[datetime, mapped_column(server_default=NOW)]
EmptyObject = Annotated[JsonObject, mapped_column(server_default=text("'{}'::jsonb"))]
EmptyText = Annotated[str, mapped_column(server_default=text("''"))]


def belongs_to(target: str, *, ondelete: str = "CASCADE", **options: Any) -> MappedColumn[UUID]:
    """A column with the id of a row that this one cannot outlive (or that cannot be removed before it: RESTRICT)."""
    return mapped_column(Uuid(), ForeignKey(target, ondelete=ondelete), **options)


def written_before(target: str, **options: Any) -> MappedColumn[UUID]:
    """A column with the id of a row that may be written later in the same transaction: checked at the commit."""
    return mapped_column(Uuid(), ForeignKey(target, ondelete="RESTRICT", deferrable=True, initially="DEFERRED"), **options)


def may_point_at(target: str, *, ondelete: str = "SET NULL", **options: Any) -> MappedColumn[UUID | None]:
    """A column with the id of a row that may be missing."""
    return mapped_column(Uuid(), ForeignKey(target, ondelete=ondelete), nullable=True, **options)


def one_of(column: str, values: tuple[str, ...], *, name: str | None = None) -> CheckConstraint:
    """A closed set, kept by the database."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name or f"{column}_known")
