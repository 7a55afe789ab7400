"""A street for the tests of a module."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from gateways.settings import Settings
from tests.caching.deeds import a_street
from tests.caching.world import Street
from tests.conftest import Clone
from tests.workers.conftest import own_valkey

__all__ = ["own_valkey"]


@pytest.fixture(scope="module")
async def street(clone: Clone, settings_on: Callable[[str], Settings]) -> AsyncIterator[Street]:
    async with a_street(settings_on(await clone())) as opened:
        yield opened
