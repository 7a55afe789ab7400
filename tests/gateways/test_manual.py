"""Payment by hand: instructions or a promise, and nobody to be asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.ids import new_id
from domain.payments.model import ActionKind, MethodShown, NextAction, ProviderStatus
from domain.payments.provider import Ability, BadSignature, CaptureMode, Declined, Unknown
from gateways.payments.manual import ManualProvider, ManualValues
from tests.gateways.requests import an_attempt, eur, paid

TEXT = "Please transfer {amount} to DE00 1234, for {order}."
BOTH = ManualProvider(ManualValues(methods=("bank_transfer", "cash_on_delivery"), instructions=TEXT))


def _attempt_key() -> str:
    return str(new_id())


@pytest.mark.parametrize("method", ["bank_transfer", ""])
async def test_a_transfer_is_waited_for_and_the_buyer_is_told_where_it_goes(method: str) -> None:
    payment = paid(await BOTH.create(an_attempt(method, key=_attempt_key())))
    told = "Please transfer 49.90 EUR to DE00 1234, for V-1001."
    assert payment.next_action == NextAction(kind=ActionKind.INSTRUCTIONS, text=told)
    assert (payment.status, payment.authorized, payment.captured) == (ProviderStatus.REQUIRES_ACTION, eur(0), eur(0))
    assert payment.waits_until is not None
    assert abs(payment.waits_until - datetime.now(UTC) - timedelta(days=7)) < timedelta(minutes=1)
    assert payment.method == MethodShown(brand="bank_transfer", last4="")


async def test_cash_is_promised_with_the_order() -> None:
    payment = paid(await BOTH.create(an_attempt("cash_on_delivery", key=_attempt_key())))
    assert (payment.status, payment.authorized, payment.captured) == (ProviderStatus.AUTHORIZED, eur(4_990), eur(0))
    assert (payment.next_action, payment.waits_until) == (None, None)


async def test_the_same_attempt_is_answered_as_the_first_time() -> None:
    request = an_attempt("bank_transfer", key=_attempt_key())
    assert await BOTH.create(request) == await BOTH.create(request)


@pytest.mark.parametrize("method", ["cash_on_delivery", "cheque", "4242424242424242"])
async def test_what_is_not_offered_is_refused(method: str) -> None:
    transfers = ManualProvider(ManualValues(methods=("bank_transfer",), instructions=TEXT))
    answer = await transfers.create(an_attempt(method, key=_attempt_key()))
    assert isinstance(answer, Declined)


async def test_whoever_asks_is_told_that_nobody_knows_and_nothing_is_done() -> None:
    key = _attempt_key()
    payment = paid(await BOTH.create(an_attempt("cash_on_delivery", key=key)))
    refused = [
        await BOTH.create(replace(an_attempt("bank_transfer", key=key), capture=CaptureMode.MANUAL)),
        await BOTH.create(replace(an_attempt("bank_transfer", key=key), keep_method=True)),
        await BOTH.capture(payment.reference, eur(1), "key"),
        await BOTH.refund(payment.reference, eur(1), "key"),
        await BOTH.cancel(payment.reference, "key"),
        await BOTH.forget_method("token"),
    ]
    assert [answer.code for answer in refused if isinstance(answer, Declined)] == ["unsupported"] * 6
    asked = [await BOTH.find(key), await BOTH.fetch(payment.reference), await BOTH.proceed(payment.reference)]
    assert all(isinstance(answer, Unknown) for answer in asked)
    assert [each async for each in BOTH.list_since(datetime.now(UTC))] == []
    assert Ability.OFFLINE in BOTH.abilities


async def test_nobody_can_send_a_notification_of_it() -> None:
    with pytest.raises(BadSignature):
        await BOTH.read_notification(b"{}", {}, datetime.now(UTC))


@pytest.mark.parametrize("values", [ManualValues(methods=("bank_transfer",)), ManualValues(methods=("cheque",))])
def test_what_cannot_work_stops_the_start(values: ManualValues) -> None:
    with pytest.raises(ValueError, match=r"instructions|by hand"):
        ManualProvider(values)
