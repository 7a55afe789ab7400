"""What was measured, told: the tables for the terminal and for `docs/benchmarks.md`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.budgets import Budget, budgets
from benchmarks.buyers import Checkouts
from benchmarks.crowd import CROWD, PRODUCTS_EACH, Crowded
from benchmarks.load import Measured
from benchmarks.results import BARE, ROWS, SHOWN, TITLES, WRITTEN, Grown, Results
from benchmarks.watchers import Watched
from benchmarks.webhooks import Acknowledged

_HEAD = ("read", "server", "CPU ms", "x F1", "requests/s", "p50 ms", "p99 ms", "SQL")


def read_rows(results: Results) -> list[tuple[str, ...]]:
    """The rows of the table of reads."""
    rows = [_row("nothing", BARE, results.bare, None), _row("nothing", ROWS, results.empty, None)]
    for key, of in results.reads.items():
        rows += [_row(f"{key} {results.titles[key]}", name, of[name], of[WRITTEN]) for name in SHOWN if name in of]
    return rows


def _row(read: str, server: str, found: Measured, floor: Measured | None) -> tuple[str, ...]:
    return (
        read,
        TITLES[server],
        f"{found.cpu:.3f}",
        f"{found.cpu / floor.cpu:.1f}" if floor is not None else "",
        f"{found.a_second:,.0f}",
        f"{found.p50:.2f}",
        f"{found.p99:.2f}",
        f"{found.statements:.1f}".removesuffix(".0"),
    )


def checkout_row(found: Checkouts) -> tuple[str, ...]:
    broken = ", ".join(found.broken) or "none"
    return (
        f"{found.a_second:.1f}",
        f"{found.cpu:.1f}",
        f"{found.statements:.1f}",
        ", ".join(f"{each:.0f}" for each in found.steps),
        f"{found.p50:.0f}",
        f"{found.p99:.0f}",
        broken,
    )


CHECKOUT_HEAD = (
    "orders paid/s",
    "CPU ms an order",
    "SQL an order",
    "of these: cart, details, completion, payment",
    "p50 ms",
    "p99 ms",
    "broken invariants",
)
NOTIFIED_HEAD = ("acknowledged/s", "CPU ms", "p50 ms", "p99 ms")


def notified_row(found: Acknowledged) -> tuple[str, ...]:
    return f"{found.a_second:,.0f}", f"{found.cpu:.2f}", f"{found.p50:.1f}", f"{found.p99:.1f}"


CROWD_HEAD = ("small operations", "p50 ms", "p99 ms", "worst ms", "dear ones meanwhile", "their p50 ms")


def crowd_row(found: Crowded) -> tuple[str, ...]:
    return (
        f"{found.small:,}",
        f"{found.p50:.1f}",
        f"{found.p99:.1f}",
        f"{found.worst:.1f}",
        f"{found.dear:,}",
        f"{found.dear_p50:,.0f}",
    )


WATCHED_HEAD = (
    "sockets",
    "lost",
    "KiB a socket",
    "CPU us a socket and event",
    "CPU us a socket and idle second",
    "p50 ms",
    "p99 ms",
    "last ms",
)


def watched_row(found: Watched) -> tuple[str, ...]:
    return (
        f"{found.sockets:,}",
        f"{found.lost:,}",
        f"{found.memory_kib:.0f}",
        f"{found.cpu:.0f}",
        f"{found.idle:.0f}",
        f"{found.p50:.0f}",
        f"{found.p99:.0f}",
        f"{found.last:.0f}",
    )


BUDGET_HEAD = ("budget", "must", "found", "")


def budget_row(budget: Budget) -> tuple[str, ...]:
    bound = f"{'>=' if budget.at_least else '<='} {budget.must:g} {budget.unit}".strip()
    verdict = "met" if budget.is_met else f"**missed**: {budget.reason}"
    return budget.what, bound, f"{budget.found:.1f} {budget.unit}".strip(), verdict


def grown_rows(found: Sequence[Grown]) -> list[tuple[str, ...]]:
    return [
        (
            f"{each.key} {each.title}",
            TITLES[each.server],
            f"{each.little:.3f}",
            f"{each.much:.3f}",
            f"{each.much / each.little:.1f}",
        )
        for each in found
    ]


def sections(results: Results) -> list[tuple[str, Sequence[str], list[tuple[str, ...]]]]:
    """Title, head and rows of every table."""
    tables = [
        ("Reads", _HEAD, read_rows(results)),
        ("Pages ten times as long", ("read", "server", "CPU ms of 10", "CPU ms of 100", "x"), grown_rows(results.pages)),
        ("Ten times the products", ("read", "server", "CPU ms before", "CPU ms after", "x"), grown_rows(results.shops)),
        ("Checkouts", CHECKOUT_HEAD, [checkout_row(results.checkouts)]),
        ("Payment notifications", NOTIFIED_HEAD, [notified_row(results.notifications)]),
        ("In a crowd", CROWD_HEAD, [crowd_row(results.crowd)]),
        ("Live", WATCHED_HEAD, [watched_row(each) for each in results.watched]),
        ("Budgets", BUDGET_HEAD, [budget_row(each) for each in budgets(results)]),
    ]
    return [(title, head, rows) for title, head, rows in tables if rows]


def for_terminal(results: Results) -> str:
    """All tables in columns."""
    parts: list[str] = []
    for title, head, rows in sections(results):
        widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
        parts += [
            "",
            title,
            *("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)),
        ]
    return "\n".join(parts)


def markdown(results: Results, *, chart: str) -> str:
    """The page `docs/benchmarks.md`; `chart` is the picture's file name."""
    lines = [
        "# What it costs",
        "",
        "Written by `.venv/bin/python -m benchmarks` (`--quick` for a short run, `--products 20000` for ten times the data). It makes",
        "its own data and servers and measures all of them in one run. The API runs as in production: one process of `server.py serve`",
        "on one core, with permissions, rate limits, logging and metrics; PostgreSQL, Valkey and the load are on the other core.",
        "",
        *(f"* {line}" for line in results.about),
        "",
        f"![CPU milliseconds per request]({chart})",
    ]
    for title, head, rows in sections(results):
        lines += ["", f"## {title}", "", *_notes(title), "", *_table(head, rows)]
    return "\n".join(lines) + "\n"


