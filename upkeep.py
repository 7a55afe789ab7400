"""Deeds of whoever runs the shop, put together for one command: the parts they need, opened and closed around them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from domain.access import flows
from domain.apps import flows as app_flows
from domain.apps import register
from domain.apps.model import Made
from domain.apps.provider import AppPorts
from domain.apps.register import AppWords
from domain.error import Several, UserError
from domain.imports.model import ImportReport
from domain.payments.actions.settlements import StatementFile, import_statement
from domain.staff.model import Channels
from domain.viewer import Machine
from gateways.identity.emails import EmailSyntax
from gateways.identity.passwords import Argon2Hasher, ZxcvbnJudge
from gateways.live.redis import RedisLive
from gateways.oauth.keys import RsaKeys
from gateways.refusal import CannotStart
from gateways.settings import Settings
from gateways.vault import KeyedVault
from persistence.catalog import importing
from persistence.engine import Database, DatabaseSettings
from persistence.payments.statement_reads import outcomes
from persistence.reader import Reader
from persistence.unit import Transactions

OPERATOR = Machine("operator")
"""Whoever has the command line; how they stand in histories."""


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


async def create_client(
    database_url: str, *, name: str, scopes: str, redirect_uris: Sequence[str], is_public: bool
) -> Made | str:
    """Registers an OAuth client; its id and secret, or what is wrong with the input, in a line."""
    words = AppWords(
        name=name,
        redirect_uris=tuple(redirect_uris),
        scopes=tuple(dict.fromkeys(scopes.split())),
        channels=Channels(None),
        has_secret=not is_public,
    )
    async with _transactions(database_url) as transact:
        made = await transact(register.create_app, words=words, by=OPERATOR, now=datetime.now(UTC))
    return _told(made) if isinstance(made, UserError) else made


async def issue_token(database_url: str, *, scopes: str, seconds: int) -> Made | str:
    """Makes a token for development, or says what is wrong with the input, in a line."""
    asked = tuple(dict.fromkeys(scopes.split()))
    async with _transactions(database_url) as transact:
        made = await transact(
            register.issue_for_development, scopes_asked=asked, seconds=seconds, by=OPERATOR, now=datetime.now(UTC)
        )
    return _told(made) if isinstance(made, UserError) else made


async def rotate_signing_key(settings: Settings, database_url: str) -> UUID | None:
    """Makes another key the one that signs id tokens; which, or None when a rival was first."""
    ports = AppPorts(
        keys=RsaKeys(),
        vault=KeyedVault(tuple(key.encode() for key in settings.secret_keys)),
        access_seconds=settings.app_token_seconds,
        refresh_seconds=settings.app_refresh_seconds,
    )
    async with _transactions(database_url) as transact:
        return await app_flows.rotate_signing_key(transact, ports, now=datetime.now(UTC))


@asynccontextmanager
async def _transactions(database_url: str) -> AsyncIterator[Transactions]:
    database = Database(DatabaseSettings(url=database_url, read_size=1, write_size=1))
    await database.open()
    try:
        yield Transactions(database, published=lambda _topics: None)
    finally:
        await database.close()


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
