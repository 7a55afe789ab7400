"""Whether the process lives, and whether it can serve: three paths for orchestrators and people.

What is asked of the database and of Redis comes in as probes. Nothing of a probe's exception is told but to the log.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response

Probe = Callable[[], Awaitable[object]]
"""Asks one thing of a dependency; raises, or gives False, when it is not well."""

PROBE_SECONDS_MAX = 0.5
_KEPT_SECONDS = 1.0
_LAG_EVERY_SECONDS = 0.25
_LAG_SECONDS_MAX = 5.0

_log = structlog.get_logger(__name__)


class LoopLag:
    """How late the event loop runs its timers: what blocks it shows here. Start it on the loop, stop it at the end."""

    def __init__(self) -> None:
        self.seconds = 0.0
        """The lateness of the last tick."""
        self.worst_seconds = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_LAG_EVERY_SECONDS, self._tick, loop.time() + _LAG_EVERY_SECONDS)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _tick(self, due: float) -> None:
        self.seconds = max(0.0, asyncio.get_running_loop().time() - due)
        self.worst_seconds = max(self.worst_seconds, self.seconds)
        self.start()


@dataclass(frozen=True, slots=True)
class _Found:
    at: float
    wells: Mapping[str, bool]


@dataclass(slots=True)
class Health:
    """`needed` are probes without which nothing can be served (database, schema head); `wanted` may fail (Redis).

    `draining` tells whether the process is ending; `about` adds facts to the summary (version, mode).
    """

    needed: Mapping[str, Probe]
    wanted: Mapping[str, Probe]
    draining: Callable[[], bool]
    lag: LoopLag
    about: Mapping[str, str] = field(default_factory=dict)
    _found: _Found | None = None
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def live(self, _request: Request) -> Response:
        """200 while the event loop turns; no dependency is asked, so that losing one restarts nobody."""
        alive = self.lag.seconds <= _LAG_SECONDS_MAX
        content = {"status": "ok" if alive else "stalled", "loopLagSeconds": round(self.lag.seconds, 3)}
        return _answer(200 if alive else 503, content)

    async def ready(self, _request: Request) -> Response:
        """200 when requests can be served, degraded or not; 503 while draining or when something needed is missing."""
        status, content = await self._state()
        return _answer(status, content)

    async def summary(self, _request: Request) -> Response:
        """As `ready`, with what else there is to know of the process."""
        status, content = await self._state()
        lag = {"now": round(self.lag.seconds, 3), "worst": round(self.lag.worst_seconds, 3)}
        return _answer(status, {**content, "loopLagSeconds": lag, **self.about})

    async def _state(self) -> tuple[int, dict[str, object]]:
        wells = await self._wells()
        checks = {name: "ok" if well else "unavailable" for name, well in wells.items()}
        if self.draining():
            return 503, {"status": "draining", "checks": checks}
        if not all(wells[name] for name in self.needed):
            return 503, {"status": "unavailable", "checks": checks}
        return 200, {"status": "ok" if all(wells.values()) else "degraded", "checks": checks}

    async def _wells(self) -> Mapping[str, bool]:
        """What the probes said, at most a second ago: however often we are asked, the dependencies are not."""
        async with self._asking:
            if self._found is None or time.monotonic() - self._found.at > _KEPT_SECONDS:
                probes = {**self.needed, **self.wanted}
                answers = await asyncio.gather(*(_well(name, probe) for name, probe in probes.items()))
                self._found = _Found(time.monotonic(), dict(zip(probes, answers, strict=True)))
            return self._found.wells


async def _well(name: str, probe: Probe) -> bool:
    try:
        async with asyncio.timeout(PROBE_SECONDS_MAX):
            return await probe() is not False
    except Exception as failure:  # noqa: BLE001 - any failure means the same here: not well
        _log.warning("health.probe_failed", probe=name, kind=type(failure).__name__)
        return False


def _answer(status: int, content: Mapping[str, object]) -> Response:
    return Response(orjson.dumps(content), status, headers={"cache-control": "no-store"}, media_type="application/json")
