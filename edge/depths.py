"""How much waits and how much is open, read when the metrics page is: outbox, broker queues, sockets, subscriptions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Protocol, TypeVar

import redis.asyncio

from edge.metrics import Depth
from persistence.engine import Database
from persistence.notices.deliveries import DEPTH as NOTICE_DEPTH
from persistence.outbox import DEPTH
from persistence.payments.reads import DEPTH as PAYMENT_DEPTH
from persistence.row_cache import RowCache
from persistence.statement import Question, fetch
from persistence.webhooks.reads import DEPTH as WEBHOOK_DEPTH

V = TypeVar("V", bound=tuple[Any, ...])
C = TypeVar("C", bound="Cache")


def _asked(database: Database, question: Question[V], figure: Callable[[V], float]) -> Callable[[], Awaitable[float]]:
    """One figure of a question that answers with one row."""

    async def ask() -> float:
        async with database.reading() as connection:
            return figure((await fetch(connection, question, {}))[0])

    return ask


def outbox_depths(database: Database) -> list[Depth]:
    """Tasks that wait, tasks that were parked, and how long the oldest open one is overdue."""
    figure = partial(_asked, database, DEPTH)
    return [
        Depth("vitrine_outbox_waiting", "Outbox tasks that are not done.", figure(lambda each: each.waiting)),
        Depth(
            "vitrine_outbox_parked",
            "Outbox tasks that were given up: somebody has to look.",
            figure(lambda each: each.parked),
        ),
        Depth(
            "vitrine_outbox_oldest_seconds",
            "By how much the oldest open outbox task is overdue.",
            figure(lambda each: each.oldest_seconds),
        ),
    ]


def webhook_depths(database: Database) -> list[Depth]:
    """Events that merchants' endpoints have not taken yet, and endpoints that nothing reaches."""
    figure = partial(_asked, database, WEBHOOK_DEPTH)
    return [
        Depth(
            "vitrine_webhooks_pending",
            "Webhook deliveries that are neither taken nor given up.",
            figure(lambda each: each.pending),
        ),
        Depth(
            "vitrine_webhooks_oldest_seconds",
            "How long the oldest of them has waited.",
            figure(lambda each: each.oldest_seconds),
        ),
        Depth(
            "vitrine_webhook_endpoints_failing",
            "Webhook endpoints whose last try failed.",
            figure(lambda each: each.failing),
        ),
    ]


def notice_depths(database: Database) -> list[Depth]:
    """Messages to people that wait, those that were given up, and how long the oldest is overdue."""
    figure = partial(_asked, database, NOTICE_DEPTH)
    return [
        Depth(
            "vitrine_messages_waiting",
            "Messages to people that are neither sent nor given up.",
            figure(lambda each: each.waiting),
        ),
        Depth(
            "vitrine_messages_parked",
            "Messages to people that were given up: somebody has to look.",
            figure(lambda each: each.parked),
        ),
        Depth(
            "vitrine_messages_oldest_seconds",
            "By how much the oldest message that is due is overdue.",
            figure(lambda each: each.oldest_seconds),
        ),
    ]


def payment_depths(database: Database) -> list[Depth]:
    """Money that is on its way, and what only people can set right."""
    figure = partial(_asked, database, PAYMENT_DEPTH)
    return [
        Depth(
            "vitrine_payments_unfinished",
            "Payments without an outcome for more than ten minutes.",
            figure(lambda each: each.unfinished),
        ),
        Depth(
            "vitrine_refunds_pending",
            "Refunds that their provider has not answered for.",
            figure(lambda each: each.refunds),
        ),
        Depth(
            "vitrine_payment_notifications_parked",
            "Providers' messages that somebody has to look at.",
            figure(lambda each: each.parked),
        ),
        Depth(
            "vitrine_reconciliation_unrepaired",
            "Differences to providers' books of the last 30 days left to people.",
            figure(lambda each: each.unrepaired),
        ),
        Depth("vitrine_disputes_open", "Disputes that wait for an answer.", figure(lambda each: each.disputes)),
    ]


