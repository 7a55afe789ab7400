"""The provider that a contract is run against, and what the suite needs of its other side."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from domain.ids import new_id
from domain.money import Currency, Money
from domain.payments.model import ProviderPayment, ProviderStatus
from domain.payments.provider import Ability, AttemptRequest, CaptureMode, Provider
from tests.gateways.requests import an_attempt, paid


def a_key() -> str:
    """A key as ours are."""
    return str(new_id())


async def _nothing_to_do(payment: ProviderPayment) -> None:
    del payment


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The provider under test; the same behind an address where nobody listens; method tokens; the provider's own books."""

    provider: Provider
    unreachable: Provider
    locked_out: Provider
    """The same with a wrong API key."""
    good: str
    declined: str | None
    """A method that is declined when it is tried; None where the buyer is asked on the provider's page only."""
    charges: Callable[[str], Awaitable[tuple[int, int]]]
    """How many charges stand under an attempt key, and how many of our minor units are captured."""
    approve: Callable[[ProviderPayment], Awaitable[None]] = _nothing_to_do
    """The buyer does what the next action says."""
    refuse: Callable[[ProviderPayment], Awaitable[None]] = _nothing_to_do
    """The buyer does not."""
    currency: str = "EUR"
    samples: tuple[tuple[str, int], ...] = (("JPY", 1_000), ("EUR", 1), ("KWD", 1_230), ("ETB", 99_999_999))
    """Amounts in currencies that are written with other digits."""
    fail_refund: Callable[[str], None] | None = None
    """The latest refund of an attempt fails after all; None where no refund ever does."""
    listed: int = 105
    """More payments than stand on one page of its list."""
    finds: bool = True
    """Whether it can be asked for an attempt by our key alone."""

    def money(self, minor: int) -> Money:
        return Money(minor, Currency(self.currency))

    def attempt(self, minor: int = 4_990, *, key: str | None = None, method: str | None = None) -> AttemptRequest:
        return an_attempt(self.good if method is None else method, amount=self.money(minor), key=key or a_key())

    async def pays(self, request: AttemptRequest) -> ProviderPayment:
        """A payment that the buyer went through with."""
        payment = paid(await self.provider.create(request))
        if payment.status not in {ProviderStatus.REQUIRES_ACTION, ProviderStatus.PENDING}:
            return payment
        await self.approve(payment)
        return paid(await self.provider.proceed(payment.reference))

    async def authorised(self, minor: int) -> ProviderPayment:
        request = an_attempt(self.good, amount=self.money(minor), key=a_key(), capture=CaptureMode.MANUAL)
        return await self.pays(request)

    def can(self, *abilities: Ability) -> bool:
        return self.provider.abilities.issuperset(abilities)
