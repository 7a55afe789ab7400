"""Payment without a provider: by bank transfer, or in cash at the door. Nobody is asked; what came in and went back, staff says.

It keeps no books: how such a payment stands is in our own, and there it is moved.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.money import Currency, Money, zero
from domain.payments.model import ActionKind, MethodShown, NextAction, Notification, ProviderPayment, ProviderStatus
from domain.payments.provider import Ability, Answer, AttemptRequest, BadSignature, CaptureMode, Declined, Unknown
from gateways.payments.attempt_time import made_at
from gateways.payments.methods import misshapen
from gateways.payments.units import Units

NAME = "manual"
TRANSFER, CASH = "bank_transfer", "cash_on_delivery"
METHODS = (TRANSFER, CASH)
_SHAPE = re.compile(r"[a-z_]{1,40}\Z")
_UNITS = Units()
_ABILITIES = frozenset({Ability.OFFLINE, Ability.REFUND, Ability.PARTIAL_REFUND, Ability.CANCEL})
_NOT_HERE = Declined(code="unsupported", message="Nobody is to be asked: staff says what came in and what went back.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualValues:
    """Which of the two ways are offered, where a transfer goes, and for how long its goods are kept.

    `instructions` are for the buyer, with `{order}` and `{amount}` in the places of the order's number and what to pay.
    """

    methods: tuple[str, ...]
    instructions: str = ""
    wait: timedelta = timedelta(days=7)


class ManualProvider:
    """The provider port with nobody behind it."""

    name = NAME
    account = NAME
    abilities = _ABILITIES
    currencies: frozenset[Currency] | None = None

    def __init__(self, values: ManualValues) -> None:
        if TRANSFER in values.methods and not values.instructions.strip():
            raise ValueError("a bank transfer needs instructions: where the money goes")
        if unknown := set(values.methods) - set(METHODS):
            raise ValueError(f"{', '.join(sorted(unknown))}: payment by hand is {' or '.join(METHODS)}")
        self.methods = values.methods
        self._values = values

    async def create(self, request: AttemptRequest) -> Answer:
        if (refusal := misshapen(request.method or self._values.methods[0], _SHAPE)) is not None:
            return refusal
        method = request.method or self._values.methods[0]
        if method not in self._values.methods:
            return Declined(code="unknown_method", message=f"Payment by hand is {' or '.join(self._values.methods)}.")
        if request.capture is CaptureMode.MANUAL or request.keep_method or request.saved_method is not None:
            return _NOT_HERE
        made = made_at(request.attempt_key) or datetime.now(UTC)
        is_cash, nothing = method == CASH, zero(request.amount.currency)
        return ProviderPayment(
            provider=NAME,
            account=NAME,
            reference=request.attempt_key,
            attempt_key=request.attempt_key,
            amount=request.amount,
            # Cash at the door is promised with the order, which may go out; a transfer is waited for.
            authorized=request.amount if is_cash else nothing,
            captured=nothing,
            refunded=nothing,
            status=ProviderStatus.AUTHORIZED if is_cash else ProviderStatus.REQUIRES_ACTION,
            version=1,
            next_action=None if is_cash else NextAction(kind=ActionKind.INSTRUCTIONS, text=self._instructions(request)),
            waits_until=None if is_cash else made + self._values.wait,
            method=MethodShown(brand=method, last4=""),
            created_at=made,
        )

    async def capture(self, reference: str, amount: Money, key: str) -> Answer:
        del reference, amount, key
        return _NOT_HERE

    async def refund(self, reference: str, amount: Money, key: str) -> Answer:
        del reference, amount, key
        return _NOT_HERE

    async def cancel(self, reference: str, key: str) -> Answer:
        del reference, key
        return _NOT_HERE

    async def find(self, attempt_key: str) -> ProviderPayment | Unknown | None:
        del attempt_key
        return Unknown(reason="nobody is to be asked")

    async def fetch(self, reference: str) -> ProviderPayment | Unknown | None:
        del reference
        return Unknown(reason="nobody is to be asked")

    async def proceed(self, reference: str) -> ProviderPayment | Unknown | None:
        return await self.fetch(reference)

    async def forget_method(self, token: str) -> Declined | Unknown | None:
        del token
        return _NOT_HERE

    async def list_since(self, since: datetime) -> AsyncIterator[ProviderPayment]:
        """Nothing."""
        del since
        nothing: tuple[ProviderPayment, ...] = ()
        for payment in nothing:
            yield payment

    async def read_notification(self, body: bytes, headers: Mapping[str, str], now: datetime) -> Notification | None:
        del body, headers, now
        raise BadSignature("nobody sends notifications of payments by hand")

    def _instructions(self, request: AttemptRequest) -> str:
        amount = f"{_UNITS.text(request.amount)} {request.amount.currency}"
        return self._values.instructions.replace("{order}", request.order_number).replace("{amount}", amount)
