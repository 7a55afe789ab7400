"""The port to whoever moves the money: what a payment provider is asked and may answer, in our words.

The makers are in `gateways/payments`; what an answer means for an order is decided by the rules, never here. No card
number ever passes: a method is a token that the provider gave to the buyer's browser.
"""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from domain.money import Currency, Money
from domain.payments.model import DisputeStatus, Notification, ProviderPayment, ProviderStatus


class Ability(enum.Enum):
    """What a provider can do beside taking an amount at once. What is not among its abilities it refuses: `unsupported`."""

    MANUAL_CAPTURE = "MANUAL_CAPTURE"
    """Promise an amount now, take it later."""
    PARTIAL_CAPTURE = "PARTIAL_CAPTURE"
    """Take less than was promised; the rest is released, unless it can do SEVERAL_CAPTURES."""
    SEVERAL_CAPTURES = "SEVERAL_CAPTURES"
    """Take what was promised in several parts."""
    REFUND = "REFUND"
    PARTIAL_REFUND = "PARTIAL_REFUND"
    CANCEL = "CANCEL"
    """Call off what was not taken. Without it, an attempt ends by itself."""
    SAVED_METHODS = "SAVED_METHODS"
    LISTING = "LISTING"
    """Tell all payments since a time. Where there is nobody to be asked, as for payment by hand, there is no list."""
    OFFLINE = "OFFLINE"
    """Nobody is there to be asked: staff says what came in and what went back."""


class CaptureMode(enum.Enum):
    """Whether the provider takes the money at once or waits for `capture`."""

    AUTOMATIC = "AUTOMATIC"
    MANUAL = "MANUAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """It certainly did not happen: a refused card, or a request that the provider will not do. `code` is one word.

    For the buyer, who may try another way: card_declined, insufficient_funds, authentication_failed. For us to mend:
    amount_too_large, wrong_state, not_found, bad_request, unsupported. Providers may add their own.
    """

    code: str
    message: str
    payment: ProviderPayment | None = None
    """What the provider kept of the attempt, where it keeps failed ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Nobody knows whether it happened: a timeout, a broken connection, a 5xx, an answer that cannot be believed.

    A refused API key or a key met twice with other arguments are Unknown too: an earlier call may have charged. Never to be
    read as failed. Asking again with the same key is safe; so is `find`.
    """

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAsked(Unknown):
    """The call was certainly not sent, as while a circuit is open. Of earlier calls with the same key it says nothing."""


Answer = ProviderPayment | Declined | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Who pays, as far as a provider has to know. `country` is ISO 3166-1 alpha-2, `phone` E.164."""

    email: str
    name: str = ""
    phone: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRequest:
    """What the provider is asked to take. `amount` is positive; `webhook_url` is where it shall notify."""

    attempt_key: str
    order_number: str
    amount: Money
    method: str
    """The token that the provider gave to the browser; empty where the provider's own page asks how to pay."""
    return_url: str
    webhook_url: str
    capture: CaptureMode = CaptureMode.AUTOMATIC
    buyer: Buyer
    customer_key: str | None = None
    """Ours for the customer, the same at every purchase; None for guests, who keep nothing."""
    keep_method: bool = False
    """Whether the method shall be kept for the customer's later purchases."""
    saved_method: str | None = None
    """The token of a kept method of this customer, to be paid with instead of `method`."""


class NotificationRefused(Exception):
    """A message that is not let in: answered with a 4xx, nothing recorded."""


class BadSignature(NotificationRefused):
    """Unsigned, signed by somebody else, for another body, or too long ago; or we hold no secret to tell."""


class BadNotification(NotificationRefused):
    """Too large, or not what the provider documents; a genuine sender would not do this."""


