"""What was measured, told: the table for the terminal and `docs/benchmarks.md`, the verdict on the budgets, and the chart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from benchmarks.buyers import Checkouts
from benchmarks.load import Measured
from benchmarks.watchers import Watched

BARE, WRITTEN, CORE, COMPILED = "bare", "written", "graphql-core", "compiled"
TITLES = {
    BARE: "F0 bare ASGI",
    WRITTEN: "F1 hand-written asyncpg",
    CORE: "API, graphql-core",
    COMPILED: "API, compiled",
}
_COLOURS = {WRITTEN: "#7a8b99", COMPILED: "#1f7a5c", CORE: "#c9733a"}
_HEAD = ("read", "server", "CPU ms", "x F1", "requests/s", "p50 ms", "p99 ms", "SQL")


@dataclass(frozen=True, slots=True)
class Results:
    """All figures of a run. `reads` is by workload and server; `empty` is of an operation that reads nothing."""

    about: Sequence[str]
    titles: Mapping[str, str]
    bare: Measured
    empty: Measured
    reads: Mapping[str, Mapping[str, Measured]]
    checkouts: Checkouts
    watched: Sequence[Watched]


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
        return self.found >= self.must if self.at_least else self.found <= self.must


def budgets(results: Results) -> list[Budget]:
    """The bounds the API has to keep, with permissions, logging and metrics on."""
    compiled = {key: of[COMPILED].cpu / of[WRITTEN].cpu for key, of in results.reads.items()}
    read = (
        f"{results.empty.cpu:.2f} ms of it is what any operation costs (HTTP and its layers, the rate limit's round trip to Redis, "
        "context, log, metrics), and the floor has next to nothing of that"
    )
    found = [
        Budget("W1, compiled", 3, compiled["W1"], "x F1", read),
        Budget("W2, compiled", 2, compiled["W2"], "x F1", read),
        Budget(
            "W3, compiled",
            3,
            compiled["W3"],
            "x F1",
            f"the filter becomes objects anew at each request, the count is its own statement, {read}",
        ),
        Budget(
            "an order's SQL statements",
            25,
            results.checkouts.statements,
            "",
            "every mutation is a transaction that locks and reads the cart again, and its answer reads it once more",
        ),
        Budget("an order's CPU", 12, results.checkouts.cpu, "ms", "its requests, its statements and their transactions"),
        Budget(
            "checkouts a second",
            60,
            results.checkouts.a_second,
            "",
            "PostgreSQL, Valkey and the buyers share the other core",
            at_least=True,
        ),
    ]
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
                "every socket wakes, reads the entry and renders it for itself",
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


def read_rows(results: Results) -> list[tuple[str, ...]]:
    """The rows of the table of reads."""
    rows = [_row("nothing", BARE, results.bare, None), _row("nothing", COMPILED, results.empty, None)]
    for key, of in results.reads.items():
        rows += [_row(f"{key} {results.titles[key]}", name, of[name], of[WRITTEN]) for name in (WRITTEN, COMPILED, CORE)]
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
    "orders/s",
    "CPU ms an order",
    "SQL an order",
    "of these: cart, details, completion",
    "p50 ms",
    "p99 ms",
    "broken invariants",
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


def sections(results: Results) -> list[tuple[str, Sequence[str], list[tuple[str, ...]]]]:
    """Title, head and rows of every table."""
    return [
        ("Reads", _HEAD, read_rows(results)),
        ("Checkouts", CHECKOUT_HEAD, [checkout_row(results.checkouts)]),
        ("Live", WATCHED_HEAD, [watched_row(each) for each in results.watched]),
        ("Budgets", BUDGET_HEAD, [budget_row(each) for each in budgets(results)]),
    ]


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
            "is statements per request, BEGIN and COMMIT left out: for the API by its own metrics, for F1 by its source. Eight",
            "connections, no compression.",
            "",
            "* nothing: *hello*, and `{ __typename }`, which is what every operation costs before it reads.",
            "* W1: 24 products of a category with pictures and price ranges, and 72 variants with prices and availability.",
            "* W2: one product with everything on its page: variants, options, stock, pictures, category path, collections.",
            "* W3: full-text search within a price range, sorted by price, with the total.",
            "",
            "Each figure is of the round with the least CPU. Requests a second and times are also bounded by PostgreSQL and the load on",
            "the other core, and so worth less than CPU.",
        ],
        "Checkouts": [
            "Sixteen buyers; an order is a cart with two lines, then buyer, address and delivery, then completion: three requests,",
            "five mutations. Paying is left out. The embedded PostgreSQL does not wait for the disk here. Afterwards every invariant of",
            "the shop (stock, money, histories, queues) is checked.",
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


def svg(results: Results) -> str:
    """A bar for each read and server, as long as its CPU per request."""
    width, left, height, gap = 760, 170, 22, 14
    longest = max(found.cpu for of in results.reads.values() for found in of.values())
    scale = (width - left - 90) / longest
    parts: list[str] = []
    y = 34
    for key, of in results.reads.items():
        for name in (WRITTEN, COMPILED, CORE):
            cpu = of[name].cpu
            label = escape(f"{key} {results.titles[key]}") if name == WRITTEN else ""
            long = max(cpu * scale, 1)
            parts += [
                f'<text x="8" y="{y + 15}" font-weight="bold">{label}</text>',
                f'<rect x="{left}" y="{y}" width="{long:.1f}" height="{height - 4}" fill="{_COLOURS[name]}"/>',
                f'<text x="{left + long + 6:.1f}" y="{y + 14}">{cpu:.2f}</text>',
            ]
            y += height
        y += gap
    x = left
    for name, colour in _COLOURS.items():
        parts += [
            f'<rect x="{x}" y="8" width="12" height="12" fill="{colour}"/>',
            f'<text x="{x + 18}" y="18">{escape(TITLES[name])}</text>',
        ]
        x += 190
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" viewBox="0 0 {width} {y}" '
        'font-family="sans-serif" font-size="12" fill="#222">'
        f'<title>CPU milliseconds of the server per request</title><rect width="{width}" height="{y}" fill="#fff"/>'
        f"{''.join(parts)}</svg>\n"
    )
