"""Lists of orders: a customer's own, or whatever staff look for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from enum import Enum
from functools import cache

from domain.access.rules import email_key
from domain.money import MINOR_MAX, Currency
from persistence.orders.listing import OrderFilter, OrderSort, cursor_in, orders_count, orders_page
from persistence.orders.reads import OrderView
from schema.catalog.lists import is_storable
from schema.context import Context
from schema.orders.inputs import SEARCH_MAX, SEARCH_MIN, OrderTotalRange, OrderWhereInput
from schema.paging import ConnectionView, Window
from schema.refusal import Refusal
from schema.scalars import amount_of

NUMBER_DIGITS_MAX = 18
"""No order has a longer number."""


@cache
def _cursors(sort: OrderSort) -> Callable[[OrderView], str]:
    """How the cursors of lists of that order are made."""

    def cursor(order: OrderView) -> str:
        return cursor_in(sort, order)

    return cursor


async def _counts(context: Context, keys: Sequence[Hashable]) -> list[int]:
    """One count per list. A customer's orders hang on the caller alone, so an operation holds one list of each kind."""
    return [await orders_count(context.reader, wanted) for wanted in keys if isinstance(wanted, OrderFilter)]


async def orders_connection(
    context: Context, wanted: OrderFilter, window: Window, sort: OrderSort = OrderSort.PLACED_DESC
) -> ConnectionView:
    """A page of the orders that are wanted, with its cursors and its count."""
    page = await orders_page(context.reader, wanted, sort, count=window.count, cursor=window.cursor, backwards=window.backwards)
    return ConnectionView(page, _cursors(sort), _counts, wanted)


def filter_of(context: Context, where: OrderWhereInput | None, search: str | None, sort: OrderSort) -> OrderFilter:
    """The filter behind what was said; `Refusal` when it cannot be asked so."""
    said = where if where is not None else OrderWhereInput()
    if sort.kind is int and said.total is None:
        raise Refusal("BAD_USER_INPUT", "Totals of several currencies have no order: say `where.total.currency`.")
    lowest, highest = _ends(said.total)
    wanted = OrderFilter(
        channel=said.channel,
        statuses=_names(said.status),
        payment_statuses=_names(said.payment_status),
        fulfillment_statuses=_names(said.fulfillment_status),
        number=said.number,
        email_key=email_key(said.email) if said.email is not None else None,
        sku=said.sku,
        placed_from=said.placed_from,
        placed_before=said.placed_before,
        currency=said.total.currency if said.total is not None else None,
        total_min=lowest,
        total_max=highest,
    )
    if said.customer_id is not None:
        customer_id = context.id_of("Customer", said.customer_id)
        # What is no customer's id has no orders.
        wanted = replace(wanted, customer_id=customer_id) if customer_id is not None else replace(wanted, statuses=())
    return _searched(wanted, search)


def _names(values: Sequence[Enum] | None) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(str(each.value) for each in values)) if values is not None else None


def _ends(said: OrderTotalRange | None) -> tuple[int | None, int | None]:
    """The ends of a range of totals, in minor units."""
    if said is None:
        return None, None
    ends: list[int | None] = []
    for text in (said.min, said.max):
        amount = amount_of(text, Currency(said.currency)) if text is not None else None
        if text is not None and (amount is None or amount.minor > MINOR_MAX):
            raise Refusal("BAD_USER_INPUT", f"This is no amount of {said.currency}.")
        ends.append(amount.minor if amount is not None else None)
    return ends[0], ends[1]


def _searched(wanted: OrderFilter, search: str | None) -> OrderFilter:
    """The filter, narrowed to what the text finds; an empty text asks nothing."""
    text = search.strip() if search is not None else ""
    if not text:
        return wanted
    digits = text.removeprefix("#")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= NUMBER_DIGITS_MAX
    if len(text) > SEARCH_MAX or not is_storable(text) or (len(text) < SEARCH_MIN and not is_number):
        raise Refusal("BAD_USER_INPUT", f"Search for a number, or for {SEARCH_MIN} to {SEARCH_MAX} characters.")
    return replace(wanted, text=text if len(text) >= SEARCH_MIN else None, text_number=int(digits) if is_number else None)
