"""What can be seen of customers: who they are, and their address books."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

from domain.customers.model import ADDRESSES_MAX, Address, address_of
from domain.viewer import Customer as CustomerViewer
from persistence.customers import reads
from persistence.customers.reads import CustomerView, EntryView
from persistence.orders.listing import OrderFilter
from schema.access.types import PermissionCode, Session, codes_of, sessions_field
from schema.audit.types import SecurityEvent, security_events_field
from schema.context import Context
from schema.customers.addresses import PostalAddress
from schema.customers.privacy import DataExport, data_exports_field
from schema.execution.fields import batch, plain, shows
from schema.factors.types import SecondFactors, second_factors_field
from schema.identities.types import Identity, identities_field
from schema.node import Node, identity, loads_nodes
from schema.notices.preferences import MessagePreference, message_preferences_field
from schema.orders.lists import orders_connection
from schema.orders.types import OrderConnection
from schema.paging import After, Before, ConnectionView, First, Last, window
from schema.payments.ways import SavedPaymentMethod, payment_methods_field
from schema.permissions import SIGNED_IN
from schema.scalars import LanguageCode


def _addresses(entries: Sequence[EntryView], context: Context) -> list[Address]:
    del context
    return [address_of(each.address) for each in entries]


@strawberry.type(name="CustomerAddress", description="An address in a customer's book.")
@shows(EntryView, allow=SIGNED_IN)
class CustomerAddress(Node):
    """Shown from `EntryView`."""

    id: strawberry.ID = identity("CustomerAddress")
    address: PostalAddress = batch(_addresses, "The address itself.")
    is_default_shipping: bool = plain("Whether parcels go there unless another address is chosen.")
    is_default_billing: bool = plain("Whether bills go there unless another address is chosen.")


async def _books(customers: Sequence[CustomerView], context: Context) -> list[list[EntryView]]:
    return await reads.address_books(context.reader, [each.id for each in customers])


async def _default_shipping(customers: Sequence[CustomerView], context: Context) -> list[EntryView | None]:
    books = await _books(customers, context)
    return [next((each for each in book if each.is_default_shipping), None) for book in books]


async def _default_billing(customers: Sequence[CustomerView], context: Context) -> list[EntryView | None]:
    books = await _books(customers, context)
    return [next((each for each in book if each.is_default_billing), None) for book in books]


async def _orders(
    customers: Sequence[CustomerView],
    context: Context,
    *,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> list[ConnectionView]:
    """A customer is seen by nobody but themselves, so there is one list to read."""
    part = window(first, after, last, before)
    return [await orders_connection(context, OrderFilter(customer_id=each.id), part) for each in customers]


def _permissions(customers: Sequence[CustomerView], context: Context) -> list[list[PermissionCode]]:
    return [codes_of(context.viewer) for _ in customers]


@strawberry.type(name="Customer", description="Somebody who buys here and has an account.")
@shows(CustomerView, allow=SIGNED_IN)
class Customer(Node):
    """Shown from `CustomerView`."""

    id: strawberry.ID = identity("Customer")
    email: str = plain("The address they log in with.")
    email_verified: bool = plain("Whether they have shown that mail to it reaches them.")
    first_name: str = plain("First name; may be empty.")
    last_name: str = plain("Last name; may be empty.")
    phone: str | None = plain("A telephone number, E.164.")
    wants_sms: bool = plain("Whether they are sent text messages about their orders, at that number.")
    language: LanguageCode = plain("The language they want to be written to in.")
    created_at: datetime = plain("When they registered, UTC.")
    addresses: list[CustomerAddress] = batch(_books, f"Their address book, the oldest first, {ADDRESSES_MAX} at most.")
    default_shipping_address: CustomerAddress | None = batch(_default_shipping, "Where parcels go unless they say otherwise.")
    default_billing_address: CustomerAddress | None = batch(_default_billing, "Where bills go unless they say otherwise.")
    permissions: list[PermissionCode] = batch(
        _permissions, "What the caller may do of what needs a permission, as `viewer` tells it: nothing, for most customers."
    )
    sessions: list[Session] = sessions_field()
    security_events: list[SecurityEvent] = security_events_field()
    erase_after: datetime | None = plain("When they will be erased, UTC, as they asked; null for who stays.")
    data_exports: list[DataExport] = data_exports_field()
    second_factors: SecondFactors | None = second_factors_field()
    identities: list[Identity] = identities_field()
    payment_methods: list[SavedPaymentMethod] = payment_methods_field()
    message_preferences: list[MessagePreference] = message_preferences_field()
    orders: OrderConnection = batch(_orders, "Their orders, newest first.")


@loads_nodes("Customer")
async def _customers(context: Context, ids: Sequence[UUID]) -> list[CustomerView | None]:
    """A customer sees themselves; nobody else is there for them."""
    viewer = context.viewer
    mine = await reads.customers(context.reader, [viewer.id]) if isinstance(viewer, CustomerViewer) else [None]
    return [mine[0] if mine[0] is not None and each == mine[0].id else None for each in ids]


@loads_nodes("CustomerAddress")
async def _entries(context: Context, ids: Sequence[UUID]) -> list[EntryView | None]:
    """Addresses of the viewer's own book."""
    viewer = context.viewer
    if not isinstance(viewer, CustomerViewer):
        return [None for _ in ids]
    return await reads.entries(context.reader, list(ids), customer_id=viewer.id)
