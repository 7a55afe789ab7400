"""The port to whoever moves the money: what a payment provider is asked and may answer, in our words.

The makers are in `gateways/payments`; what an answer means for an order is decided by the rules, never here. No card
number ever passes: a method is a token that the provider gave to the buyer's browser.
"""

from __future__ import annotations

import enum
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.money import Money
from domain.payments.model import Notification, ProviderPayment


class CaptureMode(enum.Enum):
    """Whether the provider takes the money at once or waits for `capture`."""

    AUTOMATIC = "AUTOMATIC"
    MANUAL = "MANUAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """It certainly did not happen: a refused card, or a request that the provider will not do. `code` is one word.

    For the buyer, who may try another way: card_declined, insufficient_funds, authentication_failed. For us to mend:
    amount_too_large, wrong_state, not_found, bad_request. Providers may add their own.
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


Answer = ProviderPayment | Declined | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRequest:
    """What the provider is asked to take. `amount` is positive; `webhook_url` is where it shall notify."""

    attempt_key: str
    order_number: str
    amount: Money
    method: str
    return_url: str
    webhook_url: str
    capture: CaptureMode = CaptureMode.AUTOMATIC


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

    def list_since(self, since: datetime) -> AsyncIterator[ProviderPayment]:
        """Payments made or changed at or after `since`, oldest change first; one that changes meanwhile may come twice.

        Raises ProviderUnavailable when a page cannot be had.
        """
        ...

    async def read_notification(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notification | None:
        """The message in our words; None when it is genuine and says nothing about a payment.

        The signature is checked over the raw bytes before anything is read; header names are in lower case. Raises
        NotificationRefused. Asynchronous for providers that have to fetch a certificate or verify with a call.
        """
        ...
