"""New notifications, read once for all who watch in this process: one look, whatever their number, whenever somebody has one.

Who watches has a place. Whoever fell behind what is kept here reads their own from the database until they have caught up.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile

import structlog

from domain.live import NOTIFICATIONS, Live
from domain.notifications.model import Reach
from domain.notifications.rules import reaches
from persistence.engine import Database
from persistence.failures import Overloaded, Unavailable
from persistence.notifications.reads import NotificationView, all_after, last_position, own_after
from persistence.reader import Reader
from schema.flags import Flag

AT_ONCE = 500
"""Rows read in one statement."""
TURNS = 4
"""Connections that those who catch up may take together; the others wait."""
_KEPT_MAX = 1_000
_PAUSE_SECONDS = 1.0
_BUSY = (Overloaded, Unavailable, TimeoutError)
_log = structlog.stdlib.get_logger(__name__)


class Follower(Flag):
    """One watcher's place and flag. It belongs to the task that follows."""

    __slots__ = ("_feed", "_place", "reach")

    def __init__(self, feed: NotificationFeed, place: int) -> None:
        super().__init__()
        self._feed = feed
        self._place = place
        self.reach: Reach | None = None
        """What they read, as of their last look; None before the first."""

    async def next(self, reach: Reach) -> Sequence[NotificationView]:
        """What somebody has to read after their place, oldest first; none when there is none for now."""
        self.reach = reach
        found, self._place = await self._feed.after(reach, self._place)
        return found


class NotificationFeed:
    """The newest notifications, as long as somebody watches. `looks` counts the statements that looking took."""

    def __init__(self, database: Database, live: Live) -> None:
        self.looks = 0
        self._turn = asyncio.Semaphore(TURNS)
        self._database = database
        self._live = live
        self._followers: set[Follower] = set()
        self._kept: deque[NotificationView] = deque(maxlen=_KEPT_MAX)
        self._top: int | None = None
        """Up to where everything was looked at; None as long as nobody has."""
        self._floor = 0
        """After which everything up to the top is kept here."""
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def following(self, place: int) -> Iterator[Follower]:
        """Follows from a place on for as long as the block lasts."""
        follower = Follower(self, place)
        self._followers.add(follower)
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look_on(), name="notification-feed")
        try:
            yield follower
        finally:
            self._followers.discard(follower)
            if not self._followers and self._looking is not None:
                self._looking.cancel()
                self._looking, self._top = None, None
                self._kept.clear()

    async def last(self) -> int:
        """The position of the newest of all, for who wants to hear of what comes after."""
        async with self._turn:
            reader = Reader(self._database)
            try:
                return await last_position(reader)
            finally:
                await reader.end()

    async def after(self, reach: Reach, place: int) -> tuple[Sequence[NotificationView], int]:
        """The next that somebody reads after a place, and their place then."""
        top = self._top
        if top is None or place < self._floor:
            return await self._caught_up(reach, place, top or 0)
        newer = reversed(list(takewhile(lambda each: each.seq > place, reversed(self._kept))))
        return [each for each in newer if _is_theirs(reach, each)], max(place, top)

    async def _caught_up(self, reach: Reach, place: int, top: int) -> tuple[Sequence[NotificationView], int]:
        """Straight from the database. What it does not show up to the top is not theirs, for rows appear in their order."""
        async with self._turn:
            reader = Reader(self._database)
            try:
                found = await own_after(reader, reach, place, limit=AT_ONCE)
            finally:
                await reader.end()
        reached = found[-1].seq if found else place
        return found, reached if len(found) == AT_ONCE else max(reached, top)

    async def _look_on(self) -> None:
        async with self._live.listen(NOTIFICATIONS) as hints:
            while True:
                try:
                    await self._look()
                except Exception as trouble:  # noqa: BLE001 - who looks for all must not stop looking
                    _log.warning("notifications.blind", exc_info=None if isinstance(trouble, _BUSY) else trouble)
                    await asyncio.sleep(_PAUSE_SECONDS * random.uniform(0.5, 1.0))  # noqa: S311 - spreading, not a secret
                    continue
                await anext(hints)

    async def _look(self) -> None:
        """Reads what is new and stirs those whom it is for; at first only where the newest is, and everybody looks once."""
        reader = Reader(self._database)
        try:
            if self._top is None:
                self._floor = self._top = await last_position(reader)
                for follower in self._followers:
                    follower.stir()
            while found := await all_after(reader, self._top, limit=AT_ONCE):
                self._keep(found)
        finally:
            self.looks += reader.statements
            await reader.end()

    def _keep(self, found: Sequence[NotificationView]) -> None:
        for each in found:
            if len(self._kept) == _KEPT_MAX:
                self._floor = self._kept[0].seq
            self._kept.append(each)
        self._top = found[-1].seq
        for follower in self._followers:
            reach = follower.reach
            if reach is None or any(_is_theirs(reach, each) for each in found):
                follower.stir()


def _is_theirs(reach: Reach, one: NotificationView) -> bool:
    return reaches(reach, customer_id=one.customer_id, permission=one.permission, channel_id=one.channel_id)
