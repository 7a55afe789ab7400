"""Callers with addresses of their own, two API processes that know the same limits, and a Redis to be killed."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from gateways.embedded.launcher import Embedded
from gateways.settings import Settings
from tests.conftest import Clone
from tests.limits.callers import Apis, opened

_NUMBERS = itertools.count(1)


@pytest.fixture
def address() -> str:
    """An address that no other test calls from (RFC 2544 set them aside for trying things out)."""
    number = next(_NUMBERS)
    return f"198.18.{number // 250}.{number % 250 + 1}"


@pytest.fixture(scope="session")
async def apis(clone: Clone, settings_on: Callable[[str], Settings]) -> AsyncIterator[Apis]:
    """Two API processes' worth of one shop: 8 operations and 5 mutations a minute, 3 coupon codes on a cart."""
    limits = {"requests_per_minute": 8, "mutations_per_minute": 5, "logins_per_minute": 3}
    async with opened(settings_on(await clone()).model_copy(update=limits)) as both:
        yield both


@pytest.fixture
def own_valkey() -> Iterator[Embedded]:
    """A Redis to be killed, which keeps nothing on disk."""
    home = Path(tempfile.mkdtemp(prefix="vitrine-", dir="/tmp"))
    home.chmod(0o755)
    with Embedded(home, durable=False, with_postgres=False) as embedded:
        yield embedded
    shutil.rmtree(home, ignore_errors=True)