class ProviderUnavailable(Exception):
    """A listing broke off. What came before it is true; the caller starts again later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleMethod:
    """A method token for trying a provider out, and what it makes the provider do."""

    token: str
    story: str


class Provider(Protocol):
    """A payment provider. No call may be made while a transaction is open; each ends within about ten seconds.

    A `key` is ours and makes the call safe to repeat: the same key and arguments are answered as the first time.
    """

    @property
    def name(self) -> str:
        """The word in settings, in tables and in the notification address."""
        ...

    @property
    def account(self) -> str:
        """The account whose payments are ours."""
        ...

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do beside; see `Ability`."""
        ...

    @property
    def methods(self) -> tuple[str, ...]:
        """Methods that are said in plain words, such as bank_transfer; none where a token says it, or the provider's page asks."""
        ...

    @property
    def currencies(self) -> frozenset[Currency] | None:
        """The currencies it takes; None: all that are asked for."""
        ...

    async def create(self, request: AttemptRequest) -> Answer:
        """Start a payment; the attempt key is the idempotency key."""
        ...

    async def capture(self, reference: str, amount: Money, key: str) -> Answer:
        """Take all or part of what was authorised."""
        ...

    async def refund(self, reference: str, amount: Money, key: str) -> Answer:
        """Give back all or part of what was captured; the sum never passes it."""
        ...

    async def cancel(self, reference: str, key: str) -> Answer:
        """Release a payment of which nothing was captured."""
        ...

    async def find(self, attempt_key: str) -> ProviderPayment | Unknown | None:
        """The payment of the attempt. None is certain only when no `create` for the attempt is still under way."""
        ...

    async def fetch(self, reference: str) -> ProviderPayment | Unknown | None:
        """The payment as it stands; None when the provider has none of that reference."""
        ...

    async def proceed(self, reference: str) -> ProviderPayment | Unknown | None:
        """The payment after what the provider waits for us to do: to take what the buyer has approved. Else as `fetch`.

        Safe to repeat. Only for attempts that are still wanted.
        """
        ...

    async def forget_method(self, token: str) -> Declined | Unknown | None:
        """Drops a kept method; None when it is gone, be it since long ago."""
        ...

    def list_since(self, since: datetime) -> AsyncIterator[ProviderPayment]:
        """Payments made or changed at or after `since`, in any order; one that changes meanwhile may come twice.

        How soon a payment is in the list is the provider's affair: it may be hours. Raises ProviderUnavailable when a page
        cannot be had. Without LISTING it is empty.
        """
        ...

    async def read_notification(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notification | None:
        """The message in our words; None when it is genuine and says nothing about a payment.

        The signature is checked over the raw bytes before anything is read; header names are in lower case. Raises
        NotificationRefused. Asynchronous for providers that have to fetch a certificate or verify with a call.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRule:
    """Where providers are offered, in this order; None stands for every channel, or every currency."""

    channel: str | None = None
    currency: Currency | None = None
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offers:
    """Which of the providers that are set up a buyer may choose from. `all` is for payments that are made already."""

    all: Mapping[str, Provider]
    rules: tuple[OfferRule, ...] = ()

    def offered(self, channel: str, currency: Currency) -> tuple[Provider, ...]:
        """Those for a channel (its slug) and currency, the default first, by the rule that fits most closely.

        A channel's own rule goes before a currency's. Without any rule all are offered that take the currency.
        """
        fitting = [each for each in self.rules if each.channel in (None, channel) and each.currency in (None, currency)]
        closest = max(fitting, key=lambda each: (each.channel is not None, each.currency is not None), default=None)
        names = closest.names if closest is not None else () if self.rules else tuple(self.all)
        offered = [self.all[name] for name in names if name in self.all]
        return tuple(each for each in offered if each.currencies is None or currency in each.currencies)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentPorts:
    """What the API needs to have orders paid."""

    offers: Offers
    webhook_url: str
    """Where providers reach us."""
    capture: CaptureMode = CaptureMode.AUTOMATIC
    """Whether money is taken at once or by staff, where a provider can do both."""
    return_urls: tuple[str, ...] = ()
    """Under these addresses buyers may be sent back; the first is where they go when nothing is said."""
    refund_limits: Mapping[Currency, Money] = field(default_factory=dict)
    """By currency, how much one person may give back of an order; no limit where none is said."""
    sample_methods: Mapping[str, Sequence[SampleMethod]] = field(default_factory=dict)
    """By provider, method tokens for trying things out; none where the shop is in earnest."""

    @property
    def whole_refunds(self) -> frozenset[str]:
        """Providers that give back a payment as a whole only, or not at all."""
        return frozenset(name for name, each in self.offers.all.items() if Ability.PARTIAL_REFUND not in each.abilities)


_RANKS = (
    ProviderStatus.REQUIRES_ACTION,
    ProviderStatus.PENDING,
    ProviderStatus.FAILED,
    ProviderStatus.AUTHORIZED,
    ProviderStatus.CAPTURED,
    ProviderStatus.CANCELLED,
)


def version_by_progress(
    status: ProviderStatus,
    *,
    authorized: int,
    captured: int,
    refunded: int,
    fee: int | None,
    dispute: DisputeStatus | None,
    came_back: int = 0,
) -> int:
    """A `version` for providers that count none: of two snapshots of one payment the one that has come further is newer.

    Money taken, ever given back and come back only grows; among equals the later state, the released rest, the dispute and the
    fee count. `refunded` is what is given back now: all that ever was, less what came back.
    """
    is_released = 0 < captured == authorized
    taken = ProviderStatus.CAPTURED if captured else status
    rank = _RANKS.index(taken) + (1 if is_released or taken is ProviderStatus.CANCELLED else 0)
    disputed = 0 if dispute is None else 1 if dispute is DisputeStatus.OPEN else 2
    return (captured + refunded + 2 * came_back) * 64 + rank * 8 + disputed * 2 + (fee is not None)
