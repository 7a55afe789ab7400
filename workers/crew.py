"""What a worker's actors need, opened on their event loop and closed there: database, mail, providers, live hints."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from domain.access.secrets import OneTimeSecrets
from domain.notices.provider import Post
from domain.seal import Seal
from domain.webhooks.flows import Means
from domain.webhooks.provider import Selections
from gateways.documents.invoices import PdfPrinter
from gateways.live.redis import RedisLive
from gateways.mail.files import FilePost
from gateways.mail.smtp import SmtpPost, mail_server
from gateways.payments.configured import configured
from gateways.payments.http import payment_client
from gateways.refusal import CannotStart
from gateways.settings import Settings
from gateways.sms.configured import sends_sms, sms_carrier
from gateways.sms.http import sms_client
from gateways.vault import KeyedVault
from gateways.webhooks.carrier import SignedCarrier
from persistence.engine import Database, DatabaseSettings
from persistence.failures import Unavailable
from persistence.unit import Transactions
from workers.carrier import Carrier
from workers.letters.media import MediaPost
from workers.letters.slots import FillingPost
from workers.pace import Pace
from workers.roster import Roster
from workers.schedule import run_entry
from workers.tasks import Addresses, Tools, perform

_LOOK_SECONDS = 0.5

log = structlog.stdlib.get_logger(__name__)

MakeSelections = Callable[[Settings, Database], Selections]
"""Who resolves the GraphQL selections of webhooks, on the worker's own database; workers know no schema themselves."""


class Crew:
    """The actors' side of a worker. Everything here belongs to the loop that `open` was called on."""

    def __init__(self, settings: Settings, roster: Roster, pace: Pace, *, selections: MakeSelections) -> None:
        self._settings = settings
        self._selections = selections
        self._roster = roster
        self._pace = pace
        self._tools: Tools | None = None
        self._stack = AsyncExitStack()

    async def open(self, *, given_up: Callable[[], bool]) -> bool:
        """Opens everything, waiting for the database; False when it was given up meanwhile."""
        settings = self._settings
        database = Database(database_settings(settings))
        if not await opened(database, given_up=given_up):
            return False
        self._stack.push_async_callback(database.close)
        live = RedisLive(redis_url(settings))
        self._stack.push_async_callback(live.close)
        client = await self._stack.enter_async_context(payment_client())
        carrier = SignedCarrier(allows_local=settings.calls_local)
        self._stack.push_async_callback(carrier.close)
        keys = tuple(key.encode() for key in settings.secret_keys)
        secrets = OneTimeSecrets(keys)
        self._tools = Tools(
            database=database,
            transact=Transactions(database, published=live.published),
            post=FillingPost(await self._post(), secrets),
            carrier=Carrier(),
            delivery=self._pace.delivery,
            seal=Seal(keys),
            secrets=secrets,
            addresses=Addresses(
                storefront_url=settings.storefront_url,
                public_url=settings.own_url,
                mail_from=settings.mail_from,
                staff_email=settings.staff_mailbox,
            ),
            providers=configured(settings, client=client),
            printer=PdfPrinter(),
            sends_sms=sends_sms(settings),
            webhooks=Means(
                carrier=carrier,
                vault=KeyedVault(keys),
                selections=self._selections(settings, database),
                clock=lambda: datetime.now(UTC),
            ),
            low_stock_at=settings.low_stock_at,
            unfinished_after=timedelta(seconds=settings.seconds_unfinished),
        )
        return True

    async def _post(self) -> Post:
        client = await self._stack.enter_async_context(sms_client())
        return MediaPost(mail=post_of(self._settings), sms=sms_carrier(self._settings, client=client))

    async def close(self) -> None:
        """Closes what was opened."""
        await self._stack.aclose()

    async def perform(self, task_id: UUID) -> None:
        """A message's task."""
        await perform(task_id, tasks=self._roster.tasks, tools=self._ready())

    async def run_scheduled(self, name: str) -> None:
        """A run of a scheduled entry."""
        await run_entry(name, entries=self._roster.entries, tools=self._ready())

    def _ready(self) -> Tools:
        if self._tools is None:
            raise RuntimeError("the crew was not opened")
        return self._tools


async def opened(database: Database, *, given_up: Callable[[], bool]) -> bool:
    """Opens a database as soon as it is there; False when it was given up before."""
    is_told = False
    while not given_up():
        try:
            await database.open()
        except Unavailable as away:
            await database.close()
            if not is_told:
                log.warning("database.awaited", trouble=str(away))
                is_told = True
            await asyncio.sleep(_LOOK_SECONDS)
        else:
            return True
    return False


def database_settings(settings: Settings) -> DatabaseSettings:
    """The database as the settings have it. Raises CannotStart without one."""
    if settings.database_url is None:
        raise CannotStart("The worker needs a database: set DATABASE_URL, or start it through `serve`.")
    return DatabaseSettings(
        url=settings.database_url,
        read_size=settings.db_read_size,
        write_size=settings.db_write_size,
        wait_seconds=settings.db_wait_seconds,
        statement_seconds=settings.db_statement_seconds,
        pooler=settings.db_pooler == "transaction",
    )


def redis_url(settings: Settings) -> str:
    """Redis as the settings have it. Raises CannotStart without one."""
    if settings.redis_url is None:
        raise CannotStart("The worker needs Redis: set REDIS_URL, or start it through `serve`.")
    return settings.redis_url


def post_of(settings: Settings) -> Post:
    """Who carries mail: the mail server of SMTP_URL, or without one files in the data directory. Raises CannotStart."""
    url = settings.smtp_url.get_secret_value()
    if not url:
        return FilePost(settings.data_dir / "mail", sender=settings.mail_from)
    try:
        return SmtpPost(mail_server(url), sender=settings.mail_from)
    except ValueError as wrong:
        raise CannotStart(str(wrong)) from None
