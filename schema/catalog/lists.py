"""Lists of products: the typed filter made a filter of the read side, the page, its cursors and its count."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.catalog.rules import folded
from domain.money import Currency
from persistence.catalog import filters
from persistence.catalog.listing import Asked, Order, Scope, cursor_of, page_of_shop, pages_within, totals
from schema.catalog.enums import ProductOrder
from schema.catalog.inputs import (
    TEXT_MAX,
    VALUES_MAX,
    WHERE_DEPTH_MAX,
    WHERE_PARTS_MAX,
    AmountRange,
    IdFilter,
    ProductStatusFilter,
    ProductWhereInput,
    TextFilter,
)
from schema.catalog.shelves import shelf_of
from schema.context import Context
from schema.ids import id_of
from schema.paging import ConnectionView, Window
from schema.refusal import Refusal
from schema.scalars import amount_of


@dataclass(frozen=True, slots=True)
class _Counted:
    """One list to count."""

    scope: Scope
    parent_id: UUID | None
    wanted: filters.Filter


async def _counts(context: Context, keys: Sequence[Hashable]) -> list[int]:
    """One statement for all lists that differ only in their parent."""
    found: dict[Hashable, int] = {}
    asked = [key for key in keys if isinstance(key, _Counted)]
    for scope, wanted in dict.fromkeys((key.scope, key.wanted) for key in asked):
        alike = [key for key in asked if (key.scope, key.wanted) == (scope, wanted)]
        numbers = await totals(
            context.reader, [key.parent_id for key in alike], wanted, scope=scope, shelf=await shelf_of(context)
        )
        found.update(zip(alike, numbers, strict=True))
    return [found[key] for key in keys]


async def products_of_shop(
    context: Context, where: ProductWhereInput | None, order_by: ProductOrder | None, window: Window
) -> ConnectionView:
    """A page of all products."""
    shelf = await shelf_of(context)
    asked = _asked(where, order_by, Scope.SHOP, Currency(shelf.currency))
    page = await page_of_shop(
        context.reader, asked, shelf=shelf, count=window.count, backwards=window.backwards, cursor=window.cursor
    )
    return ConnectionView(page, cursor_of(asked.order), _counts, _Counted(Scope.SHOP, None, asked.wanted))


async def products_within(
    context: Context,
    within: tuple[Scope, Sequence[UUID]],
    where: ProductWhereInput | None,
    order_by: ProductOrder | None,
    window: Window,
) -> list[ConnectionView]:
    """A page of products within each category or collection, all in one statement."""
    scope, parent_ids = within
    shelf = await shelf_of(context)
    asked = _asked(where, order_by, scope, Currency(shelf.currency))
    pages = await pages_within(
        context.reader,
        parent_ids,
        asked,
        shelf=shelf,
        count=window.count,
        backwards=window.backwards,
        cursor=window.cursor,
    )
    return [
        ConnectionView(page, cursor_of(asked.order), _counts, _Counted(scope, parent_id, asked.wanted))
        for page, parent_id in zip(pages, parent_ids, strict=True)
    ]


def _asked(where: ProductWhereInput | None, order_by: ProductOrder | None, scope: Scope, currency: Currency) -> Asked:
    wanted = _filter(where, currency) if where is not None else filters.EVERYTHING
    text = _text(where.text) if where is not None and where.text is not None else None
    if order_by is not None:
        order = order_by.order
    elif text is not None:
        order = Order.RELEVANCE
    else:
        order = Order.POSITION if scope is Scope.COLLECTION else Order.CREATED_DESC
    if order is Order.RELEVANCE and text is None:
        raise Refusal("BAD_USER_INPUT", "To sort by RELEVANCE, say what to search for in `where.text`.")
    return Asked(scope=scope, wanted=wanted, order=order, text=text or "")


def _filter(where: ProductWhereInput, currency: Currency) -> filters.Filter:
    parts = _all_parts(where, currency, depth=1, left=iter(range(WHERE_PARTS_MAX)))
    return filters.All(parts)


def _all_parts(where: ProductWhereInput, currency: Currency, *, depth: int, left: Iterator[int]) -> tuple[filters.Filter, ...]:
    """All conditions of one level, with those below; `left` runs out when there are too many."""
    if depth > WHERE_DEPTH_MAX:
        raise Refusal("BAD_USER_INPUT", f"`where` may be {WHERE_DEPTH_MAX} levels deep.")

    def below(inner: ProductWhereInput) -> filters.Filter:
        return filters.All(_all_parts(inner, currency, depth=depth + 1, left=left))

    parts = list(_own_parts(where, currency))
    if where.AND is not None:
        parts += [below(each) for each in where.AND]
    if where.OR is not None:
        parts.append(filters.Any_(tuple(below(each) for each in where.OR)))
    if where.NOT is not None:
        parts.append(filters.Not(below(where.NOT)))
    if any(next(left, None) is None for _ in (*parts, None)):
        raise Refusal("BAD_USER_INPUT", f"`where` may have {WHERE_PARTS_MAX} conditions.")
    return tuple(parts)


def _own_parts(where: ProductWhereInput, currency: Currency) -> Iterator[filters.Filter]:
    if where.category is not None:
        yield from _one_of_ids("Category", where.category, filters.InCategories)
    if where.collection is not None:
        yield from _one_of_ids("Collection", where.collection, filters.InCollections)
    if where.price is not None and where.price.range is not None:
        yield _price(where.price.range, currency)
    if where.available is not None:
        yield filters.Available(where.available)
    if where.text is not None:
        yield filters.Matches(_text(where.text))
    for name, texts in (("vendor", where.vendor), ("product_type", where.product_type), ("tags", where.tag)):
        if texts is not None:
            yield from _one_of_texts(name, texts)
    yield from _statuses(where.status)


def _statuses(said: ProductStatusFilter | None) -> Iterator[filters.Filter]:
    if said is not None and said.eq is not None:
        yield filters.OneOf("status", (said.eq.value,))
    if said is not None and said.one_of is not None:
        yield filters.OneOf("status", tuple(each.value for each in said.one_of))


def _one_of_ids(kind: str, said: IdFilter, make: Callable[[tuple[UUID, ...]], filters.Filter]) -> Iterator[filters.Filter]:
    """What is no id of the kind names nothing, so nothing is in it."""
    if said.eq is not None:
        yield make(tuple(filter(None, (id_of(kind, said.eq),))))
    if said.one_of is not None:
        _bounded(len(said.one_of))
        yield make(tuple(filter(None, (id_of(kind, each) for each in said.one_of))))


def _one_of_texts(name: str, said: TextFilter) -> Iterator[filters.Filter]:
    if said.eq is not None:
        yield filters.OneOf(name, _storable((said.eq,)))
    if said.one_of is not None:
        _bounded(len(said.one_of))
        yield filters.OneOf(name, _storable(said.one_of))


def _storable(texts: Sequence[str]) -> tuple[str, ...]:
    """Texts that can be in the database at all: others match nothing."""
    return tuple(each for each in texts if is_storable(each))


def is_storable(text: str) -> bool:
    """Whether a text can be in the database at all (no NUL, no half of a surrogate pair)."""
    return "\x00" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _bounded(number: int) -> None:
    if number > VALUES_MAX:
        raise Refusal("BAD_USER_INPUT", f"Name {VALUES_MAX} values at most.")


def _text(text: str) -> str:
    if len(text) > TEXT_MAX or not is_storable(text):
        raise Refusal("BAD_USER_INPUT", f"A search has {TEXT_MAX} characters of text at most.")
    return folded(text)


def _price(said: AmountRange, currency: Currency) -> filters.Filter:
    ends: list[int | None] = []
    for text in (said.min, said.max):
        amount = amount_of(text, currency) if text is not None else None
        if text is not None and amount is None:
            raise Refusal("BAD_USER_INPUT", f"This is no amount of {currency}.")
        ends.append(amount.minor if amount is not None else None)
    return filters.PriceFrom(ends[0], ends[1])
