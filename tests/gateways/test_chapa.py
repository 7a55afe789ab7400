"""Chapa keeps the contract of every provider, over real HTTP to a fake that speaks as its developer pages document."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from domain.ids import new_id
from domain.money import Currency, Money
from domain.payments.model import ProviderPayment, ProviderStatus
from domain.payments.provider import BadSignature, Declined, NotificationRefused, Unknown
from gateways.payments.chapa import ChapaProvider, ChapaValues
from tests.gateways.contract import FakedProviderContract
from tests.gateways.fakes.chapa import SECRET, SECRET_KEY, FakeChapa
from tests.gateways.fakes.serving import Fault, serving
from tests.gateways.requests import an_attempt, paid
from tests.gateways.sandbox_process import free_port
from tests.gateways.subject import Subject

ETB = Currency("ETB")
NOW = datetime.now(UTC)
TX_REF = str(new_id())


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[tuple[FakeChapa, ChapaValues]]:
    fake = FakeChapa()
    async with serving(fake.app) as url:
        yield fake, ChapaValues(secret_key=SECRET_KEY, webhook_secrets=(SECRET, "the next one"), url=url, total_seconds=30)


@pytest.fixture
def fake(running: tuple[FakeChapa, ChapaValues]) -> FakeChapa:
    return running[0]


@pytest.fixture
def values(running: tuple[FakeChapa, ChapaValues]) -> ChapaValues:
    return running[1]


@pytest.fixture
def chapa(client: httpx2.AsyncClient, values: ChapaValues) -> ChapaProvider:
    return ChapaProvider(client, values)


async def _begun(chapa: ChapaProvider, minor: int = 4_990) -> ProviderPayment:
    return paid(await chapa.create(an_attempt("chapa", amount=Money(minor, ETB), key=str(new_id()))))


async def _page(client: httpx2.AsyncClient, payment: ProviderPayment, decision: str) -> None:
    assert payment.next_action is not None
    await client.post(payment.next_action.url or "", data={"decision": decision})


class TestChapa(FakedProviderContract):
    @pytest.fixture
    def faults(self, fake: FakeChapa) -> Callable[[Fault], None]:
        return fake.backstage.faults.append

    @pytest.fixture
    def subject(self, fake: FakeChapa, chapa: ChapaProvider, client: httpx2.AsyncClient, values: ChapaValues) -> Subject:
        async def charges(attempt_key: str) -> tuple[int, int]:
            return fake.charged(attempt_key)

        async def approve(payment: ProviderPayment) -> None:
            await _page(client, payment, "approve")

        async def refuse(payment: ProviderPayment) -> None:
            await _page(client, payment, "refuse")

        return Subject(
            provider=chapa,
            unreachable=ChapaProvider(client, replace(values, url=f"http://127.0.0.1:{free_port()}")),
            locked_out=ChapaProvider(client, replace(values, secret_key="of somebody else")),
            good="chapa",
            declined=None,
            charges=charges,
            approve=approve,
            refuse=refuse,
            listed=25,
            currency="ETB",
            samples=(("ETB", 1), ("USD", 1_234), ("ETB", 99_999_999)),
        )


async def test_a_page_that_nobody_has_paid_is_waited_for_and_keeps_its_address(chapa: ChapaProvider) -> None:
    begun = await _begun(chapa)
    waiting = paid(await chapa.fetch(begun.reference))
    assert (waiting.status, waiting.amount, waiting.version) == (
        ProviderStatus.REQUIRES_ACTION,
        Money(4_990, ETB),
        begun.version,
    )


async def test_a_buyer_who_fails_to_pay_has_failed(chapa: ChapaProvider, client: httpx2.AsyncClient) -> None:
    begun = await _begun(chapa)
    await _page(client, begun, "refuse")
    after = paid(await chapa.fetch(begun.reference))
    assert (after.status, after.captured.minor, after.failure_code) == (ProviderStatus.FAILED, 0, "declined")


async def test_a_cancelled_page_takes_no_money(chapa: ChapaProvider, client: httpx2.AsyncClient, fake: FakeChapa) -> None:
    begun = await _begun(chapa)
    cancelled = paid(await chapa.cancel(begun.reference, "key"))
    assert cancelled.status is ProviderStatus.CANCELLED
    await _page(client, begun, "approve")
    assert fake.charged(begun.attempt_key) == (0, 0)
    assert paid(await chapa.cancel(begun.reference, "key")).status is ProviderStatus.CANCELLED


async def test_a_page_whose_address_was_lost_is_unknown_and_then_none(chapa: ChapaProvider, fake: FakeChapa) -> None:
    request = an_attempt("chapa", amount=Money(100, ETB), key=str(new_id()))
    fake.backstage.faults.append(Fault.BROKEN_AFTER)
    assert isinstance(await chapa.create(request), Unknown)
    assert isinstance(await chapa.create(request), Unknown)
    assert await chapa.find(request.attempt_key) is None


async def test_another_amount_than_was_asked_for_is_another_reference(
    chapa: ChapaProvider, client: httpx2.AsyncClient, fake: FakeChapa
) -> None:
    begun = await _begun(chapa, 200_000)
    fake.transactions[begun.attempt_key]["amount"] = 1.0
    await _page(client, begun, "approve")
    after = paid(await chapa.fetch(begun.reference))
    assert (after.captured, after.reference) == (Money(100, ETB), f"{begun.attempt_key}:100ETB")
    assert after.reference != begun.reference


async def test_a_refund_whose_answer_was_lost_was_made_once(
    chapa: ChapaProvider, client: httpx2.AsyncClient, fake: FakeChapa
) -> None:
    begun = await _begun(chapa)
    await _page(client, begun, "approve")
    fake.backstage.faults.append(Fault.BROKEN_AFTER)
    assert isinstance(await chapa.refund(begun.reference, begun.amount, "refund-1"), Unknown)
    assert paid(await chapa.refund(begun.reference, begun.amount, "refund-1")).status is ProviderStatus.REFUNDED
    assert list(fake.refunds.values()).count(begun.attempt_key) == 1


@pytest.mark.parametrize("currency", ["EUR", "KES"])
async def test_other_currencies_are_refused_unsent(chapa: ChapaProvider, fake: FakeChapa, currency: str) -> None:
    before = len(fake.calls)
    answer = await chapa.create(an_attempt("chapa", amount=Money(100, Currency(currency)), key=str(new_id())))
    assert isinstance(answer, Declined)
    assert answer.code == "unsupported_currency"
    assert len(fake.calls) == before


def _message(**changed: object) -> bytes:
    told = {"event": "charge.success", "tx_ref": TX_REF, "amount": "49.90", "currency": "ETB", "updated_at": NOW.isoformat()}
    return json.dumps({**told, **changed}).encode()


async def test_what_is_signed_names_its_payment_and_decides_nothing(chapa: ChapaProvider, fake: FakeChapa) -> None:
    told = await chapa.read_notification(_message(), fake.signed(_message()), NOW)
    assert told is not None
    assert (told.kind, told.payment, told.reference) == ("charge.success", None, TX_REF)
    assert await chapa.read_notification(_message(), fake.signed(_message(), secret="the next one"), NOW) == told
    payout = _message(event="payout.success")
    assert await chapa.read_notification(payout, fake.signed(payout), NOW) is None
    # Nobody paid, whatever the message says: verifying tells so.
    assert await chapa.fetch(told.reference) is None


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-chapa-signature": ""},
        {"x-chapa-signature": "é"},
        {"x-chapa-signature": "0" * 64},
        {"x-chapa-signature": FakeChapa().signed(b"")["chapa-signature"]},
        {"chapa-signature": FakeChapa().signed(b"")["chapa-signature"]},
        FakeChapa().signed(_message(), secret="of somebody else"),
        FakeChapa().signed(_message() + b" "),
    ],
)
async def test_what_is_forged_is_refused(chapa: ChapaProvider, headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        await chapa.read_notification(_message(), headers, NOW)


@pytest.mark.parametrize("hours", [73, -1])
async def test_what_happened_at_another_time_is_refused(chapa: ChapaProvider, fake: FakeChapa, hours: int) -> None:
    with pytest.raises(BadSignature):
        await chapa.read_notification(_message(), fake.signed(_message()), NOW + timedelta(hours=hours))


async def test_without_a_secret_nothing_is_let_in(client: httpx2.AsyncClient, values: ChapaValues, fake: FakeChapa) -> None:
    for secrets in ((), ("",), (" ",)):
        off = ChapaProvider(client, replace(values, webhook_secrets=secrets))
        with pytest.raises(BadSignature):
            await off.read_notification(_message(), fake.signed(_message(), secret=""), NOW)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"\xff", b"[" * 100_000, _message(tx_ref=5), b"x" * 262_145])
async def test_what_is_signed_and_malformed_or_too_large_is_refused(chapa: ChapaProvider, fake: FakeChapa, body: bytes) -> None:
    with pytest.raises(NotificationRefused):
        await chapa.read_notification(body, fake.signed(body), NOW)


@pytest.mark.parametrize("oldest_first", [False, True])
async def test_the_list_tells_what_became_of_our_attempts_in_whatever_order_it_comes(
    chapa: ChapaProvider, client: httpx2.AsyncClient, fake: FakeChapa, monkeypatch: pytest.MonkeyPatch, oldest_first: bool
) -> None:
    monkeypatch.setattr(fake, "lists_oldest_first", oldest_first)
    old, waits, failed, taken, link = [await _begun(chapa) for _ in range(5)]
    for payment, decision in ((old, "approve"), (failed, "refuse"), (taken, "approve"), (link, "approve")):
        await _page(client, payment, decision)
    fake.transactions[old.attempt_key]["created_at"] = (NOW - timedelta(days=4)).isoformat()
    fake.transactions[link.attempt_key]["is_link"] = True
    listed = {each.attempt_key: each async for each in chapa.list_since(NOW - timedelta(days=3))}
    assert not {old.attempt_key, link.attempt_key} & listed.keys()
    assert listed[waits.attempt_key].version == waits.version
    assert listed[failed.attempt_key] == await chapa.fetch(failed.reference)
    assert listed[taken.attempt_key] == await chapa.fetch(taken.reference)
    # Its list does not tell that money went back: what is known to have gone is newer.
    given_back = paid(await chapa.refund(taken.reference, taken.amount, str(new_id())))
    again = {each.attempt_key: each async for each in chapa.list_since(NOW - timedelta(days=3))}
    assert again[taken.attempt_key].version < given_back.version
