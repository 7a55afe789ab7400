"""The histories of the orders that are being watched, read once for all who watch them in this process.

One task looks: at once for orders that were hinted at or are new here, and every few seconds at all of them, many in one
statement. Who watches has a place in a history and a flag; how far behind they are costs nothing.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

import structlog

from domain.live import Live, order_topic
from persistence.engine import Database
from persistence.failures import Overloaded, Unavailable
from persistence.orders.reads import OrderEventView, events_after, events_after_each, events_of_orders
from persistence.reader import Reader
from schema.flags import Flag

AT_ONCE = 500
"""Orders looked at in one statement."""
TURNS = 4
"""Connections that those who begin to watch may take together; the others wait."""
_KEPT_MAX = 400
_PAUSE_SECONDS = 1.0
_FRESH_SECONDS = 0.2
_TOPIC = order_topic(UUID(int=0)).partition(":")[0] + ":"

_BUSY = (Overloaded, Unavailable, TimeoutError)
_log = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True, eq=False)
class _Feed:
    """One order's history: its latest entries, without a gap; None as long as nobody has looked."""

    followers: set[Follower] = field(default_factory=set)
    entries: list[OrderEventView] | None = None
    looked_at: float = 0.0


class Follower(Flag):
    """One watcher's flag. It belongs to the task that follows."""

    __slots__ = ("_feed", "_feeds", "_order_id")

    def __init__(self, feeds: OrderFeeds, feed: _Feed, order_id: UUID) -> None:
        super().__init__()
        self._feeds = feeds
        self._feed = feed
        self._order_id = order_id

    async def after(self, seen: int) -> Sequence[OrderEventView]:
        """The next entries after that one, oldest first; maybe not all, and none when there are none yet."""
        entries = self._feed.entries
        if entries is None:
            return ()
        if entries and entries[0].seq > seen + 1:
            # Longer ago than is kept here.
            return await self._feeds.older(self._order_id, seen)
        return entries[seen + 1 - entries[0].seq :] if entries else ()


class OrderFeeds:
    """All histories that are being followed in this process. `looks` counts the statements that looking took."""

    def __init__(self, database: Database, live: Live) -> None:
        self.turn = asyncio.Semaphore(TURNS)
        """For what those who begin to watch read for themselves."""
        self.looks = 0
        self._database = database
        self._live = live
        self._feeds: dict[UUID, _Feed] = {}
        self._due: set[UUID] = set()
        self._stirred = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None
        live.attend(_TOPIC, self._heard)

    @contextmanager
    def following(self, order_id: UUID) -> Iterator[Follower]:
        """Follows the order for as long as the block lasts."""
        feed = self._feeds.setdefault(order_id, _Feed())
        follower = Follower(self, feed, order_id)
        feed.followers.add(follower)
        loop = asyncio.get_running_loop()
        if feed.entries is None or loop.time() - feed.looked_at > _FRESH_SECONDS:
            self._look_soon((order_id,))
        if self._looking is None:
            self._looking = loop.create_task(self._look_on(), name="order-feeds")
        try:
            yield follower
        finally:
            feed.followers.discard(follower)
            if not feed.followers:
                del self._feeds[order_id]
            if not self._feeds and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    async def older(self, order_id: UUID, seen: int) -> Sequence[OrderEventView]:
        """Entries that are kept here no more, straight from the database."""
        async with self.turn:
            reader = Reader(self._database)
            try:
                return await events_after(reader, order_id, seen)
            finally:
                await reader.end()

    def _heard(self, topics: Collection[str] | None) -> None:
        if topics is None:
            self._look_soon(self._feeds)
        else:
            self._look_soon({UUID(topic.removeprefix(_TOPIC)) for topic in topics} & self._feeds.keys())

    def _look_soon(self, order_ids: Collection[UUID]) -> None:
        if order_ids:
            self._due.update(order_ids)
            self._stirred.set()

    async def _look_on(self) -> None:
        while True:
            # A little less each time, so that the processes that lost a hint together do not look together.
            seconds = self._live.look_seconds * random.uniform(0.8, 1.0)  # noqa: S311 - spreading, not a secret
            try:
                async with asyncio.timeout(seconds):
                    await self._stirred.wait()
            except TimeoutError:
                self._due.update(self._feeds)
            self._stirred.clear()
            while due := self._due & self._feeds.keys():
                self._due = set()
                try:
                    await self._look(due)
                except Exception as trouble:  # noqa: BLE001 - who looks for all must not stop looking
                    _log.warning("feeds.blind", orders=len(due), exc_info=None if isinstance(trouble, _BUSY) else trouble)
                    self._due |= due
                    await asyncio.sleep(_PAUSE_SECONDS)

    async def _look(self, order_ids: Collection[UUID]) -> None:
        """Reads what is new in these histories, and stirs whoever follows one in which there was."""
        reader = Reader(self._database)
        rest = iter(order_ids)
        try:
            while some := list(islice(rest, AT_ONCE)):
                await self._read(reader, some)
        finally:
            self.looks += reader.statements
            await reader.end()

    async def _read(self, reader: Reader, order_ids: Sequence[UUID]) -> None:
        feeds = {each: feed for each in order_ids if (feed := self._feeds.get(each)) is not None}
        now = asyncio.get_running_loop().time()
        fresh = [each for each, feed in feeds.items() if feed.entries is None]
        # Who is new in between asks for a look of their own.
        places = {each: feed.entries[-1].seq if feed.entries else 0 for each, feed in feeds.items() if feed.entries is not None}
        found: dict[UUID, list[OrderEventView]] = {each: [] for each in feeds}
        if fresh:
            found.update(zip(fresh, await events_of_orders(reader, fresh), strict=True))
        for entry in await events_after_each(reader, places) if places else ():
            found[entry.order_id].append(entry)
        for order_id, entries in found.items():
            feed = feeds[order_id]
            feed.looked_at = now
            if entries or feed.entries is None:
                feed.entries = [*(feed.entries or ()), *entries][-_KEPT_MAX:]
                for follower in feed.followers:
                    follower.stir()
