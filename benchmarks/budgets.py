"""The bounds of the design, and whether the API kept them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.crowd import CROWD, SMALL_MS_MAX
from benchmarks.results import COMPILED, KEPT, RIVAL, ROWS, TITLES, WRITTEN, Results
from benchmarks.webhooks import AIM_A_SECOND, AIM_P99


@dataclass(frozen=True, slots=True)
class Budget:
    """A bound, what was measured, and what makes it so where it is missed."""

    what: str
    must: float
    found: float
    unit: str
    reason: str
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        found = round(self.found, 1)  # as it is shown
        return found >= self.must if self.at_least else found <= self.must


def budgets(results: Results) -> list[Budget]:
    """The bounds the API has to keep, with permissions, logging and metrics on."""
    return [*_read(results), *_ordered(results), *_notified(results), _crowded(results), *_watched(results)]


def _read(results: Results) -> Iterator[Budget]:
    base = (
        f"{results.empty.cpu:.2f} ms of it is what any operation costs (HTTP and its layers, limits, context, log, metrics), and "
        "the floor has next to nothing of that"
    )
    for key, must in (("W1", 3), ("W2", 2), ("W3", 3)):
        of = results.reads[key]
        yield Budget(f"{key}, all read", must, of[COMPILED].cpu / of[WRITTEN].cpu, "x F1", base)
    for key in ("W1", "W2"):
        reason = "reading the question, the rate limit, the request's id, the metrics and a larger answer come on top of saying hello"
        yield Budget(f"{key}, kept answer", 2.5, results.reads[key][KEPT].cpu / results.bare.cpu, "x F0", reason)
    for key, of in results.reads.items():
        if RIVAL in of:
            reason = (
                f"{base}; PostGraphile has no permissions, limits, log or metrics here, and PostgreSQL puts its rows together"
            )
            yield Budget(f"{key}, kept rows, beside {TITLES[RIVAL]}", 1, of[ROWS].cpu / of[RIVAL].cpu, "x", reason)
            yield Budget(f"{key}, all read, beside {TITLES[RIVAL]}", 1, of[COMPILED].cpu / of[RIVAL].cpu, "x", reason)


def _ordered(results: Results) -> list[Budget]:
    checkouts = results.checkouts
    own = "besides the order's own, channels are read again every five seconds"
    shared = "PostgreSQL, Valkey, the payment provider and the buyers share the other core"
    return [
        Budget("a paid order's SQL statements", 25, checkouts.statements, "", own),
        Budget("a paid order's CPU", 12, checkouts.cpu, "ms", "its requests, its statements and their transactions"),
        Budget("checkouts a second", 60, checkouts.a_second, "", shared, at_least=True),
    ]


def _watched(results: Results) -> Iterator[Budget]:
    for each in results.watched:
        lost = "all want a database connection at once, and wait too long for one"
        yield Budget(f"lost of {each.sockets:,} sockets", 0, each.lost, "", lost)
        event = "the event is rendered once, but every socket is a task that wakes and writes for itself"
        yield Budget(f"an event to each of {each.sockets:,} sockets", 60, each.cpu, "us CPU", event)
        memory = "Uvicorn's protocol and tasks, and a task and a context of ours, for each"
        yield Budget(f"each of {each.sockets:,} sockets", 40, each.memory_kib, "KiB", memory)


def _crowded(results: Results) -> Budget:
    reason = "one step of a dear operation, such as writing a long answer, is not interrupted; the asking process waits for its core too"
    what = f"a small operation beside {CROWD} dear ones, the slowest"
    return Budget(what, SMALL_MS_MAX, results.crowd.worst, "ms", reason)


def _notified(results: Results) -> list[Budget]:
    reason = "each is a transaction of its own, committed before it is acknowledged; PostgreSQL shares the other core"
    return [
        Budget("payment notifications a second", AIM_A_SECOND, results.notifications.a_second, "", reason, at_least=True),
        Budget("a payment notification, p99", AIM_P99, results.notifications.p99, "ms", reason),
    ]
