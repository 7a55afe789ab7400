"""What a request leaves running when it ends: graphql-core drops fields beside one that failed, without stopping them."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

import pytest
from sqlalchemy import Integer, func, literal, select

from persistence.engine import Database, DatabaseSettings
from persistence.reader import Reader, RequestOver
from persistence.statement import Question


class _One(NamedTuple):
    one: int


SLOW = Question(_One, select(literal(1, Integer).label("one")).select_from(func.pg_sleep(0.3)))


async def test_a_statement_left_running_keeps_its_connection_until_it_has_ended(database_url: str) -> None:
    database = Database(DatabaseSettings(url=database_url, read_size=1))
    await database.open()
    reader = Reader(database)
    left = asyncio.create_task(reader.rows(SLOW))
    await asyncio.sleep(0.05)
    late = asyncio.create_task(reader.rows(SLOW))
    await asyncio.sleep(0)
    await reader.end()
    other = Reader(database)
    assert await other.rows(SLOW) == [(1,)]
    await other.end()
    assert await left == [(1,)]
    with pytest.raises(RequestOver):
        await late
    assert (reader.statements, other.statements) == (1, 1)
    await database.close()


async def test_a_request_cancelled_at_its_very_end_gives_its_connection_back(database_url: str) -> None:
    database = Database(DatabaseSettings(url=database_url, read_size=1))
    await database.open()
    reader = Reader(database)
    left = asyncio.create_task(reader.rows(SLOW))
    await asyncio.sleep(0.05)
    ending = asyncio.create_task(reader.end())
    await asyncio.sleep(0)
    ending.cancel()
    await left
    other = Reader(database)
    assert await other.rows(SLOW) == [(1,)]
    await other.end()
    await database.close()
