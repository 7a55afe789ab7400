"""Compares the API with its floors: `.venv/bin/python -m benchmarks [--quick]`. Makes its own data and servers, and leaves nothing."""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import uvloop

from benchmarks import report
from benchmarks.buyers import checkouts
from benchmarks.catalogue import SIZES, Shelves, fill
from benchmarks.chart import svg
from benchmarks.crowd import crowded
from benchmarks.growth import larger_shop, longer_pages
from benchmarks.load import Measured, lines, posted
from benchmarks.npm import NoPackagesError, installed
from benchmarks.operations import NOTHING, Workload, workloads
from benchmarks.postgraphile.questions import asked, told, values
from benchmarks.postgraphile.server import FOLDER, lay, postgraphile
from benchmarks.processes import (
    ROOT,
    Cores,
    Keeps,
    Neighbours,
    Server,
    api,
    choose_cores,
    floor,
    opened,
    room_for_sockets,
    sandbox,
)
from benchmarks.results import BARE, COMPILED, CORE, KEPT, RIVAL, ROWS, SHOWN, TITLES, WRITTEN, Results
from benchmarks.rounds import Plan, best, best_of_each, say
from benchmarks.watchers import watch
from benchmarks.webhooks import SECRETS, acknowledged
from gateways.embedded.launcher import throw_away

COMPARED = 20
"""So many answers of each read are compared before anything is measured."""
CHART = "benchmarks.svg"
_KEEP = {CORE: Keeps.NOTHING, COMPILED: Keeps.NOTHING, ROWS: Keeps.ROWS, KEPT: Keeps.ALL}
"""The ways that the API is run, and what it keeps in each."""
VARIANTS_EACH = len(SIZES)
SHARED_FROM = 0.05
"""Less of the core's time than this is the system's own."""


