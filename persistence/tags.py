"""What an answer depends on and what a change touches, told by tags that are derived from the statements themselves.

A statement that says nothing of itself depends on every row of each table it mentions, and touches every row of each table
it writes: forgetting to say more costs hits, never truth. What is kept by tags, and for how long, is the cache's business.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import DateTime

from persistence.statement import Question, Statement, Touches
from persistence.tables import METADATA

PREFIX = "tag:"
"""What tags begin with as topics of live hints."""
NAMED_MAX = 500
"""A transaction that names more things is told as one that names none."""
OWNERS: Mapping[str, str] = {
    "product": "product",
    "product_option": "product",
    "product_image": "product",
    "product_category": "product",
    "product_collection": "product",
    "variant": "product",
    "price": "product",
    "listing": "product",
    "stock": "variant",
}
"""The tables whose rows belong to things that are read, and changed, one by one."""
PUBLIC = frozenset({*OWNERS, "category", "category_closure", "collection", "channel", "warehouse"})
"""The tables that an answer to everybody may be made of. An answer that looked into any other is nobody else's."""
AVAILABLE = "available"
"""Beside `stock`: touched when a variant becomes available or stops being so, and not with each unit."""

_WORD = re.compile(r"[a-z_][a-z0-9_]*")
_WRITE = re.compile(
    r"(?<!FOR )(?<!KEY )(?<!DO )(?<!ON )\b(?:INSERT INTO|DELETE FROM|UPDATE|MERGE INTO|TRUNCATE|COPY)\s+(?:ONLY\s+|TABLE\s+)?\"?([a-z_]+)",
    re.IGNORECASE,
)
_DELETE = re.compile(r"\b(?:DELETE FROM|TRUNCATE)\s+(?:ONLY\s+|TABLE\s+)?\"?([a-z_]+)", re.IGNORECASE)
_CLOCK = re.compile(r"\bnow\(\)|\bclock_timestamp\(|\bcurrent_(?:timestamp|date|time)\b|\blocaltime", re.IGNORECASE)


class Moment(NamedTuple):
    """A column whose times decide what is shown: an answer made before one of them does not outlive it."""

    table: str
    column: str


class Mentions(NamedTuple):
    """The tables a statement mentions, those it writes, and what it compares with the present; None: nobody can tell."""

    tables: frozenset[str]
    writes: frozenset[str]
    moments: frozenset[Moment] | None


@dataclass(slots=True)
class Dependence:
    """What the answer of one request depends on. `is_own` when it looked at what is not everybody's, or at the clock."""

    tags: set[str]
    moments: set[Moment]
    is_own: bool = False
    until: datetime | None = None
    """When the first of the rows that it was told from is to be read again; None: all were read for it."""

    def recalled(self, tags: Collection[str], until: datetime) -> None:
        """Rows were told that had been read before, and are kept until then."""
        self.tags.update(tags)
        if self.until is None or until < self.until:
            self.until = until

    def note(self, question: Question[Any], values: Mapping[str, object], rows: Sequence[Any]) -> None:
        """A question was asked and these rows answered it."""
        public = public_of(question)
        if public is None:
            self.is_own = True
            return
        asked = values.get("ids")
        self.moments.update(public.moments)
        self.tags.update(public.tags)
        self.tags.update(own_tags(question, asked if isinstance(asked, list) else [], rows))


class Public(NamedTuple):
    """What any answer to a question that is everybody's depends on, and what it compares with the present."""

    tags: frozenset[str]
    moments: frozenset[Moment]


@lru_cache(maxsize=4_000)
def public_of(question: Question[Any]) -> Public | None:
    """Looked for once; None for a question whose answers are not everybody's, or whose use of the clock nobody can tell.

    Nor can anybody tell what one without a table looks at, and one that writes is no mere question.
    """
    mentioned = mentions(question)
    if mentioned.moments is None or mentioned.writes or not mentioned.tables or not mentioned.tables <= PUBLIC:
        return None
    about = question.about
    tags = frozenset(_rest(table) if OWNERS.get(table) in about else table for table in mentioned.tables)
    return Public(tags if question.levels else without_levels(tags), mentioned.moments)


