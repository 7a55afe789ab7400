"""A street for the tests of a module."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from gateways.settings import Settings
from tests.caching.deeds import ANSWERS, ROWS, a_street
from tests.caching.world import Street
from tests.conftest import Clone
from tests.workers.conftest import own_valkey

__all__ = ["own_valkey"]


@pytest.fixture(scope="module")
async def street(clone: Clone, settings_on: Callable[[str], Settings]) -> AsyncIterator[Street]:
    async with a_street(settings_on(await clone())) as opened:
        yield opened


@pytest.fixture(scope="module")
async def shelves(clone: Clone, settings_on: Callable[[str], Settings]) -> AsyncIterator[Street]:
    """A street that keeps rows and makes every answer anew of them."""
    async with a_street(settings_on(await clone()), ROWS) as opened:
        yield opened


@pytest.fixture(scope="module", params=[ANSWERS, ROWS, ANSWERS | ROWS], ids=["answers", "rows", "both"])
async def any_street(
    request: pytest.FixtureRequest, clone: Clone, settings_on: Callable[[str], Settings]
) -> AsyncIterator[Street]:
    """Whatever is kept: what is true of one is true of all."""
    async with a_street(settings_on(await clone()), request.param) as opened:
        yield opened
