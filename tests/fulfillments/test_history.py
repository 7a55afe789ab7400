"""What went out before shipments were kept gets its shipments when the database migrates."""

from __future__ import annotations

import runpy
from pathlib import Path

import asyncpg
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from persistence import migrate
from tests.fulfillments.conftest import Dispatch

MIGRATION = Path(__file__).resolve().parents[2] / "migrations" / "versions" / "0006_fulfillments.py"
PARCELS = """SELECT f.order_id, f.number, f.warehouse_id, f.state, f.actor, f.created_at, l.order_line_id, l.quantity
             FROM fulfillment f JOIN fulfillment_line l ON l.fulfillment_id = f.id ORDER BY 1, 2, 7"""


def _shipped_before(connection: Connection) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        runpy.run_path(str(MIGRATION))["shipped_before"]()


async def test_what_was_sent_before_has_the_same_parcels_after_the_migration(dispatch: Dispatch) -> None:
    goods, voucher = await dispatch.shop.goods(stock=(4, 5)), await dispatch.shop.goods(stock=0, tracks_stock=False)
    orders = [await dispatch.paid(*wanted) for wanted in ([(goods, 5), (voucher, 2)], [(goods, 1)], [(voucher, 1)])]
    for order in orders:
        moved = {"orderId": order["id"], "fulfillmentStatus": "SHIPPED"}
        await dispatch.does("orderTransition", moved, "order { status }")
    arrived = {"orderId": orders[0]["id"], "fulfillmentStatus": "DELIVERED"}
    await dispatch.does("orderTransition", arrived, "order { status }")
    await dispatch.postman.works()  # its letters are about the parcels as they are now
    url = dispatch.shop.api.settings.database_url
    assert url is not None
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(url)
    try:
        before = await connection.fetch(PARCELS)
        assert len(before) == 5
        await connection.execute("DELETE FROM fulfillment_line; DELETE FROM fulfillment")
        engine = create_async_engine(migrate.sqlalchemy_url(url), poolclass=NullPool)
        async with engine.begin() as migrating:
            await migrating.run_sync(_shipped_before)
        await engine.dispose()
        assert await connection.fetch(PARCELS) == before
    finally:
        await connection.close()
