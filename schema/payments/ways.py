"""The ways to pay: providers with what they can do, and the methods that are kept for a customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import strawberry

import schema.payments.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.money import Currency
from domain.payments.provider import Ability, Provider, SampleMethod
from persistence.payments.staff_reads import MethodView, methods_of_customers
from schema.context import Context
from schema.execution.fields import batch, computed, plain, shows
from schema.node import identity
from schema.permissions import SIGNED_IN


class Owed(Protocol):
    """What is to be paid: a cart or an order."""

    @property
    def channel_id(self) -> UUID: ...
    @property
    def currency(self) -> str: ...


class Owner(Protocol):
    """Whose methods are kept."""

    @property
    def id(self) -> UUID: ...


@dataclass(frozen=True, slots=True)
class ProviderView:
    """A way to pay."""

    name: str
    is_default: bool
    abilities: list[str]
    methods: Sequence[str]
    samples: Sequence[SampleMethod]


@strawberry.type(name="SamplePaymentMethod", description="A method that moves no money, for trying things out.")
@shows(SampleMethod)
class SamplePaymentMethod:
    """Shown from `domain.payments.provider.SampleMethod`."""

    token: str = plain("What to give `paymentCreate` as `method`.")
    story: str = plain("What it makes the provider do.")


@strawberry.type(name="PaymentProvider", description="Somebody through whom orders can be paid.")
@shows(ProviderView)
class PaymentProvider:
    """Shown from `ProviderView`."""

    name: str = plain("What to give `paymentCreate` as `provider`.")
    is_default: bool = plain("Whether it is taken when `paymentCreate` names none.")
    abilities: list[Ability] = plain("What it can do beside taking an amount at once.")
    methods: list[str] = plain(
        "What may be said as `method` in plain words, such as bank_transfer; none where a token says it, or the provider's page asks."
    )
    samples: list[SamplePaymentMethod] = plain("Methods for trying things out; none where the shop is in earnest.")


def shown_providers(context: Context, providers: Sequence[Provider]) -> list[ProviderView]:
    """Ways to pay, the default first."""
    samples = context.ports.payments.sample_methods
    return [
        ProviderView(
            each.name,
            place == 0,
            [able.value for able in Ability if able in each.abilities],
            each.methods,
            samples.get(each.name, ()),
        )
        for place, each in enumerate(providers)
    ]


async def offered_to(context: Context, channel_id: UUID, currency: str) -> tuple[Provider, ...]:
    """The providers for what is to be paid in a channel, the default first."""
    channels = await context.ports.places.channels(context.reader)
    slug = next((each.slug for each in channels if each.id == channel_id), "")
    return context.ports.payments.offers.offered(slug, Currency(currency))


async def payment_options(owed: Sequence[Owed], context: Context) -> list[list[ProviderView]]:
    """How each cart or order can be paid."""
    return [shown_providers(context, await offered_to(context, each.channel_id, each.currency)) for each in owed]


def _expiries(method: MethodView) -> str | None:
    return f"{method.expires_on:%Y-%m}" if method.expires_on is not None else None


@strawberry.type(name="SavedPaymentMethod", description="A method that a provider keeps for its owner's later purchases.")
@shows(MethodView, allow=SIGNED_IN)
class SavedPaymentMethod:
    """Shown from `persistence.payments.staff_reads.MethodView`."""

    id: strawberry.ID = identity("SavedPaymentMethod")
    provider: str = plain("Whose it is.")
    brand: str = plain("The brand of the card, or the kind of the method.")
    last4: str = plain("The last digits of its number.")
    expires: str | None = computed(_expiries, "The last month in which it is good, such as 2029-05.")
    created_at: datetime = plain("When it was kept.")


async def _methods(owners: Sequence[Owner], context: Context) -> list[list[MethodView]]:
    """A customer is seen by nobody but themselves."""
    return await methods_of_customers(context.reader, [each.id for each in owners])


def payment_methods_field() -> list[SavedPaymentMethod]:
    """The field of a customer."""
    field: list[SavedPaymentMethod] = batch(_methods, "The methods that providers keep for them, oldest first.")
    return field
