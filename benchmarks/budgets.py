"""The bounds of the design, and whether the API kept them."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.results import COMPILED, KEPT, RIVAL, TITLES, WRITTEN, Results
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
    compiled = {key: of[COMPILED].cpu / of[WRITTEN].cpu for key, of in results.reads.items()}
    kept = {key: of[KEPT].cpu / results.bare.cpu for key, of in results.reads.items()}
    base = (
        f"{results.empty.cpu:.2f} ms of it is what any operation costs (HTTP and its layers, limits, context, log, metrics), and "
        "the floor has next to nothing of that"
    )
    found = [
        Budget("W1, compiled", 3, compiled["W1"], "x F1", base),
        Budget("W2, compiled", 2, compiled["W2"], "x F1", base),
        Budget("W3, compiled", 3, compiled["W3"], "x F1", base),
        *(
            Budget(
                f"{key}, kept answer",
                2.5,
                ratio,
                "x F0",
                "reading the question, the rate limit, the request's id, the metrics and a larger answer come on top of saying hello",
            )
            for key, ratio in kept.items()
            if key != "W3"
        ),
        *(
            Budget(
                f"{key}, compiled, beside {TITLES[RIVAL]}",
                1,
                of[COMPILED].cpu / of[RIVAL].cpu,
                "x",
                f"{base}; PostGraphile has no permissions, limits, log or metrics here, and PostgreSQL puts its rows together",
            )
            for key, of in results.reads.items()
            if RIVAL in of
        ),
        Budget(
            "a paid order's SQL statements",
            25,
            results.checkouts.statements,
            "",
            "besides the order's own, channels are read again every five seconds",
        ),
        Budget("a paid order's CPU", 12, results.checkouts.cpu, "ms", "its requests, its statements and their transactions"),
        Budget(
            "checkouts a second",
            60,
            results.checkouts.a_second,
            "",
            "PostgreSQL, Valkey, the payment provider and the buyers share the other core",
            at_least=True,
        ),
    ]
    found += _notified(results)
    for each in results.watched:
        found += [
            Budget(
                f"lost of {each.sockets:,} sockets",
                0,
                each.lost,
                "",
                "all want a database connection at once, and wait too long for one",
            ),
            Budget(
                f"an event to each of {each.sockets:,} sockets",
                60,
                each.cpu,
                "us CPU",
                "the event is rendered once, but every socket is a task that wakes and writes for itself",
            ),
            Budget(
                f"each of {each.sockets:,} sockets",
                40,
                each.memory_kib,
                "KiB",
                "Uvicorn's protocol and tasks, and a task and a context of ours, for each",
            ),
        ]
    return found


def _notified(results: Results) -> list[Budget]:
    reason = "each is a transaction of its own, committed before it is acknowledged; PostgreSQL shares the other core"
    return [
        Budget("payment notifications a second", AIM_A_SECOND, results.notifications.a_second, "", reason, at_least=True),
        Budget("a payment notification, p99", AIM_P99, results.notifications.p99, "ms", reason),
    ]
