"""PayPal keeps the contract of every provider, over real HTTP to a fake that speaks as its reference documents."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from domain.ids import new_id
from domain.money import Currency, Money, minor_digits
from domain.payments.model import ActionKind, DisputeStatus, ProviderPayment, ProviderStatus
from domain.payments.provider import CaptureMode, Declined, ProviderUnavailable, Unknown
from gateways.payments.paypal import PayPalProvider
from gateways.payments.paypal_wire import PayPalValues
from tests.gateways.contract import FakedProviderContract
from tests.gateways.fakes.authority import Authority
from tests.gateways.fakes.paypal import MERCHANT, WEBHOOK_ID, FakePayPal
from tests.gateways.fakes.paypal_search import row
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
            fail_refund=fake.fail_refund,
            approve=approve,
            refuse=refuse,
            listed=25,
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


async def _paid(paypal: PayPalProvider, client: httpx2.AsyncClient) -> ProviderPayment:
    payment = paid(await paypal.create(an_attempt("paypal", key=_attempt_key())))
    await _page(client, payment, "approve")
    return paid(await paypal.proceed(payment.reference))


async def _listed(paypal: PayPalProvider, since: datetime) -> dict[str, ProviderPayment]:
    return {each.reference: each async for each in paypal.list_since(since)}


async def test_a_payment_is_listed_when_paypals_search_knows_it_and_again_when_some_of_it_went_back(
    paypal: PayPalProvider, fake: FakePayPal, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = await _paid(paypal, client)
    monkeypatch.setattr(fake.search, "delay", timedelta(hours=3))
    assert payment.reference not in await _listed(paypal, payment.created_at)
    monkeypatch.setattr(fake.search, "delay", timedelta())
    capture = fake.orders[payment.reference]["purchase_units"][0]["payments"]["captures"][0]
    capture["create_time"] = (datetime.now(UTC) - timedelta(days=40)).isoformat()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    assert payment.reference not in await _listed(paypal, yesterday)
    given_back = paid(await paypal.refund(payment.reference, eur(1_000), _attempt_key()))
    assert (await _listed(paypal, yesterday))[payment.reference] == given_back
    fake.search.asked.clear()
    assert (await _listed(paypal, datetime.now(UTC) - timedelta(days=70)))[payment.reference] == given_back
    assert [page for _, _, page in fake.search.asked].count(1) == 3


async def test_more_than_paypal_lists_at_once_is_asked_for_in_parts(
    paypal: PayPalProvider, fake: FakePayPal, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    early, late = await _paid(paypal, client), await _paid(paypal, client)
    for order in fake.orders.values():
        moved = order["purchase_units"][0]["payments"]
        for each in (*moved["captures"], *moved["refunds"]):
            each["create_time"] = (datetime.now(UTC) - timedelta(days=200)).isoformat()
    for payment, days in ((early, 2), (late, 1)):
        [capture] = fake.orders[payment.reference]["purchase_units"][0]["payments"]["captures"]
        capture["create_time"] = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    monkeypatch.setattr(fake.search, "most", 1)
    assert await _listed(paypal, datetime.now(UTC) - timedelta(days=3)) == {early.reference: early, late.reference: late}
    monkeypatch.setattr(fake.search, "most", 0)
    with pytest.raises(ProviderUnavailable, match="within a minute"):
        await _listed(paypal, datetime.now(UTC) - timedelta(days=3))


async def test_money_that_no_attempt_of_ours_asked_for_is_listed_as_it_was_booked_and_payouts_are_not(
    paypal: PayPalProvider, fake: FakePayPal, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC) - timedelta(minutes=1)
    moved = {"id": "8MC585209K746392H", "create_time": now.isoformat(), "amount": {"currency_code": "EUR", "value": "12.50"}}
    pending, sent, payout = {**moved, "id": "1" * 17}, {**moved, "id": "2" * 17}, {**moved, "id": "3" * 17}
    rows = [
        row(moved, "T0007", custom_field="table 4"),
        row(pending, "T0007", status="P"),
        row(sent, "T0000", sign="-"),
        row(payout, "T0400", sign="-"),
    ]
    monkeypatch.setattr(fake.search, "strangers", rows)
    asked = len(fake.calls)
    [stranger] = [
        each for each in (await _listed(paypal, now - timedelta(seconds=1))).values() if each.attempt_key == "table 4"
    ]
    assert (stranger.reference, stranger.captured) == ("capture/8MC585209K746392H", eur(1_250))
    assert (stranger.status, stranger.account) == (ProviderStatus.CAPTURED, MERCHANT)
    assert len(fake.calls) == asked


async def test_an_application_that_may_not_search_says_what_to_do_about_it(
    paypal: PayPalProvider, fake: FakePayPal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fake.search, "is_permitted", False)
    with pytest.raises(ProviderUnavailable, match="switch on Transaction Search"):
        await _listed(paypal, datetime.now(UTC) - timedelta(days=3))
