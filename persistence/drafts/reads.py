"""Reading drafts, with the carts that they are. Every read says for whom: a draft of another channel is not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Integer, Text, any_, bindparam, func, literal_column, or_, select, tuple_
from sqlalchemy.types import Uuid

from domain.drafts.model import Draft
from domain.ids import ChannelId
from domain.viewer import Permission, Viewer, holds_in
from persistence.carts.reads import carts_by_id
from persistence.carts.tables import CartLineRow, CartRow
from persistence.catalog.tables import ProductRow, VariantRow
from persistence.channels.tables import ChannelRow
from persistence.drafts.store import KEPT_COLUMNS, KeptDraft, standing_of
from persistence.drafts.tables import DraftRow
from persistence.paging import Page, Place, page_of
from persistence.reader import Reader
from persistence.statement import Question, ids, many


class _Total(NamedTuple):
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFilter:
    """Which drafts; None asks nothing. `words` must all be found, each in the buyer's address, the note or the goods."""

    channels: frozenset[ChannelId] | None = None
    channel: str | None = None
    state: str | None = None
    customer_id: UUID | None = None
    email: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    words: tuple[str, ...] | None = None

    def asked(self) -> dict[str, Any]:
        """What is asked, by name."""
        asked = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name) is not None}
        if self.channels is not None:
            asked["channels"] = sorted(self.channels)
        return asked | ({"words": list(self.words)} if self.words is not None else {})


BY_ID = Question(KeptDraft, select(*KEPT_COLUMNS).where(DraftRow.cart_id == any_(ids())))
_WORD = func.unnest(many("words", Text())).table_valued("word", name="wanted").render_derived()
_ADDRESS = tuple(CartRow.shipping_address[name].astext for name in ("first_name", "last_name", "company", "city"))
_GOODS = (
    select(literal_column("1"))
    .select_from(CartLineRow)
    .join(VariantRow, VariantRow.id == CartLineRow.variant_id)
    .join(ProductRow, ProductRow.id == VariantRow.product_id)
    .where(
        CartLineRow.cart_id == CartRow.id,
        func.strpos(func.lower(func.concat_ws(" ", VariantRow.sku, ProductRow.name)), _WORD.c.word) > 0,
    )
    .correlate(CartRow, _WORD)
    .exists()
)
_FOUND = or_(func.strpos(func.lower(func.concat_ws(" ", CartRow.email, CartRow.note, *_ADDRESS)), _WORD.c.word) > 0, _GOODS)
_CONDITIONS: dict[str, ColumnElement[bool]] = {
    "channels": CartRow.channel_id == any_(ids("channels")),
    "channel": CartRow.channel_id
    == select(ChannelRow.id).where(ChannelRow.slug == bindparam("channel")).correlate(None).scalar_subquery(),
    "state": DraftRow.state == bindparam("state", type_=Text()),
    "customer_id": CartRow.customer_id == bindparam("customer_id", type_=Uuid()),
    "email": func.lower(CartRow.email) == bindparam("email", type_=Text()),
    "created_from": DraftRow.created_at >= bindparam("created_from", type_=DateTime(timezone=True)),
    "created_before": DraftRow.created_at < bindparam("created_before", type_=DateTime(timezone=True)),
    "words": ~select(literal_column("1")).select_from(_WORD).where(~_FOUND).correlate(CartRow).exists(),
}


async def drafts_by_id(reader: Reader, draft_ids: Sequence[UUID], *, viewer: Viewer) -> list[Draft | None]:
    """The drafts with these ids that the viewer may see; in the ids' order, None for the rest."""
    found = await drafts_of_holders(reader, draft_ids)
    return [
        each if each is not None and holds_in(viewer, Permission.READ_ORDERS, each.cart.channel_id) else None for each in found
    ]


async def drafts_of_holders(reader: Reader, draft_ids: Sequence[UUID]) -> list[Draft | None]:
    """Drafts for whoever has just been let change them."""
    rows = await reader.one_each(BY_ID, draft_ids)
    found = await _with_carts(reader, [row for row in rows if row is not None])
    by_id: dict[UUID, Draft] = {draft.standing.id: draft for draft in found}
    return [by_id.get(draft_id) for draft_id in draft_ids]


async def _with_carts(reader: Reader, rows: Sequence[KeptDraft]) -> list[Draft]:
    carts = await carts_by_id(reader, [row.id for row in rows]) if rows else []
    return [Draft(standing_of(row), cart) for row, cart in zip(rows, carts, strict=True) if cart is not None]


@lru_cache(maxsize=256)
def _page(names: frozenset[str], *, has_place: bool, backwards: bool) -> Question[KeptDraft]:
    """The statement for one set of filters; newest first, or oldest first when read backwards."""
    key = tuple_(DraftRow.created_at, DraftRow.cart_id)
    statement = (
        select(*KEPT_COLUMNS)
        .join(CartRow, CartRow.id == DraftRow.cart_id)
        .where(*(_CONDITIONS[name] for name in sorted(names)))
    )
    if has_place:
        place = tuple_(bindparam("at_time", type_=DateTime(timezone=True)), bindparam("at_id", type_=Uuid()))
        statement = statement.where(key > place if backwards else key < place)
    newest = (DraftRow.created_at.desc(), DraftRow.cart_id.desc())
    direction = (DraftRow.created_at.asc(), DraftRow.cart_id.asc()) if backwards else newest
    return Question(KeptDraft, statement.order_by(*direction).limit(bindparam("count", type_=Integer())))


@lru_cache(maxsize=256)
def _count(names: frozenset[str]) -> Question[_Total]:
    return Question(
        _Total,
        select(func.count().label("total"))
        .select_from(DraftRow)
        .join(CartRow, CartRow.id == DraftRow.cart_id)
        .where(*(_CONDITIONS[name] for name in sorted(names))),
    )


async def drafts_page(reader: Reader, wanted: DraftFilter, *, count: int, place: Place | None, backwards: bool) -> Page[Draft]:
    """A page of drafts, newest first. Who may ask for which is the caller's to have settled in `wanted`."""
    asked = wanted.asked()
    at = {"at_time": place.value, "at_id": place.id} if place is not None else {}
    question = _page(frozenset(asked), has_place=place is not None, backwards=backwards)
    rows = await reader.rows(question, **asked, **at, count=count + 1)
    page = page_of(rows, count=count, backwards=backwards, from_cursor=place is not None)
    return Page(await _with_carts(reader, page.rows), has_previous=page.has_previous, has_next=page.has_next)


async def drafts_count(reader: Reader, wanted: DraftFilter) -> int:
    """How many drafts there are of the kind."""
    asked = wanted.asked()
    row = await reader.row(_count(frozenset(asked)), **asked)
    return row.total if row is not None else 0
