"""PayPal keeps the contract of every provider, over real HTTP to a fake that speaks as its reference documents."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import httpx2
import pytest

from domain.ids import new_id
from domain.money import Currency, Money, minor_digits
from domain.payments.model import ActionKind, DisputeStatus, ProviderPayment, ProviderStatus
from domain.payments.provider import CaptureMode, Declined, Unknown
from gateways.payments.paypal import PayPalProvider
from gateways.payments.paypal_wire import PayPalValues
from tests.gateways.contract import FakedProviderContract
from tests.gateways.fakes.authority import Authority
from tests.gateways.fakes.paypal import MERCHANT, WEBHOOK_ID, FakePayPal
from tests.gateways.fakes.paypal_tokens import CLIENT_ID, CLIENT_SECRET
from tests.gateways.fakes.serving import Fault, serving
from tests.gateways.requests import an_attempt, eur, paid
from tests.gateways.sandbox_process import free_port
from tests.gateways.subject import Subject


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[tuple[FakePayPal, PayPalValues]]:
    authority = Authority()
    fake = FakePayPal(authority)
    async with serving(fake.app) as url:
        yield (
            fake,
            PayPalValues(
                client_id=CLIENT_ID,
                client_secret=CLIENT_SECRET,
                account=MERCHANT,
                webhook_ids=(WEBHOOK_ID,),
                url=url,
                certificate_roots=authority.roots,
                total_seconds=30,
            ),
        )


@pytest.fixture
def fake(running: tuple[FakePayPal, PayPalValues]) -> FakePayPal:
    return running[0]


@pytest.fixture
def values(running: tuple[FakePayPal, PayPalValues]) -> PayPalValues:
    return running[1]


@pytest.fixture
def paypal(client: httpx2.AsyncClient, values: PayPalValues) -> PayPalProvider:
    return PayPalProvider(client, values)


def _attempt_key() -> str:
    return str(new_id())


async def _page(client: httpx2.AsyncClient, payment: ProviderPayment, decision: str) -> None:
    assert payment.next_action is not None
    assert payment.next_action.kind is ActionKind.REDIRECT
    assert (await client.post(payment.next_action.url or "", data={"decision": decision})).status_code == 303


class TestPayPal(FakedProviderContract):
    @pytest.fixture
    def faults(self, fake: FakePayPal) -> Callable[[Fault], None]:
        return fake.backstage.faults.append

    @pytest.fixture
    def subject(self, fake: FakePayPal, paypal: PayPalProvider, client: httpx2.AsyncClient, values: PayPalValues) -> Subject:
        async def charges(attempt_key: str) -> tuple[int, int]:
            count, amounts = fake.charged(attempt_key)
            return count, sum(int(each.replace(".", "")) for each in amounts)

        async def approve(payment: ProviderPayment) -> None:
            await _page(client, payment, "approve")

        async def refuse(payment: ProviderPayment) -> None:
            await _page(client, payment, "refuse")

        return Subject(
            provider=paypal,
            unreachable=PayPalProvider(client, replace(values, url=f"http://127.0.0.1:{free_port()}")),
            locked_out=PayPalProvider(client, replace(values, client_secret="of somebody else")),
            good="paypal",
            declined=None,
            charges=charges,
            approve=approve,
            refuse=refuse,
            samples=(("JPY", 1_000), ("EUR", 1), ("USD", 99_999_999)),
            finds=False,
        )


@pytest.mark.parametrize(("code", "minor"), [("HUF", 10_050), ("KWD", 1_230), ("ETB", 100)])
async def test_what_paypal_does_not_take_is_refused_unsent(
    paypal: PayPalProvider, fake: FakePayPal, code: str, minor: int
) -> None:
    before = len(fake.calls)
    answer = await paypal.create(an_attempt("paypal", amount=Money(minor, Currency(code)), key=_attempt_key()))
    assert isinstance(answer, Declined)
    assert answer.code == ("unsupported_amount" if code == "HUF" else "unsupported_currency")
    assert len(fake.calls) == before


async def test_forints_are_written_without_digits(paypal: PayPalProvider, fake: FakePayPal) -> None:
    huf = Currency("HUF")
    payment = paid(await paypal.create(an_attempt("", amount=Money(10_000, huf), key=_attempt_key())))
    assert fake.orders[payment.reference]["purchase_units"][0]["amount"] == {"currency_code": "HUF", "value": "100"}
    assert (payment.amount, minor_digits(huf)) == (Money(10_000, huf), 2)


async def test_nothing_is_taken_before_the_buyer_approves_nor_by_asking_how_it_stands(
    paypal: PayPalProvider, fake: FakePayPal, client: httpx2.AsyncClient
) -> None:
    payment = paid(await paypal.create(an_attempt("paypal", key=_attempt_key())))
    assert payment.status is ProviderStatus.REQUIRES_ACTION
    assert paid(await paypal.proceed(payment.reference)) == payment
    await _page(client, payment, "cancel")
    assert paid(await paypal.fetch(payment.reference)) == payment
    await _page(client, payment, "approve")
    approved = paid(await paypal.fetch(payment.reference))
    assert (approved.status, approved.captured) == (ProviderStatus.PENDING, eur(0))
    assert fake.charged(payment.attempt_key) == (0, [])
    taken = paid(await paypal.proceed(payment.reference))
    assert (taken.status, taken.captured, taken.fee) == (ProviderStatus.CAPTURED, eur(4_990), eur(170))
    assert taken.version > approved.version > payment.version
    assert paid(await paypal.proceed(payment.reference)) == taken
    assert fake.charged(payment.attempt_key) == (1, ["49.90"])


async def test_an_approved_order_that_was_called_off_is_left_alone(
    paypal: PayPalProvider, fake: FakePayPal, client: httpx2.AsyncClient
) -> None:
    payment = paid(await paypal.create(an_attempt("paypal", key=_attempt_key())))
    await _page(client, payment, "approve")
    cancelled = paid(await paypal.cancel(payment.reference, "key"))
    assert cancelled.status is ProviderStatus.CANCELLED
    # What PayPal still says of it is older than that.
    assert paid(await paypal.fetch(payment.reference)).version < cancelled.version
    assert fake.charged(payment.attempt_key) == (0, [])


async def test_money_that_paypal_does_not_find_is_a_failure_and_another_attempt_may_pay(
    paypal: PayPalProvider, fake: FakePayPal, client: httpx2.AsyncClient
) -> None:
    payment = paid(await paypal.create(an_attempt("paypal", key=_attempt_key())))
    await _page(client, payment, "approve")
    fake.declines = 1
    failed = paid(await paypal.proceed(payment.reference))
    assert (failed.status, failed.failure_code, failed.captured) == (ProviderStatus.FAILED, "card_declined", eur(0))
    assert paid(await paypal.fetch(payment.reference)).version < failed.version


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.BROKEN_AFTER])
async def test_a_capture_whose_answer_was_lost_is_unknown_and_taken_once(
    paypal: PayPalProvider, fake: FakePayPal, client: httpx2.AsyncClient, fault: Fault
) -> None:
    payment = paid(await paypal.create(an_attempt("paypal", key=_attempt_key())))
    await _page(client, payment, "approve")
    fake.backstage.faults.append(fault)
    assert isinstance(await paypal.proceed(payment.reference), Unknown)
    assert paid(await paypal.proceed(payment.reference)).captured == eur(4_990)
    assert fake.charged(payment.attempt_key) == (1, ["49.90"])


async def test_a_token_that_was_revoked_is_fetched_anew(paypal: PayPalProvider, fake: FakePayPal) -> None:
    payment = paid(await paypal.create(an_attempt("paypal", key=_attempt_key())))
    fake.tokens.revoke()
    assert paid(await paypal.fetch(payment.reference)) == payment


async def test_a_dispute_is_told_with_the_payment(paypal: PayPalProvider, fake: FakePayPal, client: httpx2.AsyncClient) -> None:
    payment = paid(await paypal.create(an_attempt("paypal", key=_attempt_key())))
    await _page(client, payment, "approve")
    taken = paid(await paypal.proceed(payment.reference))
    fake.dispute(payment.reference)
    opened = paid(await paypal.fetch(payment.reference))
    assert opened.dispute is not None
    assert (opened.dispute.status, opened.dispute.amount) == (DisputeStatus.OPEN, eur(4_990))
    fake.dispute(payment.reference, outcome="RESOLVED_SELLER_FAVOUR")
    won = paid(await paypal.fetch(payment.reference))
    assert won.dispute is not None
    assert won.dispute.status is DisputeStatus.WON
    assert won.version > opened.version > taken.version


async def test_a_capture_is_a_name_for_its_payment_and_a_made_up_one_is_none(
    paypal: PayPalProvider, fake: FakePayPal, client: httpx2.AsyncClient
) -> None:
    request = replace(an_attempt("paypal", key=_attempt_key()), capture=CaptureMode.AUTOMATIC)
    payment = paid(await paypal.create(request))
    await _page(client, payment, "approve")
    taken = paid(await paypal.proceed(payment.reference))
    capture = fake.orders[payment.reference]["purchase_units"][0]["payments"]["captures"][0]["id"]
    assert await paypal.fetch(f"capture/{capture}") == taken
    assert await paypal.fetch("capture/CAPT9999999999999") is None
    assert await paypal.fetch("capture/../x") is None