def _notes(title: str) -> list[str]:
    return {
        "Reads": [
            "CPU ms is processor time of the server's process per request, from `/proc`. *F0* says hello; *F1* gives the very same",
            "answers, compared before measuring, hand-written on asyncpg without schema, permissions, limits, logging or metrics. *SQL*",
            "is statements per request, BEGIN and COMMIT left out: for the API by its own metrics, for F1 by its source, for PostGraphile",
            "counted where they leave its pool. Eight connections, no compression.",
            "",
            "*PostGraphile* is one process of Node on the same core, on the same tables, through views and functions made for these",
            "questions (`benchmarks/postgraphile`), with no permissions, limits, log or metrics. Its answers hold the same rows and values",
            "in the same order, compared before measuring; its ids are the database's own, and its money is flat: a little less to say.",
            "",
            "*Kept answer*: the same question again by a guest, answered from the cache of responses. *Kept rows*: that cache is off,",
            "and every answer is made anew of rows that the process keeps, as for whoever is signed in or asks in other words. *All",
            "read*: both are off, and every row is read from PostgreSQL for every answer, as F1 and PostGraphile do.",
            "",
            "* nothing: *hello*, and `{ __typename }`, which is what every operation costs before it reads.",
            "* W1: 24 products of a category with pictures and price ranges, and 72 variants with prices and availability.",
            "* W2: one product with everything on its page: variants, options, stock, pictures, category path, collections.",
            "* W3: full-text search within a price range, sorted by price, with the total.",
            "",
            "The servers take turns, round by round, and each figure is of the round with the least CPU. Requests a second and times are",
            "also bounded by PostgreSQL and the load on the other core, and so worth less than CPU.",
        ],
        "Checkouts": [
            "Sixteen buyers; an order is a cart with two lines, then buyer, address and delivery, then completion, then its payment at",
            "the sandbox provider, a process of its own: four requests, six mutations, an order that is paid. *SQL* leaves BEGIN and",
            "COMMIT out. The embedded PostgreSQL does not wait for the disk here. Afterwards every invariant of the shop (stock, money,",
            "histories, queues) is checked. Here and below the API keeps what it keeps in production.",
        ],
        "Payment notifications": [
            "The sandbox provider's notifications, signed, each about another payment, over eight connections; each is acknowledged when",
            "it is committed to the inbox. What it brings about is the worker's, who does not run here. How many orders are paid a second",
            "end to end, the provider asked and its answer entered, is the table before.",
        ],
        "Pages ten times as long": ["How the same read grows with its page, 10 and 100 products."],
        "Ten times the products": ["How the same reads grow with the shop, pages being as long as before."],
        "In a crowd": [
            f"`{{ __typename }}`, asked again and again by a process of its own while {CROWD} listings of {PRODUCTS_EACH} products are in",
            "flight, no two of them alike, so that each is parsed, checked and compiled for itself. Who asks shares the other core with",
            "PostgreSQL and the crowd.",
        ],
        "Live": ["Guests watch one order over WebSocket; it is cancelled, and every socket has to hear so."],
        "Budgets": [
            "The bounds of the design. A reason with a figure was measured; the others are what the code suggests, not measured one by",
            "one. A verdict near its bound changes from run to run when the machine is shared.",
        ],
    }[title]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [_line(head), _line(["---"] * len(head)), *(_line(row) for row in rows)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
