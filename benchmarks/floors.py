"""What the API is compared with: F0 `bare`, an ASGI application that says hello; F1 `written`, the same answers by hand.

F1 is what a patient person would write for these three questions and no other: batched statements on asyncpg, dicts,
orjson; no schema, no permissions, no logging. Run with `python -m benchmarks.floors NAME`, DATABASE_URL and PORT set.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from persistence.demo.places import WEB
from persistence.paging import Place, encode_cursor
from persistence.statement import Connection
from schema.ids import global_id

if TYPE_CHECKING:
    _Plain = asyncpg.Connection[asyncpg.Record]  # generic for the type checker only
else:
    _Plain = asyncpg.Connection

FIRST = 24
_LISTED = """JOIN listing l ON l.product_id = p.id AND l.channel_id = $1 AND l.currency = 'EUR'
  WHERE p.status = 'ACTIVE' AND p.published_at <= $2"""
CATEGORY = "SELECT id, name, slug FROM category WHERE slug = $1"
CATEGORIES = "SELECT id, name, slug FROM category WHERE id = any($1)"
PRODUCTS = f"""SELECT p.id, p.name, p.slug, p.category_id, p.created_at, l.price_min, l.price_max FROM product p {_LISTED}
  AND EXISTS (SELECT 1 FROM product_category c JOIN category_closure k ON k.descendant_id = c.category_id
              WHERE c.product_id = p.id AND k.ancestor_id = $3)
  ORDER BY p.created_at DESC, p.id DESC LIMIT {FIRST + 1}"""
PRODUCT = f"SELECT p.id, p.name, p.slug, p.description, p.category_id FROM product p {_LISTED} AND p.slug = $3"
IMAGES = "SELECT url FROM product_image WHERE product_id = $1 ORDER BY position"
THUMBNAILS = "SELECT product_id, url FROM product_image WHERE product_id = any($1) AND position = 1"
VARIANTS = """SELECT v.id, v.product_id, v.sku, v.option1, v.option2, v.option3, v.tracks_stock, r.amount,
    (SELECT coalesce(sum(s.on_hand - s.reserved), 0)::bigint FROM stock s JOIN warehouse w ON w.id = s.warehouse_id AND w.is_active
     WHERE s.variant_id = v.id) AS free
  FROM variant v JOIN price r ON r.variant_id = v.id AND r.channel_id = $1 AND r.currency = 'EUR'
  WHERE v.product_id = any($2) AND v.is_active ORDER BY v.product_id, v.position, v.id"""
OPTIONS = "SELECT name FROM product_option WHERE product_id = $1 ORDER BY position"
ANCESTORS = """SELECT c.id, c.name, c.slug FROM category_closure k JOIN category c ON c.id = k.ancestor_id
  WHERE k.descendant_id = $1 AND k.depth > 0 ORDER BY k.depth DESC"""
COLLECTIONS = """SELECT c.id, c.name, c.slug FROM product_collection m JOIN collection c ON c.id = m.collection_id
  WHERE m.product_id = $1 AND c.is_published ORDER BY c.name, c.id"""
FOUND = f"""SELECT p.id, p.name, p.slug, l.price_min, l.price_max, count(*) OVER () AS total FROM product p {_LISTED}
  AND p.search @@ websearch_to_tsquery('english', $3) AND l.price_max >= $4 AND l.price_min <= $5
  AND EXISTS (SELECT 1 FROM variant v JOIN price r ON r.variant_id = v.id AND r.channel_id = $1 AND r.currency = 'EUR'
              WHERE v.product_id = p.id AND v.is_active AND r.amount BETWEEN $4 AND $5)
  ORDER BY l.price_min, p.id LIMIT {FIRST + 1}"""
STATEMENTS = {"Listing": 5, "ProductPage": 7, "Search": 2}
"""How many each answer takes."""


class _Stateless(_Plain):
    """As in the API: nothing to reset at a release."""

    def get_reset_query(self) -> str:
        return ""


def _money(cents: int) -> dict[str, str]:
    return {"amount": f"{cents // 100}.{cents % 100:02d}", "currency": "EUR"}


def _span(row: asyncpg.Record) -> dict[str, Any]:
    return {"min": _money(row["price_min"]), "max": _money(row["price_max"])}


def _availability(row: asyncpg.Record) -> dict[str, Any]:
    free = row["free"]
    if not row["tracks_stock"]:
        return {"status": "ALWAYS", "quantity": None}
    return {"status": "IN_STOCK" if free > 0 else "OUT_OF_STOCK", "quantity": max(free, 0)}


def _named(kind: str, row: asyncpg.Record) -> dict[str, Any]:
    return {"id": global_id(kind, row["id"]), "name": row["name"], "slug": row["slug"]}


async def _thumbnails(connection: Connection, ids: list[Any]) -> dict[Any, dict[str, str]]:
    return {row["product_id"]: {"url": row["url"]} for row in await connection.fetch(THUMBNAILS, ids)}


def _page_info(rows: list[asyncpg.Record], order: str, key: str) -> dict[str, Any]:
    shown = rows[:FIRST]
    end = encode_cursor(order, Place(shown[-1][key], shown[-1]["id"])) if shown else None
    return {"hasNextPage": len(rows) > FIRST, "endCursor": end}


async def listing(connection: Connection, said: dict[str, Any], now: datetime) -> dict[str, Any]:
    """W1."""
    category = await connection.fetchrow(CATEGORY, said["slug"])
    assert category is not None
    rows = await connection.fetch(PRODUCTS, WEB, now, category["id"])
    shown = rows[:FIRST]
    ids = [row["id"] for row in shown]
    thumbnails = await _thumbnails(connection, ids)
    variants: dict[Any, list[dict[str, Any]]] = {each: [] for each in ids}
    for row in await connection.fetch(VARIANTS, WEB, ids):
        variants[row["product_id"]].append(
            {
                "id": global_id("Variant", row["id"]),
                "sku": row["sku"],
                "price": _money(row["amount"]),
                "availability": _availability(row),
            }
        )
    names = {row["id"]: row["name"] for row in await connection.fetch(CATEGORIES, list({row["category_id"] for row in shown}))}
    edges = [
        {
            "node": {
                **_named("Product", row),
                "thumbnail": thumbnails.get(row["id"]),
                "priceRange": _span(row),
                "category": {"name": names[row["category_id"]]},
                "variants": variants[row["id"]],
            }
        }
        for row in shown
    ]
    products = {"edges": edges, "pageInfo": _page_info(rows, "created-", "created_at")}
    return {"category": {"id": global_id("Category", category["id"]), "name": category["name"], "products": products}}


async def product_page(connection: Connection, said: dict[str, Any], now: datetime) -> dict[str, Any]:
    """W2."""
    product = await connection.fetchrow(PRODUCT, WEB, now, said["slug"])
    assert product is not None
    (category,) = await connection.fetch(CATEGORIES, [product["category_id"]])
    ancestors = await connection.fetch(ANCESTORS, category["id"])
    images = await connection.fetch(IMAGES, product["id"])
    options = [row["name"] for row in await connection.fetch(OPTIONS, product["id"])]
    variants = [
        {
            "id": global_id("Variant", row["id"]),
            "sku": row["sku"],
            "options": [
                {"name": name, "value": value}
                for name, value in zip(options, (row["option1"], row["option2"], row["option3"]), strict=False)
            ],
            "price": _money(row["amount"]),
            "availability": _availability(row),
        }
        for row in await connection.fetch(VARIANTS, WEB, [product["id"]])
    ]
    return {
        "product": {
            **_named("Product", product),
            "description": product["description"],
            "category": {**_named("Category", category), "ancestors": [_named("Category", row) for row in ancestors]},
            "images": [{"url": row["url"]} for row in images],
            "variants": variants,
            "collections": [_named("Collection", row) for row in await connection.fetch(COLLECTIONS, product["id"])],
        }
    }


async def search(connection: Connection, said: dict[str, Any], now: datetime) -> dict[str, Any]:
    """W3."""
    cents = [int(said[bound].replace(".", "")) for bound in ("min", "max")]
    rows = await connection.fetch(FOUND, WEB, now, said["text"], *cents)
    thumbnails = await _thumbnails(connection, [row["id"] for row in rows[:FIRST]])
    nodes = [
        {**_named("Product", row), "thumbnail": thumbnails.get(row["id"]), "priceRange": _span(row)} for row in rows[:FIRST]
    ]
    total = rows[0]["total"] if rows else 0
    return {"products": {"totalCount": total, "nodes": nodes, "pageInfo": _page_info(rows, "price+", "price_min")}}


ANSWERS: dict[str, Callable[[Connection, dict[str, Any], datetime], Awaitable[dict[str, Any]]]] = {
    "Listing": listing,
    "ProductPage": product_page,
    "Search": search,
}


async def _say(send: Send, content: bytes, kind: bytes) -> None:
    headers = [(b"content-type", kind), (b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """F0."""
    del receive
    if scope["type"] == "http":
        await _say(send, b"hello", b"text/plain")


def written(database_url: str) -> ASGIApp:
    """F1."""
    pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal pool
        if scope["type"] != "http":
            return
        if pool is None:
            pool = await asyncpg.create_pool(database_url, min_size=0, max_size=10, connection_class=_Stateless)
        content = b""
        while True:
            message = await receive()
            content += message.get("body", b"")
            if not message.get("more_body"):
                break
        asked = orjson.loads(content)
        async with pool.acquire() as connection:
            data = await ANSWERS[asked["operationName"]](connection, asked["variables"], datetime.now(UTC))
        await _say(send, orjson.dumps({"data": data}), b"application/json")

    return answer


def main() -> None:
    """Serves the floor that is named."""
    app = bare if sys.argv[1] == "bare" else written(os.environ["DATABASE_URL"])
    uvicorn.run(app, port=int(os.environ["PORT"]), lifespan="off", log_config=None, access_log=False, server_header=False)


if __name__ == "__main__":
    main()
