"""Letters are tested where workers are: on a database of their own, with a mail server."""

from __future__ import annotations

from tests.workers.conftest import own_redis_url, place, sink

__all__ = ("own_redis_url", "place", "sink")