def queue_depths(client: redis.asyncio.Redis, queues: Mapping[str, str]) -> list[Depth]:
    """Messages in the broker's queues; `queues` maps a queue's name to its key in Redis."""

    def length_of(key: str) -> Callable[[], Awaitable[float]]:
        async def length() -> float:
            return float(await client.llen(key))

        return length

    return [
        Depth(f"vitrine_queue_{name.replace('-', '_')}_messages", f"Messages in the broker's queue {name}.", length_of(key))
        for name, key in queues.items()
    ]


def limit_depths(*, is_alone: Callable[[], bool]) -> list[Depth]:
    """Whether limits are counted with the other processes or, Redis being away, by this one alone."""
    return [Depth("vitrine_limits_alone", "1 while this process counts its callers for itself, Redis being away.", is_alone)]


def provider_depths(circuits: Mapping[str, Callable[[], bool]]) -> list[Depth]:
    """By payment provider, whether its circuit is open."""
    return [
        Depth(
            f"vitrine_payments_{name.replace('-', '_')}_circuit_open",
            f"1 while {name}, which did not answer, is not asked by this process.",
            is_open,
        )
        for name, is_open in circuits.items()
    ]


def open_depths(*, sockets: Callable[[], int], subscriptions: Callable[[], int], streams: Callable[[], int]) -> list[Depth]:
    """What is open right now in this process."""
    return [
        Depth("vitrine_open_sockets", "WebSockets open in this process.", sockets),
        Depth("vitrine_open_subscriptions", "Subscriptions running on them.", subscriptions),
        Depth("vitrine_open_streams", "Server-sent event streams open in this process.", streams),
    ]


def plan_depths(*, answered: Callable[[], int], handed_over: Callable[[], int]) -> list[Depth]:
    """How queries and the answers of mutations were run since this process started."""
    return [
        Depth("vitrine_plans_answered", "Answers given by compiled plans.", answered),
        Depth("vitrine_plans_handed_over", "Answers that the reference executor had to give.", handed_over),
    ]


class Cache(Protocol):
    """What a cache tells of itself."""

    flushes: int

    @property
    def bytes(self) -> int: ...
    def __len__(self) -> int: ...


def _told(cache: Callable[[], C | None], of: Callable[[C], int]) -> Callable[[], int]:
    """A figure of a cache; nought while it is switched off."""
    return lambda: of(found) if (found := cache()) is not None else 0


def row_depths(rows: Callable[[], RowCache | None]) -> list[Depth]:
    """What the cache of rows holds, and of how much use it was since this process started."""
    return [
        Depth("vitrine_row_cache_bytes", "Bytes that kept rows take, about.", _told(rows, lambda cache: cache.bytes)),
        Depth("vitrine_row_cache_entries", "Keys of which rows are kept, some of them out of date.", _told(rows, len)),
        Depth("vitrine_row_cache_hits", "Keys that were told from kept rows.", _told(rows, lambda cache: cache.hits)),
        Depth("vitrine_row_cache_misses", "Keys that had to be read.", _told(rows, lambda cache: cache.misses)),
        Depth("vitrine_row_cache_flushes", "How often all rows were dropped.", _told(rows, lambda cache: cache.flushes)),
    ]


def response_depths(kept: Callable[[], Cache | None], *, is_bypassed: Callable[[], bool]) -> list[Depth]:
    """What the cache of responses holds, and whether it is in use."""
    flushed = "How often all of them were dropped, for changes may have been missed."
    bypassed = "1 while other processes are not heard, so that nothing is kept."
    return [
        Depth("vitrine_response_cache_bytes", "Bytes that kept responses take.", _told(kept, lambda cache: cache.bytes)),
        Depth("vitrine_response_cache_entries", "Responses kept.", _told(kept, len)),
        Depth("vitrine_response_cache_flushes", flushed, _told(kept, lambda cache: cache.flushes)),
        Depth("vitrine_response_cache_bypassed", bypassed, is_bypassed),
    ]
