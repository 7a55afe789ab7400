"""Every method token of the sandbox does what its table says: money, answers and webhooks."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx2
import pytest

from domain.payments.model import DisputeStatus, Notification, ProviderStatus
from domain.payments.provider import Declined, Unknown
from gateways.payments.sandbox import SandboxProvider
from gateways.payments.sandbox_service.scenarios import SCENARIOS
from tests.gateways.receiver import Receiver
from tests.gateways.requests import Books, an_attempt, eur, paid, until
from tests.gateways.sandbox_process import SandboxProcess


async def _told(provider: SandboxProvider, receiver: Receiver, box: str, count: int) -> list[Notification]:
    """The webhooks that came, each through the door that every webhook has to pass."""
    now = datetime.now(UTC)
    read = [
        await provider.read_notification(received.body, received.headers, now) for received in await receiver.wait(box, count)
    ]
    return [notification for notification in read if notification is not None]


async def _becomes(provider: SandboxProvider, attempt_key: str, status: ProviderStatus) -> None:
    async def there() -> bool:
        return paid(await provider.find(attempt_key)).status is status

    await until(there)


async def test_success_is_told_by_two_webhooks_whose_last_is_the_answer(provider: SandboxProvider, receiver: Receiver) -> None:
    box = receiver.box()
    answer = paid(await provider.create(an_attempt("tok_success", webhook_url=box)))
    told = await _told(provider, receiver, box, 2)
    assert [(one.kind, paid(one.payment).version) for one in told] == [("payment.authorized", 1), ("payment.captured", 2)]
    assert told[1].payment == answer


@pytest.mark.parametrize(
    ("token", "code"), [("tok_decline", "card_declined"), ("tok_insufficient_funds", "insufficient_funds")]
)
async def test_a_declined_card_says_why_and_leaves_a_failed_payment(
    provider: SandboxProvider, receiver: Receiver, token: str, code: str
) -> None:
    box = receiver.box()
    request = an_attempt(token, webhook_url=box)
    answer = await provider.create(request)
    assert isinstance(answer, Declined)
    assert answer.code == code
    assert answer.payment == await provider.find(request.attempt_key)
    [told] = await _told(provider, receiver, box, 1)
    assert (told.kind, paid(told.payment).status, paid(told.payment).failure_code) == (
        "payment.failed",
        ProviderStatus.FAILED,
        code,
    )


async def test_an_asynchronous_success_is_pending_first_and_paid_after_its_own_delay(
    provider: SandboxProvider, receiver: Receiver
) -> None:
    box = receiver.box()
    answer = paid(await provider.create(an_attempt("tok_async_success:200ms", webhook_url=box)))
    assert (answer.status, answer.captured) == (ProviderStatus.PENDING, eur(0))
    told = await _told(provider, receiver, box, 3)
    assert [paid(one.payment).status for one in told] == [
        *(ProviderStatus.PENDING, ProviderStatus.AUTHORIZED),
        ProviderStatus.CAPTURED,
    ]
    assert (told[2].occurred_at - told[0].occurred_at).total_seconds() >= 0.2


async def test_a_late_failure_is_pending_first_and_takes_nothing(provider: SandboxProvider, books: Books) -> None:
    request = an_attempt("tok_late_failure")
    assert paid(await provider.create(request)).status is ProviderStatus.PENDING
    await _becomes(provider, request.attempt_key, ProviderStatus.FAILED)
    assert paid(await provider.find(request.attempt_key)).failure_code == "debit_returned"
    assert (await books(request.attempt_key))["captured"] == 0


async def test_a_payment_cancelled_while_pending_does_not_succeed_later(provider: SandboxProvider, books: Books) -> None:
    slow, quick = an_attempt("tok_async_success:100ms"), an_attempt("tok_async_success:300ms")
    reference = paid(await provider.create(slow)).reference
    assert paid(await provider.cancel(reference, "cancel-" + slow.attempt_key)).status is ProviderStatus.CANCELLED
    paid(await provider.create(quick))
    # The later one has had its turn, so the cancelled one would have had its own.
    await _becomes(provider, quick.attempt_key, ProviderStatus.CAPTURED)
    assert paid(await provider.find(slow.attempt_key)).status is ProviderStatus.CANCELLED
    assert (await books(slow.attempt_key))["captured"] == 0


async def test_duplicate_webhooks_are_the_same_event_three_times(provider: SandboxProvider, receiver: Receiver) -> None:
    box = receiver.box()
    paid(await provider.create(an_attempt("tok_duplicate_webhooks", webhook_url=box)))
    told = await _told(provider, receiver, box, 6)
    assert [paid(one.payment).version for one in told] == [1, 1, 1, 2, 2, 2]
    assert len({one.notification_id for one in told}) == 2


async def test_out_of_order_webhooks_come_newest_first(provider: SandboxProvider, receiver: Receiver) -> None:
    box = receiver.box()
    paid(await provider.create(an_attempt("tok_out_of_order_webhooks:400ms", webhook_url=box)))
    told = await _told(provider, receiver, box, 3)
    assert [paid(one.payment).version for one in told] == [3, 2, 1]


async def test_a_lost_webhook_is_never_sent_though_the_money_was_taken(
    provider: SandboxProvider, receiver: Receiver, books: Books
) -> None:
    lost, told = receiver.box(), receiver.box()
    request = an_attempt("tok_lost_webhook", webhook_url=lost)
    assert paid(await provider.create(request)).status is ProviderStatus.PENDING
    await _becomes(provider, request.attempt_key, ProviderStatus.CAPTURED)
    paid(await provider.create(an_attempt("tok_success", webhook_url=told)))
    await receiver.wait(told, 2)
    assert await receiver.wait(lost, 0) == []
    assert (await books(request.attempt_key))["captured"] == 4_990


async def test_a_timeout_after_charging_is_unknown_then_found_then_answered(
    sandbox: SandboxProcess, client: httpx2.AsyncClient, provider: SandboxProvider, books: Books
) -> None:
    request = an_attempt("tok_timeout_after_charge")
    hasty = SandboxProvider(client, sandbox.values(total_seconds=0.5))
    assert await hasty.create(request) == Unknown(reason="no answer in time")

    async def charged() -> bool:
        return (await books(request.attempt_key)).get("charges") == 1

    await until(charged)
    found = await provider.find(request.attempt_key)
    assert paid(found).status is ProviderStatus.CAPTURED
    assert await provider.create(request) == found
    assert (await books(request.attempt_key))["charges"] == 1


@pytest.mark.parametrize("token", ["tok_reset_after_charge", "tok_server_error_after_charge"])
async def test_a_broken_answer_after_charging_is_unknown_and_asking_again_charges_no_more(
    provider: SandboxProvider, books: Books, token: str
) -> None:
    request = an_attempt(token)
    assert isinstance(await provider.create(request), Unknown)
    assert paid(await provider.create(request)).status is ProviderStatus.CAPTURED
    assert (await books(request.attempt_key))["charges"] == 1


async def test_a_server_error_is_unknown_each_time_and_leaves_nothing(provider: SandboxProvider) -> None:
    request = an_attempt("tok_server_error")
    for _ in range(2):
        assert await provider.create(request) == Unknown(reason="the provider answered 500")
    assert await provider.find(request.attempt_key) is None


async def test_a_refused_refund_is_declined_and_gives_nothing_back(provider: SandboxProvider, books: Books) -> None:
    request = an_attempt("tok_refund_refused")
    payment = paid(await provider.create(request))
    answer = await provider.refund(payment.reference, eur(1), "refund-" + request.attempt_key)
    assert isinstance(answer, Declined)
    assert answer.code == "refund_refused"
    assert (await books(request.attempt_key))["refunded"] == 0


async def test_a_dispute_names_its_amount_and_deadline_and_stops_refunds(provider: SandboxProvider, receiver: Receiver) -> None:
    box = receiver.box()
    payment = paid(await provider.create(an_attempt("tok_dispute:50ms", webhook_url=box)))
    told = await _told(provider, receiver, box, 3)
    dispute = paid(told[2].payment).dispute
    assert dispute is not None
    assert (told[2].kind, dispute.amount, dispute.status) == ("dispute.opened", eur(4_990), DisputeStatus.OPEN)
    assert (dispute.respond_by - told[2].occurred_at).days == 7
    refused = await provider.refund(payment.reference, eur(1), "refund-" + payment.attempt_key)
    assert isinstance(refused, Declined)
    assert refused.code == "disputed"


@pytest.mark.parametrize("ending", [("tok_dispute_won", DisputeStatus.WON, 0), ("tok_dispute_lost", DisputeStatus.LOST, 4_990)])
async def test_a_dispute_ends_won_or_lost(
    provider: SandboxProvider,
    receiver: Receiver,
    books: Books,
    ending: tuple[str, DisputeStatus, int],
) -> None:
    token, status, lost = ending
    box = receiver.box()
    request = an_attempt(f"{token}:50ms", webhook_url=box)
    paid(await provider.create(request))
    told = await _told(provider, receiver, box, 4)
    disputes = [paid(one.payment).dispute for one in told]
    assert [each.status for each in disputes if each is not None] == [DisputeStatus.OPEN, status]
    assert (await books(request.attempt_key))["lost"] == lost


async def test_an_unknown_token_is_declined_and_keeps_nothing(provider: SandboxProvider) -> None:
    request = an_attempt("tok_free_lunch")
    answer = await provider.create(request)
    assert isinstance(answer, Declined)
    assert answer.code == "unknown_method"
    assert await provider.find(request.attempt_key) is None


async def test_the_index_page_explains_every_token(sandbox: SandboxProcess, client: httpx2.AsyncClient) -> None:
    page = (await client.get(sandbox.url)).text
    assert all(f"<code>{token}</code>" in page and scenario.story in page for token, scenario in SCENARIOS.items())
