"""Square keeps the contract of every provider, over real HTTP to a fake that speaks as its reference documents."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from domain.ids import new_id
from domain.money import Currency, Money
from domain.payments.model import DisputeStatus, MethodShown, ProviderStatus
from domain.payments.provider import BadSignature, Declined, NotificationRefused, Unknown
from gateways.payments.square import SquareProvider
from gateways.payments.square_wire import SquareValues
from tests.gateways.contract import FakedProviderContract
from tests.gateways.fakes.serving import Fault, serving
from tests.gateways.fakes.square import DECLINED, GOOD, LOCATION, NOTIFICATION_URL, POOR, SECRET, TOKEN, FakeSquare
from tests.gateways.requests import an_attempt, eur, paid
from tests.gateways.sandbox_process import free_port
from tests.gateways.subject import Subject

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
async def running() -> AsyncIterator[tuple[FakeSquare, SquareValues]]:
    fake = FakeSquare()
    async with serving(fake.app) as url:
        yield (
            fake,
            SquareValues(
                access_token=TOKEN,
                location_id=LOCATION,
                webhook_secrets=("the one before", SECRET),
                notification_url=NOTIFICATION_URL,
                url=url,
                total_seconds=30,
            ),
        )


@pytest.fixture
def fake(running: tuple[FakeSquare, SquareValues]) -> FakeSquare:
    return running[0]


@pytest.fixture
def values(running: tuple[FakeSquare, SquareValues]) -> SquareValues:
    return running[1]


@pytest.fixture
def square(client: httpx2.AsyncClient, values: SquareValues) -> SquareProvider:
    return SquareProvider(client, values)


def _attempt_key() -> str:
    return str(new_id())


class TestSquare(FakedProviderContract):
    @pytest.fixture
    def faults(self, fake: FakeSquare) -> Callable[[Fault], None]:
        return fake.backstage.faults.append

    @pytest.fixture
    def subject(self, fake: FakeSquare, square: SquareProvider, client: httpx2.AsyncClient, values: SquareValues) -> Subject:
        async def charges(attempt_key: str) -> tuple[int, int]:
            return fake.charged(attempt_key)

        return Subject(
            provider=square,
            unreachable=SquareProvider(client, replace(values, url=f"http://127.0.0.1:{free_port()}")),
            locked_out=SquareProvider(client, replace(values, access_token="of somebody else")),
            good=GOOD,
            declined=DECLINED,
            charges=charges,
            fail_refund=fake.fail_refund,
            samples=(("JPY", 1_000), ("EUR", 1), ("USD", 99_999_999)),
        )


async def test_what_square_does_not_take_is_refused_unsent(square: SquareProvider, fake: FakeSquare) -> None:
    before = len(fake.calls)
    answer = await square.create(an_attempt(GOOD, amount=Money(1_230, Currency("KWD")), key=_attempt_key()))
    assert isinstance(answer, Declined)
    assert answer.code == "unsupported_currency"
    assert len(fake.calls) == before


async def test_a_refused_card_is_told_with_the_payment_that_square_keeps_of_it(square: SquareProvider) -> None:
    answer = await square.create(an_attempt(POOR, key=_attempt_key()))
    assert isinstance(answer, Declined)
    assert answer.code == "insufficient_funds"
    assert answer.payment is not None
    assert (answer.payment.status, answer.payment.captured) == (ProviderStatus.FAILED, eur(0))


async def test_a_kept_card_pays_again_and_is_forgotten_once_and_twice(square: SquareProvider) -> None:
    first = replace(an_attempt(GOOD, key=_attempt_key()), keep_method=True, customer_key="customer-1")
    kept = paid(await square.create(first)).kept
    assert kept is not None
    assert (kept.shown, str(kept.expires_on)) == (MethodShown(brand="visa", last4="5858"), "2031-12-31")
    again = replace(an_attempt("", key=_attempt_key()), saved_method=kept.token)
    assert paid(await square.create(again)).captured == eur(4_990)
    assert [await square.forget_method(kept.token) for _ in range(2)] == [None, None]
    gone = await square.create(replace(again, attempt_key=_attempt_key()))
    assert isinstance(gone, Declined)
    assert gone.code == "not_found"


async def test_a_dispute_names_its_payment_and_is_told_with_it(square: SquareProvider, fake: FakeSquare) -> None:
    payment = paid(await square.create(an_attempt(GOOD, key=_attempt_key())))
    assert payment.fee == eur(129)
    opened = paid(await square.fetch(f"dispute/{fake.dispute(payment.reference)}"))
    assert opened.dispute is not None
    assert (opened.reference, opened.dispute.status) == (payment.reference, DisputeStatus.OPEN)
    lost = paid(await square.fetch(f"dispute/{fake.dispute(payment.reference, state='LOST')}"))
    assert lost.dispute is not None
    assert (lost.dispute.status, lost.dispute.amount) == (DisputeStatus.LOST, eur(4_990))
    assert lost.version > opened.version > payment.version


async def test_an_answer_that_was_lost_is_unknown_and_the_charge_is_found_and_not_made_twice(
    square: SquareProvider, fake: FakeSquare
) -> None:
    request = an_attempt(GOOD, key=_attempt_key())
    fake.backstage.faults.append(Fault.BROKEN_AFTER)
    assert isinstance(await square.create(request), Unknown)
    found = paid(await square.find(request.attempt_key))
    assert await square.create(request) == found
    assert fake.charged(request.attempt_key) == (1, 4_990)


def _message(**changed: object) -> bytes:
    thing = {"type": "payment", "id": "payment0001", "object": {"payment": {"id": "payment0001"}}}
    return json.dumps(
        {"event_id": "e-1", "type": "payment.updated", "created_at": NOW.isoformat(), "data": thing, **changed}
    ).encode()


async def test_what_is_signed_for_our_address_names_its_payment(square: SquareProvider, fake: FakeSquare) -> None:
    told = await square.read_notification(_message(), fake.signed(_message()), NOW)
    assert told is not None
    assert (told.notification_id, told.kind, told.payment, told.reference) == ("e-1", "payment.updated", None, "payment0001")
    before = await square.read_notification(_message(), fake.signed(_message(), secret="the one before"), NOW)
    assert before == told
    refund = _message(data={"object": {"refund": {"id": "r", "payment_id": "payment0002"}}})
    dispute = _message(data={"object": {"dispute": {"id": "dispute0003"}}})
    other = _message(data={"object": {"booking": {}}})
    named = [await square.read_notification(body, fake.signed(body), NOW) for body in (refund, dispute, other)]
    assert [each and each.reference for each in named] == ["payment0002", "dispute/dispute0003", None]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-square-hmacsha256-signature": ""},
        {"x-square-hmacsha256-signature": "é"},
        {"x-square-hmacsha256-signature": "AAAA"},
        {"x-square-hmacsha256-signature": "A" * 5_000},
        FakeSquare().signed(_message(), secret="of somebody else"),
        FakeSquare().signed(_message(), address="https://elsewhere.example/"),
        FakeSquare().signed(_message() + b" "),
    ],
)
async def test_what_is_forged_is_refused(square: SquareProvider, headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        await square.read_notification(_message(), headers, NOW)


@pytest.mark.parametrize("hours", [27, -1])
async def test_what_happened_at_another_time_is_refused(square: SquareProvider, fake: FakeSquare, hours: int) -> None:
    with pytest.raises(BadSignature):
        await square.read_notification(_message(), fake.signed(_message()), NOW + timedelta(hours=hours))


async def test_without_a_secret_nothing_is_let_in(client: httpx2.AsyncClient, values: SquareValues, fake: FakeSquare) -> None:
    for secrets in ((), ("",), (" ",)):
        off = SquareProvider(client, replace(values, webhook_secrets=secrets))
        with pytest.raises(BadSignature):
            await off.read_notification(_message(), fake.signed(_message(), secret=""), NOW)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"\xff", b"[" * 100_000, _message(event_id=5), b"x" * 262_145])
async def test_what_is_signed_and_malformed_or_too_large_is_refused(
    square: SquareProvider, fake: FakeSquare, body: bytes
) -> None:
    with pytest.raises(NotificationRefused):
        await square.read_notification(body, fake.signed(body), NOW)
