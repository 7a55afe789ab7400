"""What every payment provider has to keep to, whoever it is: one suite, run against each over its own wire protocol.

A provider's test module subclasses the contract and supplies the fixture `subject`; what only one provider does is tested there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from domain.money import Currency, Money
from domain.payments.model import ProviderPayment, ProviderStatus
from domain.payments.provider import Answer, CaptureMode, Declined, Provider, ProviderUnavailable, Unknown
from tests.gateways.requests import an_attempt, eur, paid


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The provider under test; the same behind an address where nobody listens; method tokens; the provider's own books."""

    provider: Provider
    unreachable: Provider
    locked_out: Provider
    """The same with a wrong API key."""
    good: str
    declined: str
    charges: Callable[[str], Awaitable[tuple[int, int]]]
    """How many charges stand under an attempt key, and how many minor units are captured."""


class ProviderContract:
    async def test_a_good_card_pays_the_amount_once_and_is_told_in_our_words(self, subject: Subject) -> None:
        request = an_attempt(subject.good, amount=eur(4_990))
        payment = paid(await subject.provider.create(request))
        assert (payment.provider, payment.account) == (subject.provider.name, subject.provider.account)
        assert payment.attempt_key == request.attempt_key
        assert payment.status is ProviderStatus.CAPTURED
        assert (payment.amount, payment.authorized, payment.captured, payment.refunded) == (
            *(eur(4_990), eur(4_990)),
            *(eur(4_990), eur(0)),
        )
        assert (payment.next_action, payment.failure_code, payment.dispute) == (None, None, None)
        assert abs(datetime.now(UTC) - payment.created_at) < timedelta(minutes=2)
        assert await subject.charges(request.attempt_key) == (1, 4_990)

    @pytest.mark.parametrize(("code", "minor"), [("JPY", 1_000), ("EUR", 1), ("KWD", 1_234), ("ETB", 99_999_999)])
    async def test_minor_units_are_carried_as_they_are_in_every_currency(self, subject: Subject, code: str, minor: int) -> None:
        request = an_attempt(subject.good, amount=Money(minor, Currency(code)))
        assert paid(await subject.provider.create(request)).captured == Money(minor, Currency(code))
        assert await subject.charges(request.attempt_key) == (1, minor)

    async def test_a_declined_card_is_declined_and_charges_nothing(self, subject: Subject) -> None:
        request = an_attempt(subject.declined)
        answer = await subject.provider.create(request)
        assert isinstance(answer, Declined)
        assert answer.code == "card_declined"
        assert await subject.charges(request.attempt_key) == (0, 0)

    async def test_twenty_copies_of_an_attempt_at_once_are_one_charge_and_one_answer(self, subject: Subject) -> None:
        request = an_attempt(subject.good)
        answers = await asyncio.gather(*(subject.provider.create(request) for _ in range(20)))
        assert {paid(answer).reference for answer in answers} == {paid(answers[0]).reference}
        assert await subject.charges(request.attempt_key) == (1, 4_990)

    async def test_a_key_met_again_with_another_amount_is_unknown_and_charges_nothing_more(self, subject: Subject) -> None:
        first = an_attempt(subject.good, amount=eur(100))
        paid(await subject.provider.create(first))
        answer = await subject.provider.create(an_attempt(subject.good, amount=eur(200), key=first.attempt_key))
        assert isinstance(answer, Unknown)
        assert await subject.charges(first.attempt_key) == (1, 100)

    async def test_capturing_by_hand_takes_parts_and_never_more_than_was_authorised(self, subject: Subject) -> None:
        payment = await self._authorised(subject, 1_000)
        assert (payment.status, payment.captured) == (ProviderStatus.AUTHORIZED, eur(0))
        assert await subject.charges(payment.attempt_key) == (0, 0)
        part = paid(await subject.provider.capture(payment.reference, eur(400), _key()))
        assert (part.status, part.authorized, part.captured) == (ProviderStatus.CAPTURED, eur(1_000), eur(400))
        assert part.version > payment.version
        assert isinstance(await subject.provider.capture(payment.reference, eur(601), _key()), Declined)
        whole = paid(await subject.provider.capture(payment.reference, eur(600), _key()))
        assert whole.captured == eur(1_000)
        assert await subject.charges(payment.attempt_key) == (2, 1_000)

    async def test_a_capture_repeated_with_its_key_takes_once(self, subject: Subject) -> None:
        payment = await self._authorised(subject, 1_000)
        key = _key()
        answers = await asyncio.gather(*(subject.provider.capture(payment.reference, eur(300), key) for _ in range(5)))
        assert [paid(answer).captured for answer in answers] == [eur(300)] * 5
        assert await subject.charges(payment.attempt_key) == (1, 300)

    async def test_refunds_add_up_and_stop_at_what_was_captured(self, subject: Subject) -> None:
        payment = paid(await subject.provider.create(an_attempt(subject.good, amount=eur(1_000))))
        part = paid(await subject.provider.refund(payment.reference, eur(250), _key()))
        assert (part.status, part.refunded) == (ProviderStatus.PARTIALLY_REFUNDED, eur(250))
        too_much = await subject.provider.refund(payment.reference, eur(751), _key())
        assert isinstance(too_much, Declined)
        assert too_much.code == "amount_too_large"
        rest = paid(await subject.provider.refund(payment.reference, eur(750), _key()))
        assert (rest.status, rest.refunded) == (ProviderStatus.REFUNDED, eur(1_000))
        assert rest.version > part.version > payment.version

    async def test_refunds_that_race_never_pass_what_was_captured(self, subject: Subject) -> None:
        payment = paid(await subject.provider.create(an_attempt(subject.good, amount=eur(100))))
        answers = await asyncio.gather(*(subject.provider.refund(payment.reference, eur(30), _key()) for _ in range(10)))
        assert sum(isinstance(answer, ProviderPayment) for answer in answers) == 3
        assert sum(isinstance(answer, Declined) for answer in answers) == 7
        assert paid(await _fetched(subject, payment.reference)).refunded == eur(90)

    async def test_a_refund_repeated_with_its_key_gives_back_once(self, subject: Subject) -> None:
        payment = paid(await subject.provider.create(an_attempt(subject.good, amount=eur(1_000))))
        key = _key()
        for _ in range(3):
            paid(await subject.provider.refund(payment.reference, eur(400), key))
        assert paid(await _fetched(subject, payment.reference)).refunded == eur(400)

    async def test_a_cancelled_authorisation_is_released_and_cannot_be_captured(self, subject: Subject) -> None:
        payment = await self._authorised(subject, 1_000)
        cancelled = paid(await subject.provider.cancel(payment.reference, _key()))
        assert (cancelled.status, cancelled.authorized) == (ProviderStatus.CANCELLED, eur(0))
        late = await subject.provider.capture(payment.reference, eur(1_000), _key())
        assert isinstance(late, Declined)
        assert late.code == "wrong_state"
        assert await subject.charges(payment.attempt_key) == (0, 0)

    async def test_a_captured_payment_cannot_be_cancelled(self, subject: Subject) -> None:
        payment = paid(await subject.provider.create(an_attempt(subject.good)))
        assert isinstance(await subject.provider.cancel(payment.reference, _key()), Declined)
        assert paid(await _fetched(subject, payment.reference)) == payment

    async def test_an_attempt_is_found_by_our_key_and_a_stranger_is_not(self, subject: Subject) -> None:
        payment = paid(await subject.provider.create(an_attempt(subject.good)))
        assert await subject.provider.find(payment.attempt_key) == payment
        assert await subject.provider.find(_key()) is None

    @pytest.mark.parametrize(
        "reference", ["sp_" + "0" * 24, "", "../ledger", "http://169.254.169.254/", "a/../../b", "sp_x\r\n"]
    )
    async def test_a_reference_that_is_none_is_not_found_and_leads_nowhere(self, subject: Subject, reference: str) -> None:
        assert await subject.provider.fetch(reference) is None
        assert isinstance(await subject.provider.refund(reference, eur(1), _key()), Declined)

    async def test_a_listing_gives_every_payment_since_the_time(self, subject: Subject) -> None:
        since = datetime.now(UTC) - timedelta(seconds=1)
        requests = [an_attempt(subject.good, amount=eur(number)) for number in range(1, 131)]
        for start in range(0, len(requests), 10):
            await asyncio.gather(*(subject.provider.create(request) for request in requests[start : start + 10]))
        listed = {payment.attempt_key: payment async for payment in subject.provider.list_since(since)}
        assert [listed[request.attempt_key].amount for request in requests] == [request.amount for request in requests]
        later = [payment async for payment in subject.provider.list_since(datetime.now(UTC) + timedelta(hours=1))]
        assert later == []

    async def test_nobody_answering_is_unknown_and_never_a_failure(self, subject: Subject) -> None:
        known = paid(await subject.provider.create(an_attempt(subject.good)))
        gone = subject.unreachable
        answers: list[Answer | None] = [
            await gone.create(an_attempt(subject.good)),
            await gone.capture(known.reference, eur(1), _key()),
            await gone.refund(known.reference, eur(1), _key()),
            await gone.cancel(known.reference, _key()),
            await gone.find(known.attempt_key),
            await gone.fetch(known.reference),
        ]
        assert [type(answer) for answer in answers] == [Unknown] * 6
        with pytest.raises(ProviderUnavailable):
            await anext(gone.list_since(datetime.now(UTC)))

    async def test_a_refused_api_key_is_unknown_for_an_earlier_call_may_have_charged(self, subject: Subject) -> None:
        request = an_attempt(subject.good)
        assert isinstance(await subject.locked_out.create(request), Unknown)
        assert isinstance(await subject.locked_out.find(request.attempt_key), Unknown)
        assert await subject.charges(request.attempt_key) == (0, 0)

    async def _authorised(self, subject: Subject, minor: int) -> ProviderPayment:
        request = an_attempt(subject.good, amount=eur(minor), capture=CaptureMode.MANUAL)
        return paid(await subject.provider.create(request))


async def _fetched(subject: Subject, reference: str) -> ProviderPayment:
    found = await subject.provider.fetch(reference)
    assert isinstance(found, ProviderPayment)
    return found


def _key() -> str:
    return f"key-{uuid4()}"
