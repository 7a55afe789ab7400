"""Paying, across transactions: begin, commit, call the provider, record; and dropping an attempt that nobody wants any more.

A crash or an unknown outcome in between leaves the attempt open; a repeat with the same key, or the reconciliation, goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.error import UserError
from domain.idempotency import Claim
from domain.ids import OrderId, PaymentId
from domain.payments.actions.attempts import Wanted, begin_attempt, check_payer, close_attempt, find_payment, record_answer
from domain.payments.actions.offline import call_off
from domain.payments.errors import ProviderSilent
from domain.payments.model import OPEN, Payment, PaymentState, ProviderPayment, ProviderStatus
from domain.payments.provider import (
    Ability,
    Answer,
    AttemptRequest,
    Buyer,
    CaptureMode,
    Declined,
    NotAsked,
    Provider,
    ProviderUnavailable,
    Unknown,
)
from domain.unit import Transact
from domain.viewer import Viewer

CALL_MAX = timedelta(seconds=60)
"""After so long no `create` of an attempt can still be under way, unless somebody repeats it."""
UNAVAILABLE = "provider_unavailable"
"""The failure code of an attempt that was not sent, because nobody is to be reached there now: another way may do."""
_LIVE = (ProviderStatus.PENDING, ProviderStatus.REQUIRES_ACTION, ProviderStatus.AUTHORIZED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Who pays and how: the token of their method, where they return to, and where the provider shall notify."""

    buyer: Buyer

    method: str
    return_url: str
    webhook_url: str
    capture: CaptureMode = CaptureMode.AUTOMATIC
    customer_key: str | None = None
    saved_method: str | None = None


async def pay(
    transact: Transact,
    provider: Provider,
    *,
    wanted: Wanted,
    means: Means,
    claim: Claim,
    reservation_seconds: int,
    by: Viewer,
    now: datetime,
) -> PaymentId | UserError:
    """Starts a payment, once per claim; a declined one is a payment too. What is not known yet stays PENDING."""
    begun = await transact(begin_attempt, wanted=wanted, claim=claim, reservation_seconds=reservation_seconds, by=by, now=now)
    if isinstance(begun, UserError):
        return begun
    payment = begun.payment
    # An attempt without a reference was never answered for: the same key makes asking again safe.
    if payment.reference is None and payment.state is PaymentState.PENDING:
        answer = await provider.create(
            AttemptRequest(
                buyer=means.buyer,
                attempt_key=str(payment.id),
                order_number=str(begun.order_number),
                amount=payment.amount,
                method=means.method,
                return_url=means.return_url,
                webhook_url=means.webhook_url,
                capture=means.capture,
                customer_key=means.customer_key,
                keep_method=payment.keeps_method,
                saved_method=means.saved_method,
            )
        )
        if isinstance(answer, NotAsked) and begun.is_new:
            answer = Declined(code=UNAVAILABLE, message="The payment provider cannot be reached at the moment.")
        await transact(record_answer, payment_id=payment.id, answer=answer, account=provider.account, now=now)
    return payment.id


async def cancel_payment(
    transact: Transact,
    providers: Mapping[str, Provider],
    *,
    payment_id: PaymentId,
    token_of: OrderId | None,
    by: Viewer,
    now: datetime,
) -> PaymentId | UserError:
    """Calls an open attempt off for its buyer, so that the order can be paid another way; one that has ended stays as it is.

    `token_of` is the order whose token they have shown.
    """
    allowed = await transact(check_payer, payment_id=payment_id, token_of=token_of, by=by)
    if isinstance(allowed, UserError):
        return allowed
    try:
        await drop(transact, providers, payment_id=payment_id, now=now)
    except ProviderUnavailable:
        return ProviderSilent(path=("input", "payment_id"))
    return payment_id


async def drop(transact: Transact, providers: Mapping[str, Provider], *, payment_id: PaymentId, now: datetime) -> None:
    """Cancels an attempt at the provider, and applies whatever the provider then says. Raises ProviderUnavailable."""
    payment = await transact(find_payment, payment_id=payment_id)
    if payment is None or payment.state not in (*OPEN, PaymentState.AUTHORIZED):
        return
    provider = providers.get(payment.provider)
    if provider is None:
        raise ProviderUnavailable(f"{payment.provider} is not set up")
    if Ability.OFFLINE in provider.abilities:
        await transact(call_off, payment_id=payment_id, account=provider.account, now=now)
        return
    seen = await asked_for(provider, payment)
    if seen is None:
        if now - payment.created_at < CALL_MAX:
            raise ProviderUnavailable("the provider may not have been reached yet")
        await transact(
            close_attempt,
            payment_id=payment_id,
            state=PaymentState.CANCELLED,
            code="cancelled",
            message="Cancelled before the provider heard of it.",
            now=now,
        )
        return
    answer: Answer = seen
    if seen.status in _LIVE:
        answer = await _cancelled(provider, seen, key=f"{payment_id}:cancel")
    await transact(record_answer, payment_id=payment_id, answer=answer, account=provider.account, now=now)


async def asked_for(provider: Provider, payment: Payment) -> ProviderPayment | None:
    """The payment as the provider has it, None when it has none. Raises ProviderUnavailable when it does not say."""
    seen = await provider.find(str(payment.id)) if payment.reference is None else await provider.fetch(payment.reference)
    if isinstance(seen, Unknown):
        raise ProviderUnavailable(seen.reason)
    return seen


async def _cancelled(provider: Provider, seen: ProviderPayment, *, key: str) -> ProviderPayment:
    """The payment after the cancellation; where that came too late, as it has become."""
    answer = await provider.cancel(seen.reference, key)
    if isinstance(answer, Declined):
        answer = answer.payment or await provider.fetch(seen.reference) or Unknown(reason="the payment is gone")
    if isinstance(answer, Unknown):
        raise ProviderUnavailable(answer.reason)
    return answer
