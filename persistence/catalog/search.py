"""What full-text search knows of a product: its name before SKUs, tags and vendor, these before its description.

Written by the store at each change, without accents (`domain.catalog.rules.folded`), as questions are asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Text, any_, bindparam, func, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import aggregate_order_by

from domain.catalog.rules import folded
from domain.ids import ProductId
from persistence.catalog.tables import ProductRow, VariantRow
from persistence.statement import Question, Statement, ids
from persistence.tags import of_products
from persistence.transaction import Transaction

SEARCHED_CHARACTERS_MAX = 50_000
"""Of a description: a search vector has a bound of one megabyte."""


class _Searched(NamedTuple):
    id: UUID
    name: str
    vendor: str
    tags: list[str]
    description: str
    skus: list[str]


SEARCHED = Question(
    _Searched,
    select(
        ProductRow.id,
        ProductRow.name,
        ProductRow.vendor,
        ProductRow.tags,
        func.left(ProductRow.description, SEARCHED_CHARACTERS_MAX).label("description"),
        select(func.coalesce(func.array_agg(aggregate_order_by(VariantRow.sku, VariantRow.position)), text("'{}'::text[]")))
        .where(VariantRow.product_id == ProductRow.id)
        .scalar_subquery()
        .label("skus"),
    ).where(ProductRow.id == any_(ids())),
)
_ENGLISH: ColumnElement[str] = literal_column("'english'::regconfig")


def _weighed(parameter: str, weight: str) -> ColumnElement[Any]:
    return func.setweight(func.to_tsvector(_ENGLISH, bindparam(parameter, type_=Text())), literal_column(f"'{weight}'"))


INDEX = Statement(
    update(ProductRow)
    .where(ProductRow.id == bindparam("product_id"))
    .values(search=_weighed("name", "A").op("||")(_weighed("words", "B")).op("||")(_weighed("text", "D"))),
    touches=of_products("product"),
)


async def reindex(transaction: Transaction, product_ids: Iterable[ProductId]) -> None:
    """Writes anew what is known of these products, from their rows."""
    rows = await transaction.rows(SEARCHED, ids=list(product_ids))
    await transaction.run_each(
        INDEX,
        [
            {
                "product_id": row.id,
                "name": folded(row.name),
                "words": folded(" ".join((*row.skus, *row.tags, row.vendor))),
                "text": folded(row.description),
            }
            for row in rows
        ],
    )