def main() -> None:
    """Measures, prints the tables, and writes them to `docs` unless told not to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="about a minute and a half; rougher figures, 1,000 sockets, no larger shop"
    )
    parser.add_argument("--products", type=int, default=2_000, help="how many products the shop has (2000)")
    parser.add_argument("--print-only", action="store_true", help="leave docs/ alone")
    said = parser.parse_args()
    plan = (
        Plan(said.products, rounds=3, seconds=0.7, checkout_seconds=4, sockets=(1_000,), grows=False)
        if said.quick
        else Plan(said.products, rounds=6, seconds=1.2, checkout_seconds=8, sockets=(1_000, 5_000), grows=True)
    )
    results = uvloop.run(_all(plan))
    print(report.for_terminal(results))
    if not said.print_only:
        docs = ROOT / "docs"
        docs.mkdir(exist_ok=True)
        (docs / "benchmarks.md").write_text(report.markdown(results, chart=CHART))
        (docs / CHART).write_text(svg(results))


async def _all(plan: Plan) -> Results:
    cores = choose_cores()
    room_for_sockets()
    os.sched_setaffinity(0, {cores.others})  # PostgreSQL and Valkey inherit it
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vitrine-benchmarks-")))
        embedded = stack.enter_context(throw_away(connections_max=100))
        say(f"Filling a shop with {plan.products:,} products")
        shelves = await fill(embedded.database_url, products=plan.products)
        addresses = {"DATABASE_URL": embedded.database_url, "REDIS_URL": embedded.redis_url}
        servers: dict[str, Server] = {}
        for name in (BARE, WRITTEN):
            running = floor(name, core=cores.server, database_url=embedded.database_url, folder=folder)
            servers[name] = stack.enter_context(running)
        provider, found = stack.enter_context(sandbox(core=cores.others, folder=folder))
        for name, keeps in _KEEP.items():
            running = api(
                name,
                compiled=name != CORE,
                core=cores.server,
                addresses=addresses | found,
                folder=folder,
                keeps=keeps,
            )
            servers[name] = stack.enter_context(running)
        absent = await _rival(servers, stack, cores, database_url=embedded.database_url, folder=folder)
        for server in (provider, *servers.values()):
            await opened(server, folder)
        results = await _measured(
            plan, cores, servers, shelves, database_url=embedded.database_url, secret=found[SECRETS], absent=absent
        )
        if not plan.grows:
            return results
        before = {(key, name): of[name].cpu for key, of in results.reads.items() for name in (WRITTEN, ROWS, COMPILED)}
        return replace(results, shops=await larger_shop(plan, cores, before, embedded, folder))


async def _rival(servers: dict[str, Server], stack: ExitStack, cores: Cores, *, database_url: str, folder: Path) -> str:
    """Adds PostGraphile to the servers; where it cannot be had, why."""
    say(f"Looking for {TITLES[RIVAL]}")
    try:
        packages = installed(FOLDER)
    except NoPackagesError as error:
        absent = f"{TITLES[RIVAL]} was not measured. {error}"
        say(absent)
        return absent
    await lay(database_url)
    running = postgraphile(packages, core=cores.server, database_url=database_url, folder=folder)
    servers[RIVAL] = stack.enter_context(running)
    return ""


async def _measured(
    plan: Plan,
    cores: Cores,
    servers: Mapping[str, Server],
    shelves: Shelves,
    *,
    database_url: str,
    secret: str,
    absent: str,
) -> Results:
    reads = workloads(shelves)
    say("Comparing answers")
    for workload in reads:
        await _agree([servers[name] for name in (WRITTEN, *_KEEP)], workload)
        if RIVAL in servers:
            await _tells_the_same(servers[COMPILED], servers[RIVAL], workload)
    neighbours = Neighbours(cores.server, tuple(servers.values()))
    say(f"Measuring {TITLES[BARE]}")
    bare = await best(plan, servers[BARE], NOTHING)
    empty = await best(plan, servers[ROWS], NOTHING)
    found: dict[str, dict[str, Measured]] = {}
    for workload in reads:
        say(f"Measuring {workload.key} {workload.title}")
        shown = [servers[name] for name in SHOWN if name in servers]
        told_by = {server: asked(workload) if server.name == RIVAL else workload for server in shown}
        found[workload.key] = {server.name: each for server, each in (await best_of_each(plan, told_by)).items()}
    pages = await longer_pages(plan, [servers[ROWS], servers[COMPILED]], reads)
    share = neighbours.share()
    say("Buying")
    bought = await checkouts(servers[KEPT], shelves.in_stock, seconds=plan.checkout_seconds, database_url=database_url)
    say("Notifying")
    notified = await acknowledged(servers[KEPT], secret=secret, seconds=plan.checkout_seconds)
    say("Crowding")
    crowd = await crowded(servers[KEPT], reads[0], seconds=plan.checkout_seconds)
    watched = []
    for number in plan.sockets:
        say(f"Watching with {number:,} sockets")
        watched.append(await watch(servers[KEPT], shelves.in_stock, sockets=number))
    return Results(
        about=[*_about(plan, cores, share), *([absent] if absent else [])],
        titles={workload.key: workload.title for workload in reads},
        bare=bare,
        empty=empty,
        reads=found,
        checkouts=bought,
        notifications=notified,
        crowd=crowd,
        watched=watched,
        pages=pages,
    )


async def _agree(servers: Sequence[Server], workload: Workload) -> None:
    """Raises RuntimeError unless all servers give the same answers, none of them an error."""
    for body in itertools.islice(workload.bodies(), COMPARED):
        answers = []
        for server in servers:
            async with lines(server, 1) as (line,):
                answers.append(orjson.loads(await line.ask(posted(body))))
        if any("errors" in answer or answer != answers[0] for answer in answers):
            raise RuntimeError(f"{workload.name} is answered differently: {answers}")


async def _tells_the_same(ours: Server, rival: Server, workload: Workload) -> None:
    """Raises RuntimeError unless both answer with the same rows and values in the same order."""
    pairs = zip(workload.bodies(), asked(workload).bodies(), strict=True)
    async with lines(ours, 1) as (our,), lines(rival, 1) as (their,):
        for body, question in itertools.islice(pairs, COMPARED):
            expected = orjson.loads(await our.ask(posted(body)))
            found = orjson.loads(await their.ask(posted(question)))
            if "errors" in found or told(found["data"]) != values(expected["data"]):
                raise RuntimeError(f"{workload.name} is answered differently by {TITLES[RIVAL]}: {expected} {found}")


def _about(plan: Plan, cores: Cores, share: float) -> list[str]:
    model = next(
        (line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), ""
    )
    where = (
        "one core for everything, which makes the figures worse" if cores.server == cores.others else f"{os.cpu_count()} cores"
    )
    company = (
        f"The machine was shared: other programs took {share:.0%} of the measured core's time, which makes figures worse, not better."
        if share > SHARED_FROM
        else "The measured core was ours alone."
    )
    return [
        f"{plan.products:,} products, {plan.products * VARIANTS_EACH:,} variants, 60 categories in three levels, 20 collections.",
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.system()}, {where}, {model or platform.machine()}.",
        f"{plan.rounds} rounds of {plan.seconds:g} s a read, {plan.checkout_seconds:g} s of checkouts.",
        company,
    ]


if __name__ == "__main__":
    main()
