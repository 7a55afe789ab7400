"""Slugs: made from any name in any script, and free of those that a table holds already."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from slugify import slugify
from sqlalchemy import Integer, Text, bindparam, cast, func, select

from persistence.catalog.tables import CategoryRow, CollectionRow, ProductRow
from persistence.statement import Question
from persistence.transaction import Transaction

Named = type[ProductRow] | type[CategoryRow] | type[CollectionRow]
LENGTH_MAX = 180
"""Characters of a slug that we make: a number still fits behind it."""


class _Taken(NamedTuple):
    is_taken: bool | None
    highest: int | None


class _Holder(NamedTuple):
    id: UUID


@lru_cache(maxsize=8)
def _taken(table: Named) -> Question[_Taken]:
    """Whether a slug is taken, and the highest number behind it."""
    wanted = bindparam("wanted", type_=Text())
    behind = func.substring(table.slug, func.length(wanted) + 2)
    return Question(
        _Taken,
        select(
            func.bool_or(table.slug == wanted).label("is_taken"),
            func.max(cast(behind, Integer)).filter(table.slug != wanted).label("highest"),
        ).where((table.slug == wanted) | (table.slug.startswith(wanted + "-") & behind.regexp_match("^[0-9]{1,6}$"))),
    )


@lru_cache(maxsize=8)
def _holder(table: Named) -> Question[_Holder]:
    return Question(_Holder, select(table.id).where(table.slug == bindparam("slug")))


def slug_of(text: str) -> str:
    """The slug of a text; `item` for one without any letter or digit that can be spelled in ASCII."""
    return slugify(text, max_length=LENGTH_MAX) or "item"


async def free_slug(transaction: Transaction, table: Named, text: str) -> str:
    """The slug of a text, with the next number behind it where it is taken."""
    wanted = slug_of(text)
    taken = await transaction.row(_taken(table), wanted=wanted)
    if taken is None or not taken.is_taken:
        return wanted
    return f"{wanted}-{(taken.highest or 1) + 1}"


async def holder_of_slug(transaction: Transaction, table: Named, slug: str) -> UUID | None:
    """The id of the thing that has a slug."""
    holder = await transaction.row(_holder(table), slug=slug)
    return holder.id if holder is not None else None
