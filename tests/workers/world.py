"""What the workers' tests work on: an order as the database keeps it, facts about it, and what became of them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

import asyncpg

from domain.event import Event
from domain.ids import new_id
from domain.orders.events import OrderPlaced
from persistence.unit import Transactions, UnitOfWork

# The machine may be busy with other tests: what is waited for comes early or not at all.
SECONDS = 40.0
PLACED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ADDRESS = {
    "first_name": "Ada",
    "last_name": "Lovelace",
    "company": "",
    "street": ["Hauptstraße 1"],
    "city": "Berlin",
    "postal_code": "10115",
    "region": "",
    "country": "DE",
    "phone": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Poisonous(Event):
    """A fact whose task never works."""

    aggregate: ClassVar[str] = "test"
    thing_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.thing_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Slow(Event):
    """A fact whose task takes its time."""

    aggregate: ClassVar[str] = "test"
    thing_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.thing_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck(Event):
    """A fact whose task holds up everything."""

    aggregate: ClassVar[str] = "test"
    thing_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.thing_id


async def announce(transact: Transactions, *events: Event) -> None:
    """Writes facts as a change would."""

    async def say(unit: UnitOfWork) -> None:
        for event in events:
            unit.announce(event)

    await transact.work(say)


async def an_order(
    database_url: str,
    *,
    email: str = "ada@example.com",
    language: str = "en",
    product: str = "Linen shirt",
    currency: str = "EUR",
) -> UUID:
    """An order over two shirts: 100.00 less 10.00, 4.90 for delivery, 15.15 of tax included; the total is 94.90."""
    connection = await asyncpg.connect(database_url)
    order_id = new_id()
    channel_id, cart_id = new_id(), new_id()
    try:
        async with connection.transaction():
            await connection.execute(
                "INSERT INTO channel (id, slug, name, currency, currencies, country, language, prices_include_tax, is_default,"
                " is_active) VALUES ($1, $2, 'Web', 'EUR', '{EUR}', 'DE', 'en', true, false, true)",
                channel_id,
                f"web-{channel_id.hex}",
            )
            await connection.execute(
                "INSERT INTO cart (id, state, channel_id, currency, country, language, updated_at)"
                " VALUES ($1, 'COMPLETED', $2, 'EUR', 'DE', 'en', now())",
                cart_id,
                channel_id,
            )
            await connection.execute(
                "INSERT INTO orders (id, cart_id, channel_id, number, email, email_key, status, payment_status,"
                " fulfillment_status, currency, country, language, shipping_address, billing_address, subtotal, discount,"
                " shipping, tax_added, tax_total, total, explanation, authorized, captured, placed_at, updated_at)"
                " VALUES ($1, $2, $3, 1001, $4, $4, 'PENDING', 'UNPAID', 'UNFULFILLED', $5, 'DE', $6, $7, $7, 10000, 1000,"
                " 490, 0, 1515, 9490, '{}', 9490, 9490, $8, $8)",
                *(order_id, cart_id, channel_id, email, currency, language, json.dumps(ADDRESS), PLACED),
            )
            await connection.execute(
                "INSERT INTO order_line (id, order_id, position, product_name, variant_name, sku, quantity, unit_price, discount,"
                " tax_basis_points, tax_added, tax_total, total)"
                " VALUES ($1, $2, 1, $3, 'M', 'SHIRT-M', 2, 5000, 1000, 1900, 0, 1437, 9000)",
                *(new_id(), order_id, product),
            )
    finally:
        await connection.close()
    return order_id


async def placed(transact: Transactions, database_url: str, **kind: str) -> UUID:
    """An order, and the fact that it was placed."""
    order_id = await an_order(database_url, **kind)
    await announce(transact, OrderPlaced(order_id=order_id))
    return order_id


async def rows(database_url: str, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
    """What the database says."""
    connection = await asyncpg.connect(database_url)
    try:
        return [tuple(row) for row in await connection.fetch(statement, *arguments)]
    finally:
        await connection.close()


async def eventually(true: Callable[[], Awaitable[bool]], what: str) -> None:
    """Waits until something is so; fails, saying what was waited for, when it does not come."""
    until = time.monotonic() + SECONDS
    while not await true():
        assert time.monotonic() < until, f"waited in vain: {what}"
        await asyncio.sleep(0.05)
