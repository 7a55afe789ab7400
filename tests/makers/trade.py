"""What a shop needs before it can sell: a channel with its tax and deliveries, warehouses, coupons, and goods on the shelf.

Where no deed of the API makes these yet, they are written as rows; everything a test is about goes through the API.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.ids import new_id
from persistence.statement import Connection
from schema.ids import global_id

_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel that sells in EUR, prices with 19 % tax in them, unless said otherwise."""

    id: UUID
    slug: str
    standard_delivery: str
    express_delivery: str
    warehouse_id: UUID
    second_warehouse_id: UUID


@dataclass(frozen=True, slots=True)
class Goods:
    """A variant on sale."""

    product_id: UUID
    variant_id: UUID
    sku: str

    @property
    def id(self) -> str:
        """The variant's public id."""
        return global_id("Variant", self.variant_id)


async def a_channel(
    connection: Connection,
    *,
    slug: str = "web",
    prices_include_tax: bool = True,
    is_default: bool = True,
    tax_basis_points: int = 1900,
) -> Channel:
    """A channel with two deliveries (4.90, free from 50.00; express 9.90) and two warehouses of its own."""
    channel, first, second, standard, express = (new_id() for _ in range(5))
    await connection.execute(
        """INSERT INTO channel (id, slug, name, currency, currencies, country, language, prices_include_tax, is_default, is_active)
           VALUES ($1, $2, initcap($2), 'EUR', '{EUR,USD,JPY}', 'DE', 'en', $3, $4, true)""",
        channel,
        slug,
        prices_include_tax,
        is_default,
    )
    await connection.execute("INSERT INTO order_number (channel_id, next) VALUES ($1, 1001)", channel)
    await connection.executemany(
        "INSERT INTO tax_rate (channel_id, country, name, basis_points) VALUES ($1, $2, 'VAT', $3)",
        [(channel, "DE", tax_basis_points), (channel, "AT", 2000)],
    )
    await connection.executemany(
        "INSERT INTO warehouse (id, slug, name, country, priority) VALUES ($1, $2, initcap($2), 'DE', $3)",
        [(first, f"{slug}-north", 1), (second, f"{slug}-south", 2)],
    )
    await connection.executemany(
        """INSERT INTO shipping_method (id, channel_id, slug, name, countries, currency, price, free_from, days_min, days_max, position)
           VALUES ($1, $2, $3, initcap($3), $4, 'EUR', $5, $6, 1, 3, $7)""",
        [(standard, channel, "standard", [], 490, 5000, 1), (express, channel, "express", ["DE"], 990, None, 2)],
    )
    return Channel(channel, slug, global_id("DeliveryOption", standard), global_id("DeliveryOption", express), first, second)


async def some_goods(
    connection: Connection,
    channel: Channel,
    *,
    price: int = 1999,
    stock: int | tuple[int, int] = 10,
    tracks_stock: bool = True,
    requires_shipping: bool = True,
    is_taxable: bool = True,
    currency: str = "EUR",
) -> Goods:
    """A published product of one variant, priced on the channel; `stock` in the first warehouse, or in both."""
    number = next(_NUMBERS)
    product, variant = new_id(), new_id()
    sku = f"SKU-{number}-{variant.hex[-6:]}"
    await connection.execute(
        "INSERT INTO product (id, slug, name, name_key, status, published_at) VALUES ($1, $2, $3, lower($3), 'ACTIVE', now())",
        product,
        f"goods-{product.hex}",
        f"Goods {number}",
    )
    await connection.execute(
        """INSERT INTO variant (id, product_id, position, sku, name, tracks_stock, requires_shipping, is_taxable)
           VALUES ($1, $2, 1, $3, 'One size', $4, $5, $6)""",
        variant,
        product,
        sku,
        tracks_stock,
        requires_shipping,
        is_taxable,
    )
    await connection.execute(
        "INSERT INTO price (variant_id, channel_id, currency, amount) VALUES ($1, $2, $3, $4)",
        variant,
        channel.id,
        currency,
        price,
    )
    await connection.execute(
        "INSERT INTO listing (product_id, channel_id, currency, price_min, price_max) VALUES ($1, $2, $3, $4, $4)",
        product,
        channel.id,
        currency,
        price,
    )
    levels = (stock, 0) if isinstance(stock, int) else stock
    for warehouse, units in zip((channel.warehouse_id, channel.second_warehouse_id), levels, strict=True):
        if units:
            await connection.execute("INSERT INTO stock VALUES ($1, $2, $3, 0)", variant, warehouse, units)
            await connection.execute(
                "INSERT INTO stock_movement (variant_id, warehouse_id, delta, reason, actor) VALUES ($1, $2, $3, 'SEEDED', 'test')",
                variant,
                warehouse,
                units,
            )
    return Goods(product, variant, sku)


async def a_coupon(
    connection: Connection,
    channel: Channel,
    *,
    basis_points: int | None = 1000,
    amount: int | None = None,
    minimum: int | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    usage_limit: int | None = None,
    customer_limit: int | None = None,
) -> str:
    """A coupon of the channel, 10 % unless said otherwise; its code."""
    code = f"SAVE-{next(_NUMBERS)}"
    await connection.execute(
        """INSERT INTO coupon (id, channel_id, code, code_key, kind, basis_points, amount, currency, minimum, starts_at, ends_at,
                               usage_limit, customer_limit)
           VALUES ($1, $2, $3, lower($3), $4, $5, $6, 'EUR', $7, $8, $9, $10, $11)""",
        new_id(),
        channel.id,
        code,
        "FIXED" if amount is not None else "PERCENTAGE",
        None if amount is not None else basis_points,
        amount,
        minimum,
        starts_at,
        ends_at,
        usage_limit,
        customer_limit,
    )
    return code
