"""Opens units of work: begin, run the action, announce, commit; roll back on a failure; try again when PostgreSQL asks.

A commit whose answer was lost or that was cancelled midway is unknown, and told as `Unavailable`: a repeat with the same
key finds out.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from functools import cached_property
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

from domain.audit.model import About, Deed, Origin
from domain.error import UserError
from domain.event import Event
from domain.ids import new_id
from domain.live import OUTBOX
from domain.unit import Rehearsed, Unit
from persistence.access.store import AccessRows
from persistence.apps.store import AppsRows
from persistence.audit.store import AuditRows
from persistence.carts.store import CartsRows
from persistence.catalog.store import CatalogRows
from persistence.channels.store import ChannelsRows
from persistence.customers.store import CustomersRows
from persistence.drafts.store import DraftsRows
from persistence.edits.store import EditsRows
from persistence.engine import Database
from persistence.factors.store import FactorsRows
from persistence.failures import LOST, RETRIED, Unavailable
from persistence.fulfillments.store import FulfillmentsRows
from persistence.idempotency import KeptKeys
from persistence.identities.store import IdentitiesRows
from persistence.invoices.store import InvoicesRows
from persistence.notices.preferences import PreferenceRows
from persistence.notices.store import NoticesRows
from persistence.notices.waiting import WaitingRows
from persistence.notifications.store import NotificationsRows
from persistence.orders.store import OrdersRows
from persistence.outbox import Outbox
from persistence.payments.settlements import SettlementRows
from persistence.payments.store import PaymentsRows
from persistence.prices.store import PricesRows
from persistence.promotions.store import PromotionsRows
from persistence.returns.store import ReturnsRows
from persistence.staff.store import StaffRows
from persistence.statement import Borrowed
from persistence.stock.store import StockRows
from persistence.tags import topics
from persistence.transaction import Transaction
from persistence.webhooks.log import EventLogRows
from persistence.webhooks.store import WebhooksRows

P = ParamSpec("P")
T = TypeVar("T")
TRIES = 5
NOWHERE = Origin()


class UnitOfWork:
    """`domain.unit.Unit` on one PostgreSQL transaction; stores are made when first asked for."""

    def __init__(self, transaction: Transaction, origin: Origin = NOWHERE) -> None:
        self.transaction = transaction
        self.origin = origin
        self.events: list[Event] = []
        self.topics: set[str] = set()

    def announce(self, event: Event) -> None:
        self.events.append(event)

    def hint(self, topic: str) -> None:
        self.topics.add(topic)

    @cached_property
    def access(self) -> AccessRows:
        return AccessRows(self.transaction)

    @cached_property
    def apps(self) -> AppsRows:
        return AppsRows(self.transaction)

    @cached_property
    def audit(self) -> AuditRows:
        return AuditRows(self.transaction)

    @cached_property
    def carts(self) -> CartsRows:
        return CartsRows(self.transaction)

    @cached_property
    def catalog(self) -> CatalogRows:
        return CatalogRows(self.transaction)

    @cached_property
    def channels(self) -> ChannelsRows:
        return ChannelsRows(self.transaction)

    @cached_property
    def customers(self) -> CustomersRows:
        return CustomersRows(self.transaction)

    @cached_property
    def drafts(self) -> DraftsRows:
        return DraftsRows(self.transaction)

    @cached_property
    def edits(self) -> EditsRows:
        return EditsRows(self.transaction)

    @cached_property
    def factors(self) -> FactorsRows:
        return FactorsRows(self.transaction)

    @cached_property
    def fulfillments(self) -> FulfillmentsRows:
        return FulfillmentsRows(self.transaction)

    @cached_property
    def idempotency(self) -> KeptKeys:
        return KeptKeys(self.transaction)

    @cached_property
    def identities(self) -> IdentitiesRows:
        return IdentitiesRows(self.transaction)

    @cached_property
    def invoices(self) -> InvoicesRows:
        return InvoicesRows(self.transaction)

    @cached_property
    def notices(self) -> NoticesRows:
        return NoticesRows(self.transaction)

    @cached_property
    def notifications(self) -> NotificationsRows:
        return NotificationsRows(self.transaction)

    @cached_property
    def orders(self) -> OrdersRows:
        return OrdersRows(self.transaction)

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self.transaction)

    @cached_property
    def payments(self) -> PaymentsRows:
        return PaymentsRows(self.transaction)

    @property
    def settlements(self) -> SettlementRows:
        return SettlementRows(self.transaction)

    @cached_property
    def preferences(self) -> PreferenceRows:
        return PreferenceRows(self.transaction)

    @cached_property
    def prices(self) -> PricesRows:
        return PricesRows(self.transaction)

    @cached_property
    def promotions(self) -> PromotionsRows:
        return PromotionsRows(self.transaction)

    @cached_property
    def returns(self) -> ReturnsRows:
        return ReturnsRows(self.transaction)

    @cached_property
    def staff(self) -> StaffRows:
        return StaffRows(self.transaction)

    @cached_property
    def stock(self) -> StockRows:
        return StockRows(self.transaction)

    @cached_property
    def waiting(self) -> WaitingRows:
        return WaitingRows(self.transaction)

    @cached_property
    def event_log(self) -> EventLogRows:
        return EventLogRows(self.transaction)

    @cached_property
    def webhooks(self) -> WebhooksRows:
        return WebhooksRows(self.transaction)


class Transactions:
    """`domain.unit.Transact`, and `work` for Vitrine's own machines, whose actions also see the outbox.

    `published` is called with the topics to hint after each commit and must neither wait nor raise. `statements` counts
    what all units of this object sent, for those who measure. While `deed` is set, every transaction goes on record.
    """

    def __init__(self, database: Database, *, published: Callable[[Sequence[str]], None], origin: Origin = NOWHERE) -> None:
        self._database = database
        self._published = published
        self._origin = origin
        self.deed: Deed | None = None
        self.statements = 0
        wait, seconds = database.settings.wait_seconds, database.settings.statement_seconds
        self._begin = (
            f"BEGIN; SET LOCAL lock_timeout = '{wait:g}s'; SET LOCAL statement_timeout = '{seconds:g}s'; "
            "SET LOCAL idle_in_transaction_session_timeout = '10s'"
        )

    def of_request(self, request_id: str | None, *, address: str | None = None, agent: str = "") -> Transactions:
        """The same for one request, from where it came; its id is written beside what it announces."""
        origin = Origin(request_id=request_id, address=address, agent=agent)
        return Transactions(self._database, published=self._published, origin=origin)

    async def __call__(self, action: Callable[Concatenate[Unit, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self.work(action, *args, **kwargs)

    async def work(self, action: Callable[Concatenate[UnitOfWork, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs an action in a transaction. A returned `UserError` or `Rehearsed` rolls back; serialisation failures and deadlocks retry."""
        for attempt in range(TRIES):
            try:
                return await self._once(action, *args, **kwargs)
            except RETRIED:
                if attempt == TRIES - 1:
                    raise
                await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, not a secret
        raise AssertionError("unreachable: the last try returns or raises")

    async def _once(
        self, action: Callable[Concatenate[UnitOfWork, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        async with self._database.writing() as connection:
            transaction = Transaction(connection)
            unit = UnitOfWork(transaction, self._origin)
            deed, entry_id = self.deed, new_id()
            committing = False
            try:
                await connection.execute(
                    self._begin if deed is None else f"{self._begin}; SET LOCAL vitrine.audit = '{entry_id}'"
                )
                outcome = await action(unit, *args, **kwargs)
                if isinstance(outcome, UserError | Rehearsed):
                    await connection.execute("ROLLBACK")
                    return outcome
                if deed is not None:
                    step = getattr(action, "__name__", type(action).__name__)
                    about = _about(outcome, unit.events)
                    await unit.audit.record(entry_id, deed, self._origin, step=step, about=about, events=unit.events)
                elif unit.events:
                    await unit.outbox.write(unit.events, request_id=self._origin.request_id)
                if unit.events:
                    unit.topics.add(OUTBOX)
                unit.topics.update(topics(transaction.tags))
                committing = True
                await _commit(connection)
            except BaseException as failure:
                await _roll_back(connection)
                if isinstance(failure, LOST):
                    raise Unavailable(str(failure)) from failure
                raise
            finally:
                self.statements += transaction.statements
                if committing and unit.topics:
                    # Told even when nobody knows whether it was committed: looking once too often does no harm.
                    self._published(sorted(unit.topics))
        return outcome


def _about(outcome: object, events: Sequence[Event]) -> About:
    """What a transaction was about: the thing that its outcome names, else that of its first fact."""
    if isinstance(outcome, UUID):
        named = next((each for each in events if each.aggregate_id == outcome), None)
        return About(entity=named.aggregate if named else None, entity_id=outcome, is_announced=bool(events))
    if events:
        return About(entity=events[0].aggregate, entity_id=events[0].aggregate_id, is_announced=True)
    return About()


async def _commit(connection: Borrowed) -> None:
    """Commits, even when the caller is cancelled meanwhile: half-heard is worse than late."""
    commit = asyncio.ensure_future(connection.execute("COMMIT"))
    try:
        tag = await asyncio.shield(commit)
    except asyncio.CancelledError:
        await asyncio.wait({commit}, timeout=5)
        raise
    if tag != "COMMIT":
        raise Unavailable("the transaction had failed before its commit")


async def _roll_back(connection: Borrowed) -> None:
    """Ends what is left of a transaction; a connection that cannot even do that is thrown away."""
    if connection.is_closed() or not connection.is_in_transaction():
        return
    try:
        await asyncio.shield(asyncio.wait_for(connection.execute("ROLLBACK"), 5))
    except (*LOST, TimeoutError, asyncio.CancelledError):
        connection.terminate()
