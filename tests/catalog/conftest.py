"""Fixtures of the catalogue."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gateways.identity.passwords import Argon2Hasher, ZxcvbnJudge
from tests.conftest import Clone
from tests.makers.access import hasher, judge
from tests.makers.catalog import Bazaar, a_bazaar

__all__ = ["hasher", "judge"]


@pytest.fixture(scope="module")
async def bazaar(clone: Clone, hasher: Argon2Hasher, judge: ZxcvbnJudge) -> AsyncIterator[Bazaar]:
    """An empty shop for the tests of a module."""
    async with a_bazaar(await clone(), hasher, judge) as opened:
        yield opened
