"""What a small operation waits for while two hundred dear ones are in flight, each of them other than all before.

Run by itself with `python -m benchmarks.crowd PORT SECONDS` it is the one who asks small things, in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import itertools
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from benchmarks.load import Line, lines, posted
from benchmarks.operations import NOTHING, Workload, paged
from benchmarks.processes import Server

CROWD = 200
PRODUCTS_EACH = 100
SMALL_MS_MAX = 250
_PAUSE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Crowded:
    """Milliseconds. `small` is how many small operations were answered, `dear` how many of the others meanwhile."""

    small: int
    p50: float
    p99: float
    worst: float
    dear: int
    dear_p50: float


async def crowded(server: Server, listing: Workload, *, seconds: float) -> Crowded:
    """Keeps the crowd in flight for so long."""
    requests = _requests(listing)
    async with lines(server, CROWD) as crowd:
        until, took = time.perf_counter() + seconds, list[float]()
        asking = [asyncio.create_task(_ask_again(line, requests, until, took)) for line in crowd]
        command = [sys.executable, "-m", "benchmarks.crowd", str(server.port), str(seconds)]
        small = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        told, _ = await small.communicate()
        await asyncio.gather(*asking)
    waited = sorted(orjson.loads(told))
    took.sort()
    return Crowded(
        small=len(waited),
        p50=waited[len(waited) // 2],
        p99=waited[len(waited) * 99 // 100],
        worst=waited[-1],
        dear=len(took),
        dear_p50=took[len(took) // 2] * 1_000,
    )


def _requests(listing: Workload) -> Iterator[bytes]:
    """Long listings, no two alike: each is parsed, checked and compiled for itself."""
    long = paged(listing, PRODUCTS_EACH).document
    for number, variables in enumerate(itertools.cycle(listing.variables)):
        name = f"{listing.name}{number}"
        yield posted({"query": long.replace(f"query {listing.name}", f"query {name}"), "variables": variables})


async def _ask_again(line: Line, requests: Iterator[bytes], until: float, took: list[float]) -> None:
    while (began := time.perf_counter()) < until:
        await line.ask(next(requests))
        took.append(time.perf_counter() - began)


def _small(port: int, seconds: float) -> list[float]:
    """What each small operation waited for, one after the other."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body, waited = orjson.dumps({"query": NOTHING.document}), list[float]()
    until = time.perf_counter() + seconds - 1.0  # the crowd thins out at its end
    while (began := time.perf_counter()) < until:
        connection.request("POST", "/graphql", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"a small operation was answered with {answer.status}")
        waited.append((time.perf_counter() - began) * 1_000)
        time.sleep(_PAUSE_SECONDS)
    return waited


def main() -> None:
    """Prints the milliseconds as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crowd", description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("seconds", type=float)
    said = parser.parse_args()
    sys.stdout.write(orjson.dumps(_small(said.port, said.seconds)).decode())


if __name__ == "__main__":
    main()
