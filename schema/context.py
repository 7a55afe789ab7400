"""What every field of one operation is given: who asks, when, from where, and the means to read, to change and to call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from uuid import UUID

from aiodataloader import DataLoader

from domain.access.provider import AccessPorts
from domain.customers.provider import PlaceRules
from domain.error import UserError
from domain.factors.provider import FactorPorts
from domain.idempotency import Answered, Claim, KeyReused, kept, told
from domain.identities.provider import IdentityPorts
from domain.invoices.provider import Links
from domain.live import Live
from domain.notices.provider import NoticePorts
from domain.payments.provider import PaymentPorts
from domain.seal import Seal
from domain.unit import Unit
from domain.viewer import GUEST, Customer, Guest, Viewer
from domain.webhooks.provider import WebhookPorts
from persistence.engine import Database
from persistence.reader import Reader
from persistence.row_cache import RowCache
from persistence.unit import Transactions
from schema.access.standings import Standings
from schema.directives import Arrival, key_of, wish_of
from schema.ids import id_of
from schema.notifications.feeds import NotificationFeed
from schema.orders.feeds import OrderFeeds
from schema.places import Place, Places, Wish
from schema.transport.caller import Caller

P = ParamSpec("P")
T = TypeVar("T")


Identify = Callable[[Caller, Reader, datetime], Awaitable[Viewer]]
"""Who a caller is; raises `Refused` for a token that is not good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the API needs of the world, put together once by the composition root."""

    seal: Seal
    live: Live
    access: AccessPorts
    factors: FactorPorts
    identities: IdentityPorts
    webhooks: WebhookPorts
    notices: NoticePorts
    invoice_links: Links
    standings: Standings
    addresses: PlaceRules
    places: Places
    order_feeds: OrderFeeds
    notification_feed: NotificationFeed
    payments: PaymentPorts
    reservation_seconds: int
    draft_reservation_seconds: int
    public_url: str
    storefront_url: str


@dataclass(slots=True, kw_only=True)
class Context:
    """One operation's. `began` is aware and UTC; `loaders` gathers batch fields for graphql-core.

    Who asks for `now` makes the answer one of this moment, which nobody else is given; `began` is for statements that
    compare columns with it, since those are seen to (`persistence.tags`).
    """

    viewer: Viewer
    began: datetime
    caller: Caller
    reader: Reader
    transact: Transactions
    ports: Ports
    wish: Wish
    identify: Identify
    clock: Callable[[], datetime]
    rows: RowCache | None = None
    """See `Contexts.rows`."""
    key: str | None = None
    """The idempotency key of the mutation that runs now."""
    claim: Claim | None = None
    """The same for a mutation that leaves keeping its outcome to `act`."""
    reused: KeyReused | None = None
    """The key was used before with other arguments: `act` did nothing, and this is the mutation's answer whatever else it says."""
    claimed_by: Callable[..., Any] | None = None
    """Which action the claim goes around; None: the first that `act` runs."""
    loaders: dict[Hashable, DataLoader[Any, Any]] = field(default_factory=dict)

    @property
    def statements(self) -> int:
        """How many SQL statements the operation has sent so far."""
        return self.reader.statements + self.transact.statements

    @property
    def now(self) -> datetime:
        """The operation's present: aware, UTC, the same in all of it."""
        if self.reader.dependence is not None:
            self.reader.dependence.is_own = True
        return self.began

    def arrive(self, info: Arrival) -> None:
        """A root field begins: takes the operation's `@inContext` and the field's `@idempotent`."""
        self.wish = wish_of(info, self.wish)
        self.key = key_of(info, self.caller.idempotency_key)
        self.claim = self.claimed_by = self.reused = None

    async def act(self, action: Callable[Concatenate[Unit, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs an action in a transaction; what was read before it is forgotten, so the payload reads what was written.

        Under a claim it is run once: its repeat is given the first one's outcome.
        """
        claim = self.claim if self.claimed_by in (None, action) else None
        if claim is not None:
            self.claim = None
        run = action if claim is None else _once(claim, action)
        outcome = await self.transact(run, *args, **kwargs)
        self.reused = outcome if claim is not None and isinstance(outcome, KeyReused) else self.reused
        self.forget()
        return outcome

    async def place(self) -> Place:
        """Channel, currency, country and language of this operation; `Refusal` when what was wished is not there."""
        return await self.reader.once("place", lambda: self.ports.places.choose(self.reader, self.wish))

    def forget(self) -> None:
        """After a change: what was read before it counts no more."""
        self.reader.forget()
        self.loaders.clear()

    async def rest(self) -> None:
        """Nothing will be read for a while: gives the connection back until then. For what lives long."""
        self.forget()
        await self.reader.close()

    async def recheck(self, seconds: float) -> None:
        """Asks again who the caller is, once that many seconds have gone by; raises `Refused` when they are nobody any more."""
        if self.clock() - self.began >= timedelta(seconds=seconds):
            self.began = self.clock()
            self.meet(await self.identify(self.caller, self.reader, self.began))

    def meet(self, viewer: Viewer) -> None:
        """Takes the viewer, and decides what they are told from."""
        self.viewer = viewer
        self.reader.cache = self.rows if isinstance(viewer, Guest | Customer) else None

    def cart_id(self, text: str) -> UUID | None:
        """The cart behind its secret id; None for whatever nobody was given."""
        return self.ports.seal.open("cart", text)

    def id_of(self, kind: str, text: str) -> UUID | None:
        """The UUID behind a public id of that type, else None."""
        return id_of(kind, text)


def _once(claim: Claim, action: Callable[Concatenate[Unit, P], Awaitable[T]]) -> Callable[Concatenate[Unit, P], Awaitable[T]]:
    """The action with its claim, in one transaction: done and kept, or answered as the first time."""

    async def once(unit: Unit, /, *args: P.args, **kwargs: P.kwargs) -> T:
        match await unit.idempotency.claim(claim):
            case Answered(outcome):
                return cast("T", told(outcome))
            case KeyReused() as reused:
                return cast("T", reused)
            case _:
                done = await action(unit, *args, **kwargs)
        if not isinstance(done, UserError):
            await unit.idempotency.record(claim, kept(done))
        return done

    return once


@dataclass(frozen=True, slots=True, kw_only=True)
class Contexts:
    """Opens contexts for the transport."""

    database: Database
    transact: Transactions
    ports: Ports
    identify: Identify
    clock: Callable[[], datetime]
    counted: Callable[[int], None] = lambda _statements: None
    """Told how many SQL statements an operation took, when it has ended."""
    rows: RowCache | None = None
    """What buyers' public reads are kept in. Staff and apps read what they changed themselves, in whatever process."""

    @asynccontextmanager
    async def open(self, caller: Caller) -> AsyncIterator[Context]:
        """A context for one operation; its connection is given back when the block ends."""
        reader = Reader(self.database)
        transact = self.transact.of_request(caller.request_id, address=caller.address, agent=caller.user_agent or "")
        try:
            now = self.clock()
            context = Context(
                viewer=GUEST,
                began=now,
                caller=caller,
                reader=reader,
                transact=transact,
                ports=self.ports,
                identify=self.identify,
                clock=self.clock,
                wish=Wish(channel=caller.channel, currency=caller.currency, country=caller.country, language=caller.language),
                rows=self.rows,
            )
            context.meet(await self.identify(caller, reader, now))
            yield context
        finally:
            await reader.end()
            self.counted(reader.statements + transact.statements)
