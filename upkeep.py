"""Deeds of whoever runs the shop, put together for one command: the parts they need, opened and closed around them."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime

from domain.access import flows
from domain.error import Several, UserError
from gateways.identity.emails import EmailSyntax
from gateways.identity.passwords import Argon2Hasher, ZxcvbnJudge
from persistence.engine import Database, DatabaseSettings
from persistence.unit import Transactions


async def create_admin(database_url: str, *, email: str, name: str, password: str) -> str | None:
    """Makes a staff account that may do everything; what is wrong with the input, in a line, or None when it was made."""
    database = Database(DatabaseSettings(url=database_url, read_size=1, write_size=1))
    async with AsyncExitStack() as stack:
        hasher, judge = Argon2Hasher(at_once=1), ZxcvbnJudge()
        stack.callback(hasher.close)
        stack.callback(judge.close)
        stack.push_async_callback(database.close)
        await database.open()
        outcome = await flows.create_admin(
            Transactions(database, published=lambda _topics: None),
            email=email,
            password=password,
            name=name,
            emails=EmailSyntax(),
            judge=judge,
            hasher=hasher,
            now=datetime.now(UTC),
        )
    return _told(outcome) if isinstance(outcome, UserError) else None


def _told(failure: UserError) -> str:
    return " ".join(each.message for each in failure.errors) if isinstance(failure, Several) else failure.message
