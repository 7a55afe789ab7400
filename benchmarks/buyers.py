"""Complete checkouts by sixteen buyers at once, and whether the shop's books agree afterwards."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.load import Line, lines
from benchmarks.operations import COMPLETE, CREATE, PAY, PREPARE
from benchmarks.processes import Server
from domain.ids import VariantId
from persistence.demo.identity import demo_id
from persistence.demo.places import WEB
from persistence.invariants import check
from schema.ids import global_id

CLIENTS = 16
SANDBOX = "sandbox"
DELIVERY = global_id("DeliveryOption", demo_id("delivery", f"{WEB}/standard"))
BERLIN = {
    "firstName": "Ada",
    "lastName": "Weber",
    "street": ["Invalidenstr. 116"],
    "city": "Berlin",
    "postalCode": "10115",
    "country": "DE",
}


@dataclass(frozen=True, slots=True)
class Checkouts:
    """`cpu` is milliseconds of the server's process an order; p50 and p99 milliseconds from the first request to the order.

    `steps` is the statements of each of the four requests.
    """

    a_second: float
    cpu: float
    statements: float
    steps: tuple[float, ...]
    p50: float
    p99: float
    broken: tuple[str, ...]


async def buy(line: Line, variants: Sequence[VariantId], *, email: str) -> dict[str, Any]:
    """From nothing to a paid order, in four requests."""
    cart = await _fill_cart(line, variants)
    await _give_details(line, cart, email=email)
    order = await _complete(line, cart)
    await _pay(line, order)
    return order


async def _fill_cart(line: Line, variants: Sequence[VariantId]) -> dict[str, str]:
    wanted = [{"variantId": global_id("Variant", each), "quantity": 1} for each in variants]
    return {"cartId": (await line.data(CREATE, "Create", input={"lines": wanted}))["cartCreate"]["cart"]["id"]}


async def _give_details(line: Line, cart: dict[str, str], *, email: str) -> None:
    await line.data(
        PREPARE,
        "Prepare",
        buyer={**cart, "email": email},
        addresses={**cart, "shipping": BERLIN},
        delivery={**cart, "deliveryOptionId": DELIVERY},
    )


async def _complete(line: Line, cart: dict[str, str]) -> dict[str, Any]:
    order: dict[str, Any] = (await line.data(COMPLETE, "Complete", input=cart))["checkoutComplete"]["order"]
    return order


async def _pay(line: Line, order: dict[str, Any]) -> None:
    said = {"orderToken": order["token"], "provider": SANDBOX, "method": "tok_success"}
    paid = (await line.data(PAY, "Pay", input=said, key=order["token"]))["paymentCreate"]
    if paid["payment"]["state"] != "CAPTURED":
        raise RuntimeError(f"not paid: {paid}")


async def checkouts(server: Server, variants: Sequence[VariantId], *, seconds: float, database_url: str) -> Checkouts:
    """Sixteen buyers buy two things each, again and again, for so long."""
    async with lines(server, CLIENTS) as open_lines:
        await _bought(open_lines, variants, seconds / 5)
        steps = await _statements_by_step(server, open_lines[0], variants)
        before, used, started = await asyncio.to_thread(server.statements), server.cpu_seconds(), time.perf_counter()
        took = sorted(await _bought(open_lines, variants, seconds))
        passed = time.perf_counter() - started
        used, after = server.cpu_seconds() - used, await asyncio.to_thread(server.statements)
    return Checkouts(
        a_second=len(took) / passed,
        cpu=used * 1_000 / len(took),
        statements=(after - before) / len(took),
        p50=took[len(took) // 2] * 1_000,
        p99=took[len(took) * 99 // 100] * 1_000,
        steps=steps,
        broken=tuple(each.name for each in await check(database_url)),
    )


async def _statements_by_step(server: Server, line: Line, variants: Sequence[VariantId]) -> tuple[float, ...]:
    """For one buyer alone."""
    marks = [await asyncio.to_thread(server.statements)]
    cart = await _fill_cart(line, variants[:2])
    marks.append(await asyncio.to_thread(server.statements))
    await _give_details(line, cart, email="buyer@mail.example")
    marks.append(await asyncio.to_thread(server.statements))
    order = await _complete(line, cart)
    marks.append(await asyncio.to_thread(server.statements))
    await _pay(line, order)
    marks.append(await asyncio.to_thread(server.statements))
    return tuple(after - before for before, after in itertools.pairwise(marks))


async def _bought(open_lines: Sequence[Line], variants: Sequence[VariantId], seconds: float) -> list[float]:
    until = time.perf_counter() + seconds
    took: list[float] = []

    async def buy_again(number: int, line: Line) -> None:
        chance = random.Random(number)
        while (began := time.perf_counter()) < until:
            await buy(line, chance.sample(variants, 2), email=f"buyer-{number}@mail.example")
            took.append(time.perf_counter() - began)

    await asyncio.gather(*(buy_again(number, line) for number, line in enumerate(open_lines)))
    return took