def own_tags(question: Question[Any], keys: Sequence[Any], rows: Sequence[Any]) -> set[str]:
    """What the answer of these rows to a public question for these keys depends on besides, which another's may not."""
    tags: set[str] = set()
    for owner, field in question.about.items():
        place = question.fields.index(field)
        tags.update([f"{owner}:{row[place]}" for row in rows])
        if place == question.by:
            tags.update([f"{owner}:{key}" for key in keys])
        elif len({row[question.by] for row in rows}) < len(keys):
            # What was not there can come from anywhere.
            tags.update(table for table in mentions(question).tables if OWNERS.get(table) == owner)
    return tags


@lru_cache(maxsize=4_000)
def mentions(statement: Statement) -> Mentions:
    """Looked for in the statement's text, once."""
    text = statement.text
    known = METADATA.tables.keys()
    writes = {name.lower() for name in _WRITE.findall(text)} & known
    for name in {name.lower() for name in _DELETE.findall(text)} & known:
        writes |= _gone_with(name)
    moments = None if _CLOCK.search(text) else _moments(text, statement.places("now"))
    return Mentions(frozenset(_WORD.findall(text)) & known, frozenset(writes), moments)


def touched(statement: Statement, values: Mapping[str, object], rows: Sequence[Any]) -> Iterable[str]:
    """The tags that one run of a statement touches."""
    writes = mentions(statement).writes & PUBLIC
    if not writes:
        return ()
    if statement.touches is not None:
        return statement.touches(values, rows)
    return [tag for table in writes for tag in ((table, _rest(table)) if table in OWNERS else (table,))] + (
        [AVAILABLE, _rest(AVAILABLE)] if "stock" in writes else []
    )


def of_products(*tables: str, parameter: str = "product_id") -> Touches:
    """For a statement that changes rows of these tables for the products that the parameter names, and of no others."""

    def touches(values: Mapping[str, object], rows: Sequence[Any]) -> Iterator[str]:
        del rows
        named = values[parameter]
        yield from tables
        yield from (f"product:{each}" for each in (named if isinstance(named, list) else [named]))

    return touches


def of_levels(variants: Iterable[object], *, flipped: Collection[object]) -> Iterator[str]:
    """What a change of the stock of these variants touches; those in `flipped` may have become available or stopped being so."""
    for each in variants:
        yield "stock"
        yield f"variant:{each}"
    for each in flipped:
        yield AVAILABLE
        yield f"{AVAILABLE}:{each}"


def without_levels(tags: Iterable[str]) -> frozenset[str]:
    """What an answer depends on that shows whether things are available, but never how many there are."""
    return frozenset(
        tag.replace("variant:", f"{AVAILABLE}:", 1)
        if tag.startswith("variant:")
        else {"stock": AVAILABLE, _rest("stock"): _rest(AVAILABLE)}.get(tag, tag)
        for tag in tags
    )


def topics(tags: Collection[str]) -> list[str]:
    """The tags as topics of a hint; of very many only the tables."""
    if len(tags) > NAMED_MAX:
        tags = {tag for tag in tags if ":" not in tag} | {
            table for name in OWNERS for table in (name, _rest(name), AVAILABLE, _rest(AVAILABLE))
        }
    return [PREFIX + tag for tag in tags]


def _rest(table: str) -> str:
    """What depends on rows of some things only, and is touched where a change does not say whose rows it changed."""
    return f"{table}*"


@lru_cache(maxsize=200)
def _gone_with(table: str) -> frozenset[str]:
    """The tables of which rows go, or change, when one of this table is removed."""
    gone, changed, next_ones = {table}, set[str](), {table}
    while next_ones:
        pointing = [
            (key.parent.table.name, key.ondelete)
            for other in METADATA.tables.values()
            for key in other.foreign_keys
            if key.column.table.name in next_ones
        ]
        next_ones = {name for name, ondelete in pointing if ondelete == "CASCADE"} - gone
        gone |= next_ones
        changed |= {name for name, ondelete in pointing if ondelete == "SET NULL"}
    return frozenset(gone | changed)


def _moments(text: str, present: Sequence[int]) -> frozenset[Moment] | None:
    """The columns that the parameters of the present are compared with; None when one of them does anything else.

    Only what is true from a date on changes at that very date.
    """
    found: set[Moment] = set()
    for place in present:
        uses = len(re.findall(rf"\${place}\b", text))
        compared = re.findall(rf"(\w+)\.(\w+) <= \${place}\b", text)
        if uses != len(compared):
            return None
        for table, column in compared:
            known = METADATA.tables.get(table)
            if known is None or not isinstance(known.c[column].type, DateTime):
                return None
            found.add(Moment(table, column))
    return frozenset(found)
