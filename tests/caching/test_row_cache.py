"""How rows are kept: bounded, dropped by tag and by date, and only those that are everybody's."""

from __future__ import annotations

import tracemalloc
from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import DateTime, bindparam, literal_column, select

from persistence.ahead import Read, without_present
from persistence.catalog import groups, reads
from persistence.catalog.groups import CategoryView
from persistence.catalog.tables import ProductImageRow, ProductRow
from persistence.catalog.views import ImageView, image_columns
from persistence.orders import reads as orders
from persistence.row_cache import RowCache, Rows
from persistence.statement import Question
from persistence.tags import PREFIX, Dependence, public_of
from tests.conftest import NOW

THUMBNAIL = reads.THUMBNAILS.question


class Clock:
    """A present that is moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def _cache(*, bytes_max: int = 1_000_000, clock: Clock | None = None) -> RowCache:
    return RowCache(bytes_max=bytes_max, seconds_max=60, hears=lambda: True, now=clock or Clock())


def _id(number: int) -> UUID:
    return UUID(int=number)


def _picture(number: int, version: int = 0, *, words: int = 0) -> ImageView:
    return ImageView(_id(1_000 + number), _id(number), 1, f"https://pictures.example/{version}", "x" * words)


def _keep(cache: RowCache, found: dict[Any, Rows], *, since: int | None = None) -> None:
    stamp = cache.changes.stamp if since is None else since
    cache.keep(THUMBNAIL, "place", found, since=stamp, begin=None, until=None)


def _recall(cache: RowCache, *numbers: int, into: Dependence | None = None) -> dict[Hashable, Rows]:
    return cache.recall("place", [_id(each) for each in numbers], present=None, into=into)


def _touch(cache: RowCache, *tags: str) -> None:
    cache.heard([PREFIX + tag for tag in tags])


@given(st.lists(st.tuples(st.sampled_from("rptf"), st.integers(0, 3)), max_size=60))
def test_what_was_read_before_a_change_is_never_recalled_after_it(steps: list[tuple[str, int]]) -> None:
    cache, version, started = _cache(), dict.fromkeys(range(4), 0), dict[int, tuple[int, int]]()
    for what, thing in steps:
        match what:
            case "r":  # begin to read
                started[thing] = (cache.changes.stamp, version[thing])
            case "p" if thing in started:  # and keep what was read
                since, seen = started.pop(thing)
                _keep(cache, {_id(thing): (_picture(thing, seen),)}, since=since)
            case "t":
                version[thing] += 1
                _touch(cache, f"product:{_id(thing)}")
            case "f":
                version[thing] += 1
                cache.heard(None)
        for number in range(4):
            for [row] in _recall(cache, number).values():
                assert row == _picture(number, version[number])


def test_a_change_that_names_no_thing_drops_all_of_a_read_and_nothing_of_others() -> None:
    cache = _cache()
    _keep(cache, {_id(1): (_picture(1),), _id(2): ()})
    category = CategoryView(_id(7), None, "lamps", "Lamps", "", 0, None, None, NOW, None)
    cache.keep(groups.CATEGORIES.question, "categories", {_id(7): (category,)}, since=0, begin=None, until=None)
    _touch(cache, f"product:{_id(3)}", "product", "product_image")
    assert _recall(cache, 1, 2, 3) == {_id(1): (_picture(1),), _id(2): ()}
    _touch(cache, "product_image*")
    assert _recall(cache, 1, 2) == {}
    assert cache.recall("categories", [_id(7)], present=None, into=None) == {_id(7): (category,)}
    _touch(cache, "category")
    assert (cache.recall("categories", [_id(7)], present=None, into=None), len(cache)) == ({}, 0)


def test_who_is_told_of_kept_rows_depends_on_what_they_depend_on() -> None:
    cache, dependence = _cache(), Dependence(set(), set())
    _keep(cache, {_id(1): (_picture(1),), _id(2): (_picture(2),)})
    _recall(cache, 1, 3, into=dependence)
    assert dependence.tags == {"product_image*", f"product:{_id(1)}"}
    assert (dependence.is_own, dependence.until) == (False, NOW + timedelta(seconds=60))


def test_the_bytes_are_bounded_and_what_nobody_asked_for_leaves_first() -> None:
    cache = _cache(bytes_max=100_000)
    for number in range(1, 400):
        _keep(cache, {_id(number): (_picture(number, words=2_000),)})
        assert _recall(cache, 1) == {_id(1): (_picture(1, words=2_000),)}
        assert cache.bytes <= 100_000
    assert _recall(cache, 2) == {}
    assert len(_recall(cache, 399)) == 1
    assert len(cache) > 10
    _keep(cache, {_id(500): (_picture(500, words=20_000),)})
    assert _recall(cache, 500) == {}
    cache.heard(None)
    assert (len(cache), cache.bytes, cache.flushes) == (0, 0, 1)


def test_the_bytes_are_bounded_when_everything_is_asked_for_again_and_again() -> None:
    cache = _cache(bytes_max=100_000)
    for number in range(1, 200):
        _keep(cache, {_id(each): (_picture(each, words=2_000),) for each in (number, 1_000 + number)})
        _recall(cache, *range(1, number + 1))
        assert cache.bytes <= 100_000
    assert len(_recall(cache, 199, 1_199)) == 2


def test_what_strangers_may_choose_counts_as_well() -> None:
    cache = _cache(bytes_max=1_000_000)
    by_slug = groups.CATEGORIES_BY_SLUG
    tracemalloc.start()
    for number in range(300):
        slug = f"{number}" + "x" * 50_000
        cache.keep(by_slug, "slugs", {slug: ()}, since=0, begin=None, until=None)
        shape = Question(ImageView, select(*image_columns()).where(ProductImageRow.position > literal_column(str(number))))
        cache.keep(shape, shape, {("list", (slug,)): ()}, since=0, begin=None, until=None)
        assert cache.bytes <= 1_000_000
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 2_000_000
    cache.keep(by_slug, "slugs", {"y" * 200_000: ()}, since=0, begin=None, until=None)
    assert cache.recall("slugs", ["y" * 200_000], present=None, into=None) == {}


def test_one_row_and_many_rows_of_the_same_question_are_kept_apart() -> None:
    question = reads.IMAGES_OF_PRODUCTS.question
    assert Read(question, has_many=True).lasting != Read(question).lasting
    assert without_present({"now": NOW, "ids": [1]}) == (NOW, (("ids", (1,)),))
    assert without_present({"now": "soon"}) == (None, (("now", "soon"),))


def test_rows_are_kept_for_the_stated_time_and_not_over_a_date_that_changes_them() -> None:
    clock = Clock()
    cache, soon, later = _cache(clock=clock), NOW + timedelta(seconds=10), NOW + timedelta(seconds=61)
    keys = [_id(1)]
    cache.keep(THUMBNAIL, "dated", {_id(1): (_picture(1),)}, since=0, begin=NOW, until=soon)
    cache.keep(THUMBNAIL, "place", {_id(1): (_picture(1),)}, since=0, begin=None, until=None)
    assert len(cache.recall("dated", keys, present=NOW, into=None)) == 1
    assert cache.recall("dated", keys, present=NOW - timedelta(seconds=1), into=None) == {}
    clock.now = soon
    assert cache.recall("dated", keys, present=soon, into=None) == {}
    assert len(_recall(cache, 1)) == 1
    clock.now = later
    assert _recall(cache, 1) == {}


def test_rows_of_what_is_not_everybodys_are_never_kept() -> None:
    cache = _cache()
    cache.keep(orders.BY_ID, "orders", {_id(1): ()}, since=0, begin=None, until=None)
    assert (len(cache), cache.recall("orders", [_id(1)], present=None, into=None)) == (0, {})
    asked_of_a_function = Question(
        ImageView, select(*(literal_column("shop_secret()").label(each) for each in ImageView._fields))
    )
    assert public_of(asked_of_a_function) is None
    until_a_date = (
        select(*image_columns()).join(ProductRow).where(ProductRow.published_at > bindparam("now", type_=DateTime(True)))
    )
    assert public_of(Question(ImageView, until_a_date)) is None
