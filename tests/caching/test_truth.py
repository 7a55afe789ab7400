"""No stale answer: none at all in the process that writes, none after the notice time in the others."""

from __future__ import annotations

import asyncio
import random

import pytest

from schema.catalog import grouping, imports
from schema.catalog import mutations as catalog
from schema.prices import mutations as prices
from schema.root import _fields
from schema.stock import mutations as stock
from tests.caching.deeds import DEEDS, Deed, buys, calls_off
from tests.caching.world import Process, Street

STEPS = 25
EVERYTHING = {**DEEDS, "buys": buys, "calls_off": calls_off}
QUEUED = {field.python_name for field in _fields([imports])}
"""What these change is only work for the worker, which writes through the same stores."""


def test_every_mutation_of_the_catalogue_prices_and_stock_is_tried() -> None:
    assert {field.python_name for field in _fields([catalog, grouping, prices, stock])} == set(DEEDS)
    assert {"product_import_start", "product_import_append"} == QUEUED


@pytest.mark.parametrize("name", sorted(EVERYTHING))
async def test_what_a_mutation_changes_is_seen_at_once_here_and_soon_there(any_street: Street, name: str) -> None:
    chance = random.Random(name)
    questions = any_street.questions(chance)
    for process in (any_street.here, any_street.there):
        await any_street.settles(process, questions)
    await EVERYTHING[name](any_street, any_street.here, chance)
    assert await any_street.differences(any_street.here, questions) == []
    await any_street.settles(any_street.there, questions)


@pytest.mark.parametrize("seed", [11, 12])
async def test_random_reads_and_writes_over_two_processes_find_nothing_stale(any_street: Street, seed: int) -> None:
    chance = random.Random(seed)
    deeds: list[tuple[str, Deed]] = sorted(EVERYTHING.items())
    for step in range(STEPS):
        name, deed = chance.choice(deeds)
        writer, other = chance.sample((any_street.here, any_street.there), 2)
        questions = chance.sample(any_street.questions(chance), 8)
        # Questions that are under way while the change is made must not leave behind what they saw.
        crowd = [each.ask(*question) for each in (writer, other) for question in questions]
        await asyncio.gather(deed(any_street, writer, chance), *crowd)
        again = chance.sample(any_street.questions(chance), 8)
        assert await any_street.differences(writer, [*questions, *again]) == [], f"seed {seed}, step {step}: {name}"
        await any_street.settles(other, [*questions, *again])
    assert _hits(any_street.here) > STEPS


def _hits(process: Process) -> float:
    """How often something kept was told."""
    of_answers = process.api.metrics.registry.get_sample_value("vitrine_response_lookups_total", {"outcome": "hit"})
    return (of_answers or 0) + (process.api.rows.hits if process.api.rows is not None else 0)
