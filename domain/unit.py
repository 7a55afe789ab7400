"""One unit of work: all stores within one transaction, and the facts to announce when it commits.

An action takes a unit first and never commits: whoever opened the transaction does, and rolls back when the action
returns a `UserError`, or what it has only `Rehearsed`. Locks are taken in one global order: idempotency key, cart, order,
payment, coupon, stock (by variant and warehouse id), the channel's order number, outbox. (An order that is just being placed
is seen by nobody yet.)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Concatenate, Generic, ParamSpec, Protocol, TypeVar

from domain.access.store import AccessStore
from domain.apps.store import AppsStore
from domain.audit.model import Origin
from domain.audit.store import AuditStore
from domain.carts.store import CartsStore
from domain.catalog.store import CatalogStore
from domain.channels.store import ChannelsStore
from domain.customers.store import CustomersStore
from domain.drafts.store import DraftsStore
from domain.edits.store import EditsStore
from domain.event import Event
from domain.factors.store import FactorsStore
from domain.fulfillments.store import FulfillmentsStore
from domain.idempotency import Idempotency
from domain.identities.store import IdentitiesStore
from domain.invoices.store import InvoicesStore
from domain.notices.store import NoticesStore, PreferencesStore, WaitingStore
from domain.notifications.store import NotificationsStore
from domain.orders.store import OrdersStore
from domain.payments.store import PaymentsStore, SettlementsStore
from domain.prices.store import PricesStore
from domain.promotions.store import PromotionsStore
from domain.returns.store import ReturnsStore
from domain.staff.store import StaffStore
from domain.stock.store import StockStore
from domain.webhooks.store import WebhooksStore

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rehearsed(Generic[T]):
    """What a change would come to. Whoever opened the transaction rolls it back, and nothing of it stays."""

    outcome: T


class Unit(Protocol):
    """All stores of one transaction. Properties, so that the real unit may have narrower types."""

    @property
    def access(self) -> AccessStore: ...
    @property
    def apps(self) -> AppsStore: ...
    @property
    def audit(self) -> AuditStore: ...
    @property
    def carts(self) -> CartsStore: ...
    @property
    def catalog(self) -> CatalogStore: ...
    @property
    def channels(self) -> ChannelsStore: ...
    @property
    def customers(self) -> CustomersStore: ...
    @property
    def drafts(self) -> DraftsStore: ...
    @property
    def edits(self) -> EditsStore: ...
    @property
    def factors(self) -> FactorsStore: ...
    @property
    def fulfillments(self) -> FulfillmentsStore: ...
    @property
    def idempotency(self) -> Idempotency: ...
    @property
    def identities(self) -> IdentitiesStore: ...
    @property
    def invoices(self) -> InvoicesStore: ...
    @property
    def notices(self) -> NoticesStore: ...
    @property
    def notifications(self) -> NotificationsStore: ...
    @property
    def orders(self) -> OrdersStore: ...
    @property
    def payments(self) -> PaymentsStore: ...
    @property
    def settlements(self) -> SettlementsStore: ...
    @property
    def preferences(self) -> PreferencesStore: ...
    @property
    def prices(self) -> PricesStore: ...
    @property
    def promotions(self) -> PromotionsStore: ...
    @property
    def returns(self) -> ReturnsStore: ...
    @property
    def staff(self) -> StaffStore: ...
    @property
    def stock(self) -> StockStore: ...
    @property
    def waiting(self) -> WaitingStore: ...
    @property
    def webhooks(self) -> WebhooksStore: ...

    @property
    def origin(self) -> Origin:
        """From where this was asked for; empty for Vitrine's own machines."""

    def announce(self, event: Event) -> None:
        """Puts a fact into the outbox of this transaction."""

    def hint(self, topic: str) -> None:
        """Wakes who listens live to a topic, after the commit and at most once; nothing may depend on it arriving."""


class Transact(Protocol):
    """Opens a unit, runs an action in it, commits or rolls back; retries the whole action when the database asks for it."""

    async def __call__(
        self, action: Callable[Concatenate[Unit, P], Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T: ...
