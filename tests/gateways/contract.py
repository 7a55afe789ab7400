"""What every payment provider has to keep to, whoever it is: one suite, run against each over its own wire protocol.

A provider's test module subclasses the contract and supplies the fixture `subject`; what only one provider does is tested
there. What a provider cannot do its abilities say, and the suite asserts that it refuses it cleanly.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from domain.money import Currency, Money, zero
from domain.payments.model import ProviderPayment, ProviderStatus
from domain.payments.provider import (
    Ability,
    Answer,
    CaptureMode,
    Declined,
    ProviderUnavailable,
    Unknown,
)
from tests.gateways.fakes.serving import Fault
from tests.gateways.requests import an_attempt, paid
from tests.gateways.subject import Subject, a_key


class ProviderContract:
    async def test_a_good_method_pays_the_amount_once_and_is_told_in_our_words(self, subject: Subject) -> None:
        request = subject.attempt()
        payment = await subject.pays(request)
        assert (payment.provider, payment.account) == (subject.provider.name, subject.provider.account)
        assert payment.attempt_key == request.attempt_key
        assert payment.status is ProviderStatus.CAPTURED
        whole, nothing = request.amount, zero(request.amount.currency)
        assert (payment.amount, payment.authorized, payment.captured, payment.refunded) == (whole, whole, whole, nothing)
        assert (payment.next_action, payment.failure_code, payment.dispute) == (None, None, None)
        assert abs(datetime.now(UTC) - payment.created_at) < timedelta(minutes=2)
        assert await subject.charges(request.attempt_key) == (1, 4_990)

    async def test_minor_units_are_carried_as_they_are_in_every_currency(self, subject: Subject) -> None:
        for code, minor in subject.samples:
            request = an_attempt(subject.good, amount=Money(minor, Currency(code)), key=a_key())
            assert (await subject.pays(request)).captured == Money(minor, Currency(code))
            assert await subject.charges(request.attempt_key) == (1, minor)

    async def test_a_declined_method_is_declined_and_charges_nothing(self, subject: Subject) -> None:
        if subject.declined is None:
            payment = paid(await subject.provider.create(subject.attempt()))
            await subject.refuse(payment)
            assert paid(await subject.provider.proceed(payment.reference)).captured.minor == 0
            assert await subject.charges(payment.attempt_key) == (0, 0)
            return
        request = subject.attempt(method=subject.declined)
        answer = await subject.provider.create(request)
        assert isinstance(answer, Declined)
        assert answer.code == "card_declined"
        assert await subject.charges(request.attempt_key) == (0, 0)

    @pytest.mark.parametrize(
        "method", ["4242424242424242", "4242 4242 4242 4242", "tok_4242-4242-4242-4242", "nonsense of nobody's"]
    )
    async def test_a_card_number_is_refused_unsent_and_unsaid(self, subject: Subject, method: str) -> None:
        request = subject.attempt(method=method)
        answer = await subject.provider.create(request)
        assert isinstance(answer, Declined)
        assert "4242" not in f"{answer.code} {answer.message}"
        assert await subject.charges(request.attempt_key) == (0, 0)

    async def test_twenty_copies_of_an_attempt_at_once_are_one_charge_and_one_answer(self, subject: Subject) -> None:
        request = subject.attempt()
        answers = await asyncio.gather(*(subject.provider.create(request) for _ in range(20)))
        payments = [answer for answer in answers if isinstance(answer, ProviderPayment)]
        assert len({payment.reference for payment in payments}) == 1
        assert not any(isinstance(answer, Declined) for answer in answers)
        await subject.approve(next((payment for payment in payments if payment.next_action), payments[0]))
        assert paid(await subject.provider.proceed(payments[0].reference)).captured == request.amount
        assert await subject.charges(request.attempt_key) == (1, 4_990)

    async def test_a_key_met_again_with_another_amount_is_unknown_and_charges_nothing_more(self, subject: Subject) -> None:
        first = subject.attempt(100)
        await subject.pays(first)
        assert isinstance(await subject.provider.create(subject.attempt(200, key=first.attempt_key)), Unknown)
        assert await subject.charges(first.attempt_key) == (1, 100)

    async def test_capturing_by_hand_takes_parts_as_far_as_it_can_and_never_more_than_was_authorised(
        self, subject: Subject
    ) -> None:
        if not subject.can(Ability.MANUAL_CAPTURE):
            request = an_attempt(subject.good, amount=subject.money(1_000), key=a_key(), capture=CaptureMode.MANUAL)
            assert _refused(await subject.provider.create(request)) == "unsupported"
            assert await subject.charges(request.attempt_key) == (0, 0)
            return
        payment = await subject.authorised(1_000)
        assert (payment.status, payment.authorized.minor, payment.captured.minor) == (ProviderStatus.AUTHORIZED, 1_000, 0)
        assert await subject.charges(payment.attempt_key) == (0, 0)
        assert _refused(await self._captured(subject, payment, 1_001)) in {"amount_too_large", "unsupported"}
        if not subject.can(Ability.PARTIAL_CAPTURE):
            assert _refused(await self._captured(subject, payment, 400)) == "unsupported"
            whole = paid(await self._captured(subject, payment, 1_000))
            assert (whole.status, whole.captured.minor) == (ProviderStatus.CAPTURED, 1_000)
            assert whole.version > payment.version
            return
        part = paid(await self._captured(subject, payment, 400))
        several = subject.can(Ability.SEVERAL_CAPTURES)
        assert (part.status, part.captured.minor) == (ProviderStatus.CAPTURED, 400)
        assert part.authorized.minor == (1_000 if several else 400)
        assert part.version > payment.version
        assert isinstance(await self._captured(subject, payment, 601), Declined)
        rest = await self._captured(subject, payment, 600)
        assert paid(rest).captured.minor == 1_000 if several else _refused(rest) == "wrong_state"
        assert await subject.charges(payment.attempt_key) == ((2, 1_000) if several else (1, 400))

    async def test_a_capture_repeated_with_its_key_takes_once(self, subject: Subject) -> None:
        if not subject.can(Ability.MANUAL_CAPTURE):
            payment = await subject.pays(subject.attempt(1_000))
            assert _refused(await self._captured(subject, payment, 1_000)) == "unsupported"
            assert await subject.charges(payment.attempt_key) == (1, 1_000)
            return
        payment = await subject.authorised(1_000)
        amount = subject.money(300 if subject.can(Ability.PARTIAL_CAPTURE) else 1_000)
        key = a_key()
        answers = await asyncio.gather(*(subject.provider.capture(payment.reference, amount, key) for _ in range(5)))
        assert [paid(answer).captured for answer in answers] == [amount] * 5
        assert await subject.charges(payment.attempt_key) == (1, amount.minor)

    async def test_refunds_add_up_and_stop_at_what_was_captured(self, subject: Subject) -> None:
        payment = await subject.pays(subject.attempt(1_000))
        assert _refused(await self._refunded(subject, payment, 1_001)) in {"amount_too_large", "unsupported"}
        if not subject.can(Ability.PARTIAL_REFUND):
            assert _refused(await self._refunded(subject, payment, 250)) == "unsupported"
            whole = paid(await self._refunded(subject, payment, 1_000))
            assert (whole.status, whole.refunded.minor) == (ProviderStatus.REFUNDED, 1_000)
            assert whole.version > payment.version
            return
        part = paid(await self._refunded(subject, payment, 250))
        assert (part.status, part.refunded.minor) == (ProviderStatus.PARTIALLY_REFUNDED, 250)
        assert _refused(await self._refunded(subject, payment, 751)) == "amount_too_large"
        rest = paid(await self._refunded(subject, payment, 750))
        assert (rest.status, rest.refunded.minor) == (ProviderStatus.REFUNDED, 1_000)
        assert rest.version > part.version > payment.version

    async def test_refunds_that_race_never_pass_what_was_captured(self, subject: Subject) -> None:
        payment = await subject.pays(subject.attempt(100))
        step = 30 if subject.can(Ability.PARTIAL_REFUND) else 100
        answers = await asyncio.gather(*(self._refunded(subject, payment, step) for _ in range(10)))
        if subject.can(Ability.PARTIAL_REFUND):
            assert sum(isinstance(answer, ProviderPayment) for answer in answers) == 3
            assert sum(isinstance(answer, Declined) for answer in answers) == 7
            assert paid(await _fetched(subject, payment.reference)).refunded.minor == 90
        else:
            assert {paid(answer).refunded.minor for answer in answers if not isinstance(answer, Declined)} == {100}

    async def test_a_refund_repeated_with_its_key_gives_back_once(self, subject: Subject) -> None:
        payment = await subject.pays(subject.attempt(1_000))
        amount = subject.money(400 if subject.can(Ability.PARTIAL_REFUND) else 1_000)
        key = a_key()
        for _ in range(3):
            assert paid(await subject.provider.refund(payment.reference, amount, key)).refunded == amount

    async def test_a_refund_that_fails_after_all_is_told_as_newer_than_all_that_was_told_before(self, subject: Subject) -> None:
        payment = await subject.pays(subject.attempt(1_000))
        if subject.fail_refund is None:  # nor does any, as far as its documentation goes
            whole = paid(await self._refunded(subject, payment, 1_000))
            assert whole.came_back in (None, subject.money(0))
            return
        part = paid(await self._refunded(subject, payment, 400))
        subject.fail_refund(payment.attempt_key)
        failed = paid(await subject.provider.fetch(payment.reference))
        assert (failed.status, failed.refunded.minor, failed.came_back) == (ProviderStatus.CAPTURED, 0, subject.money(400))
        again = paid(await self._refunded(subject, payment, 400))
        assert (again.status, again.refunded.minor, again.came_back) == (part.status, 400, subject.money(400))
        assert again.version > failed.version > part.version > payment.version
        listed = [each async for each in subject.provider.list_since(datetime.now(UTC) - timedelta(minutes=5))]
        assert again in listed

    async def test_a_cancelled_authorisation_is_released_and_cannot_be_captured(self, subject: Subject) -> None:
        if not subject.can(Ability.MANUAL_CAPTURE):
            payment = paid(await subject.provider.create(subject.attempt(1_000)))
            cancelled = paid(await subject.provider.cancel(payment.reference, a_key()))
            assert (cancelled.status, cancelled.captured.minor) == (ProviderStatus.CANCELLED, 0)
            return
        payment = await subject.authorised(1_000)
        cancelled = paid(await subject.provider.cancel(payment.reference, a_key()))
        assert (cancelled.status, cancelled.authorized.minor) == (ProviderStatus.CANCELLED, 0)
        assert cancelled.version > payment.version
        assert _refused(await self._captured(subject, payment, 1_000)) == "wrong_state"
        assert await subject.charges(payment.attempt_key) == (0, 0)

    async def test_a_captured_payment_cannot_be_cancelled(self, subject: Subject) -> None:
        payment = await subject.pays(subject.attempt())
        assert isinstance(await subject.provider.cancel(payment.reference, a_key()), Declined)
        assert paid(await _fetched(subject, payment.reference)) == payment

    async def test_an_attempt_is_found_by_our_key_and_a_stranger_is_not(self, subject: Subject) -> None:
        payment = await subject.pays(subject.attempt())
        assert await subject.provider.find(payment.attempt_key) == (payment if subject.finds else None)
        assert await subject.provider.find(a_key()) is None

    @pytest.mark.parametrize(
        "reference", ["sp_" + "0" * 24, "", "../ledger", "http://169.254.169.254/", "a/../../b", "sp_x\r\n", "?x=1", "%2e%2e"]
    )
    async def test_a_reference_that_is_none_is_not_found_and_leads_nowhere(self, subject: Subject, reference: str) -> None:
        assert await subject.provider.fetch(reference) is None
        assert await subject.provider.proceed(reference) is None
        assert isinstance(await subject.provider.refund(reference, subject.money(1), a_key()), Declined)

    async def test_a_listing_gives_every_payment_since_the_time(self, subject: Subject) -> None:
        since = datetime.now(UTC) - timedelta(seconds=1)
        requests = [subject.attempt(number) for number in range(100, 100 + subject.listed)]
        paid: list[ProviderPayment] = []
        for start in range(0, len(requests), 10):
            paid += await asyncio.gather(*(subject.pays(request) for request in requests[start : start + 10]))
        listed = {payment.attempt_key: payment async for payment in subject.provider.list_since(since)}
        assert [listed[each.attempt_key] for each in paid] == paid
        later = [payment async for payment in subject.provider.list_since(datetime.now(UTC) + timedelta(hours=1))]
        assert later == []

    async def test_nobody_answering_is_unknown_and_never_a_failure(self, subject: Subject) -> None:
        known = await subject.pays(subject.attempt())
        gone, amount = subject.unreachable, known.captured
        answers: list[Answer | None] = [await gone.create(subject.attempt()), await gone.fetch(known.reference)]
        if subject.can(Ability.MANUAL_CAPTURE):
            answers.append(await gone.capture(known.reference, amount, a_key()))
        answers.append(await gone.refund(known.reference, amount, a_key()))
        if subject.can(Ability.CANCEL):
            answers.append(await gone.cancel(known.reference, a_key()))
        if subject.finds:
            answers.append(await gone.find(known.attempt_key))
        assert all(isinstance(answer, Unknown) for answer in answers)
        with pytest.raises(ProviderUnavailable):
            await anext(gone.list_since(datetime.now(UTC) - timedelta(days=3)))

    async def test_a_refused_api_key_is_unknown_for_an_earlier_call_may_have_charged(self, subject: Subject) -> None:
        known = await subject.pays(subject.attempt())
        request = subject.attempt()
        assert isinstance(await subject.locked_out.create(request), Unknown)
        assert isinstance(await subject.locked_out.fetch(known.reference), Unknown)
        assert await subject.charges(request.attempt_key) == (0, 0)

    async def _captured(self, subject: Subject, payment: ProviderPayment, minor: int) -> Answer:
        return await subject.provider.capture(payment.reference, subject.money(minor), a_key())

    async def _refunded(self, subject: Subject, payment: ProviderPayment, minor: int) -> Answer:
        return await subject.provider.refund(payment.reference, subject.money(minor), a_key())


class FakedProviderContract(ProviderContract):
    """With a fake that can be made to go wrong by the fixture `faults`."""

    @pytest.mark.parametrize("fault", [Fault.DOWN, Fault.BROKEN_AFTER, Fault.SLOW])
    async def test_what_goes_wrong_on_the_way_is_unknown_and_charges_once_at_most(
        self, subject: Subject, faults: Callable[[Fault], None], fault: Fault
    ) -> None:
        await subject.pays(subject.attempt())  # so that the next deed is not the fetching of an access token
        request = subject.attempt()
        faults(fault)
        first = await subject.provider.create(request)
        assert isinstance(first, ProviderPayment if fault is Fault.SLOW else Unknown)
        again = await subject.provider.create(request)
        # Whoever takes a key once only says so, and nobody can pay what was begun.
        if isinstance(again, ProviderPayment):
            await subject.approve(again)
            assert paid(await subject.provider.proceed(again.reference)).captured == request.amount
        else:
            assert isinstance(again, Unknown)
        assert (await subject.charges(request.attempt_key))[0] == isinstance(again, ProviderPayment)


async def _fetched(subject: Subject, reference: str) -> ProviderPayment:
    found = await subject.provider.fetch(reference)
    assert isinstance(found, ProviderPayment)
    return found


def _refused(answer: Answer) -> str:
    """The code of a refusal, which the answer has to be."""
    assert isinstance(answer, Declined), answer
    return answer.code
