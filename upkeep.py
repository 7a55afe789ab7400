"""Deeds of whoever runs the shop, put together for one command: the parts they need, opened and closed around them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from domain.access import flows
from domain.error import Several, UserError
from domain.imports.model import ImportReport
from domain.payments.actions.settlements import StatementFile, import_statement
from domain.viewer import Machine
from gateways.identity.emails import EmailSyntax
from gateways.identity.passwords import Argon2Hasher, ZxcvbnJudge
from gateways.live.redis import RedisLive
from gateways.refusal import CannotStart
from persistence.catalog import importing
from persistence.engine import Database, DatabaseSettings
from persistence.payments.statement_reads import outcomes
from persistence.reader import Reader
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


async def import_file(
    database_url: str, redis_url: str | None, file: Path, *, channel: str, now: datetime, progress: Callable[[str], None]
) -> ImportReport:
    """Reads a product CSV; running processes are told of every change, where there is a Redis to tell them by."""
    if redis_url is None:
        return await importing.import_file(database_url, file, channel=channel, now=now, progress=progress)
    live = RedisLive(redis_url)
    try:
        return await importing.import_file(
            database_url, file, channel=channel, now=now, progress=progress, published=live.published
        )
    finally:
        await live.close()


async def import_statement_file(database_url: str, file: StatementFile) -> dict[str, int]:
    """Takes a provider's statement; how many lines were found to be what. Raises CannotStart for what is no statement."""
    database = Database(DatabaseSettings(url=database_url, read_size=1, write_size=1))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        await database.open()
        reader = Reader(database)
        stack.push_async_callback(reader.end)
        outcome = await Transactions(database, published=lambda _topics: None)(
            import_statement,
            file=file,
            by=Machine("import-settlement"),
            now=datetime.now(UTC),
        )
        if isinstance(outcome, UserError):
            raise CannotStart(outcome.message)
        return {each.outcome: each.total for each in (await outcomes(reader, [outcome]))[0]}


def _told(failure: UserError) -> str:
    return " ".join(each.message for each in failure.errors) if isinstance(failure, Several) else failure.message
