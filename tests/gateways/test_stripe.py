"""Stripe keeps the contract of every provider, over real HTTP to a fake that speaks as its reference documents."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime

import httpx2
import pytest

from domain.ids import new_id
from domain.money import Currency, Money
from domain.payments.model import ActionKind, DisputeStatus, MethodShown, NextAction, ProviderStatus
from domain.payments.provider import Declined, NotAsked, Unknown
from gateways.payments.circuit import FAILURES_MAX
from gateways.payments.stripe import StripeProvider
from gateways.payments.stripe_wire import StripeValues
from tests.gateways.contract import FakedProviderContract
from tests.gateways.fakes.serving import Fault, serving
from tests.gateways.fakes.stripe import ACCOUNT, SECRET, FakeStripe
from tests.gateways.fakes.stripe_door import API_KEY, PUBLISHABLE_KEY
from tests.gateways.requests import an_attempt, eur, paid
from tests.gateways.sandbox_process import free_port
from tests.gateways.subject import Subject


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[tuple[FakeStripe, StripeValues]]:
    fake = FakeStripe()
    async with serving(fake.app) as url:
        yield fake, StripeValues(api_key=API_KEY, account=ACCOUNT, webhook_secrets=(SECRET,), url=url, total_seconds=30)


@pytest.fixture
def fake(running: tuple[FakeStripe, StripeValues]) -> FakeStripe:
    return running[0]


@pytest.fixture
def values(running: tuple[FakeStripe, StripeValues]) -> StripeValues:
    return running[1]


@pytest.fixture
def stripe(client: httpx2.AsyncClient, values: StripeValues) -> StripeProvider:
    return StripeProvider(client, values)


def _attempt_key() -> str:
    return str(new_id())


class TestStripe(FakedProviderContract):
    @pytest.fixture
    def faults(self, fake: FakeStripe) -> Callable[[Fault], None]:
        return fake.backstage.faults.append

    @pytest.fixture
    def subject(self, fake: FakeStripe, stripe: StripeProvider, client: httpx2.AsyncClient, values: StripeValues) -> Subject:
        async def charges(attempt_key: str) -> tuple[int, int]:
            return fake.charged(attempt_key)

        return Subject(
            provider=stripe,
            unreachable=StripeProvider(client, replace(values, url=f"http://127.0.0.1:{free_port()}")),
            locked_out=StripeProvider(client, replace(values, api_key="sk_test_of_somebody_else")),
            good="pm_card_visa",
            declined="pm_card_chargeDeclined",
            charges=charges,
            fail_refund=fake.fail_refund,
        )


@pytest.mark.parametrize(
    ("code", "minor", "theirs"),
    [("ISK", 500, 50_000), ("UGX", 5, 500), ("JPY", 500, 500), ("KWD", 5_120, 5_120), ("HUF", 10_045, 10_045), ("MGA", 500, 5)],
)
async def test_amounts_are_written_in_stripes_units(
    stripe: StripeProvider, fake: FakeStripe, code: str, minor: int, theirs: int
) -> None:
    amount = Money(minor, Currency(code))
    payment = paid(await stripe.create(an_attempt("pm_card_visa", amount=amount, key=_attempt_key())))
    assert fake.intents[payment.reference]["amount"] == theirs
    assert payment.captured == amount


@pytest.mark.parametrize(("code", "minor"), [("KWD", 5_124), ("MGA", 505)])
async def test_what_stripe_cannot_write_exactly_is_refused_unsent(
    stripe: StripeProvider, fake: FakeStripe, code: str, minor: int
) -> None:
    before = len(fake.calls)
    answer = await stripe.create(an_attempt("pm_card_visa", amount=Money(minor, Currency(code)), key=_attempt_key()))
    assert isinstance(answer, Declined)
    assert answer.code == "unsupported_amount"
    assert len(fake.calls) == before


async def test_a_bank_that_wants_to_see_the_buyer_is_a_redirect_and_then_paid(
    stripe: StripeProvider, client: httpx2.AsyncClient
) -> None:
    asked = paid(await stripe.create(an_attempt("pm_card_authenticationRequired", key=_attempt_key())))
    assert asked.status is ProviderStatus.REQUIRES_ACTION
    assert asked.next_action is not None
    assert asked.next_action.kind is ActionKind.REDIRECT
    await client.post(asked.next_action.url or "", data={"decision": "approve"})
    after = paid(await stripe.fetch(asked.reference))
    assert (after.status, after.captured, after.next_action) == (ProviderStatus.CAPTURED, eur(4_990), None)
    assert after.version > asked.version


async def test_a_buyer_whom_the_bank_does_not_know_has_failed(stripe: StripeProvider, client: httpx2.AsyncClient) -> None:
    asked = paid(await stripe.create(an_attempt("pm_card_authenticationRequired", key=_attempt_key())))
    assert asked.next_action is not None
    await client.post(asked.next_action.url or "", data={"decision": "refuse"})
    after = paid(await stripe.fetch(asked.reference))
    assert (after.status, after.failure_code) == (ProviderStatus.FAILED, "authentication_failed")


async def test_without_a_method_the_browser_gets_a_secret_and_may_try_until_it_is_paid(
    stripe: StripeProvider, values: StripeValues, client: httpx2.AsyncClient
) -> None:
    asked = paid(await stripe.create(an_attempt("", key=_attempt_key())))
    secret = f"{asked.reference}_secret_x"
    assert asked.next_action == NextAction(kind=ActionKind.CHALLENGE, client_secret=secret)

    async def confirms(method: str) -> int:
        answer = await client.post(
            f"{values.url}/v1/payment_intents/{asked.reference}/confirm",
            data={"client_secret": secret, "payment_method": method, "return_url": "https://shop.example/"},
            headers={"authorization": f"Bearer {PUBLISHABLE_KEY}"},
        )
        return answer.status_code

    assert await confirms("pm_card_chargeDeclined") == 402
    still = paid(await stripe.fetch(asked.reference))
    assert (still.status, still.next_action) == (ProviderStatus.REQUIRES_ACTION, asked.next_action)
    assert await confirms("pm_card_visa") == 200
    assert paid(await stripe.fetch(asked.reference)).captured == eur(4_990)


async def test_why_a_bank_refused_is_told_only_as_far_as_the_buyer_may_know(stripe: StripeProvider) -> None:
    poor = await stripe.create(an_attempt("pm_card_chargeDeclinedInsufficientFunds", key=_attempt_key()))
    stolen = await stripe.create(an_attempt("pm_card_chargeDeclinedStolenCard", key=_attempt_key()))
    assert isinstance(poor, Declined)
    assert isinstance(stolen, Declined)
    assert (poor.code, stolen.code) == ("insufficient_funds", "card_declined")
    assert poor.payment is not None
    assert (poor.payment.status, poor.payment.captured) == (ProviderStatus.FAILED, eur(0))


async def test_a_kept_method_pays_again_and_is_forgotten_once_and_twice(stripe: StripeProvider) -> None:
    first = replace(an_attempt("pm_card_visa", key=_attempt_key()), keep_method=True, customer_key="customer-1")
    kept = paid(await stripe.create(first)).kept
    assert kept is not None
    assert (kept.shown, str(kept.expires_on)) == (MethodShown(brand="visa", last4="4242"), "2034-12-31")
    again = replace(an_attempt("", key=_attempt_key()), saved_method=kept.token, customer_key="customer-1")
    assert paid(await stripe.create(again)).captured == eur(4_990)
    assert [await stripe.forget_method(kept.token) for _ in range(2)] == [None, None]
    broken = replace(again, attempt_key=_attempt_key(), saved_method="pm_of_nobody")
    answer = await stripe.create(broken)
    assert isinstance(answer, Declined)
    assert answer.code == "method_gone"


async def test_the_fee_and_a_dispute_are_told_with_the_payment(stripe: StripeProvider, fake: FakeStripe) -> None:
    payment = paid(await stripe.create(an_attempt("pm_card_visa", key=_attempt_key())))
    assert (payment.fee, payment.dispute) == (eur(144), None)
    fake.dispute(payment.reference)
    opened = paid(await stripe.fetch(payment.reference))
    assert opened.dispute is not None
    assert (opened.dispute.status, opened.dispute.amount, opened.dispute.reason) == (
        DisputeStatus.OPEN,
        eur(4_990),
        "fraudulent",
    )
    assert opened.dispute.respond_by > datetime.now(UTC)
    fake.dispute(payment.reference, status="lost")
    lost = paid(await stripe.fetch(payment.reference))
    assert lost.dispute is not None
    assert lost.dispute.status is DisputeStatus.LOST
    assert lost.version > opened.version > payment.version


@pytest.mark.parametrize("fault", [Fault.BROKEN_AFTER, Fault.LOST_AFTER])
async def test_an_answer_that_was_lost_is_unknown_and_the_charge_is_found_and_not_made_twice(
    fake: FakeStripe, client: httpx2.AsyncClient, values: StripeValues, fault: Fault
) -> None:
    request = an_attempt("pm_card_visa", key=_attempt_key())
    hurried = StripeProvider(client, replace(values, total_seconds=0.5 if fault is Fault.LOST_AFTER else 30))
    fake.backstage.faults.append(fault)
    assert isinstance(await hurried.create(request), Unknown)
    stripe = StripeProvider(client, values)
    found = paid(await stripe.find(request.attempt_key))
    assert found.captured == eur(4_990)
    assert await stripe.create(request) == found
    assert fake.charged(request.attempt_key) == (1, 4_990)


@pytest.mark.parametrize("lie", [{"amount": 4_991}, {"currency": "usd"}, {"metadata": {"attempt": "another"}}, {"id": "pi_x"}])
async def test_an_answer_about_something_else_is_not_believed(
    stripe: StripeProvider, fake: FakeStripe, lie: dict[str, object]
) -> None:
    fake.lies = dict(lie)
    assert isinstance(await stripe.create(an_attempt("pm_card_visa", key=_attempt_key())), Unknown)


async def test_a_stripe_that_is_down_is_asked_no_more_after_five_times(
    fake: FakeStripe, client: httpx2.AsyncClient, values: StripeValues
) -> None:
    stripe = StripeProvider(client, values)
    fake.backstage.faults.extend([Fault.DOWN] * FAILURES_MAX)
    for _ in range(FAILURES_MAX):
        answer = await stripe.create(an_attempt("pm_card_visa", key=_attempt_key()))
        assert isinstance(answer, Unknown)
        assert not isinstance(answer, NotAsked)
    before = len(fake.calls)
    assert isinstance(await stripe.create(an_attempt("pm_card_visa", key=_attempt_key())), NotAsked)
    assert stripe.line.circuit.is_open
    assert len(fake.calls) == before
