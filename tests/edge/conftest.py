"""Apps to put layers around, and what they logged."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
import structlog


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[MutableMapping[str, Any]]]:
    """What was logged in the test."""
    with structlog.testing.capture_logs() as entries:
        yield entries
