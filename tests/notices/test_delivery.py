"""Sending letters: one outcome a try, pauses between tries, an end, and what a crash or a rival leaves."""

from __future__ import annotations

import asyncio
from typing import Any

from domain.ids import NoticeId, new_id
from domain.notices.actions import claim, claim_next, queue, record
from domain.notices.flows import deliver, deliver_due
from domain.notices.model import Delivery, NewNotice, NoticeKind
from domain.notices.provider import Accepted, NotAccepted
from tests.workers.conftest import Place
from tests.workers.tools import Pigeons
from tests.workers.world import eventually, rows

AT_ONCE = Delivery(attempts_max=3, lease_seconds=0, pause_seconds=0, pause_seconds_max=0)
STATE = "SELECT state, attempts, failure, sent_at IS NOT NULL FROM notice WHERE id = $1"


async def a_notice(place: Place, *, cause: str | None = None) -> NoticeId:
    notice_id = NoticeId(new_id())
    notice = NewNotice(
        id=notice_id,
        cause=cause or str(new_id()),
        kind=NoticeKind.WELCOME,
        recipient="ada@example.com",
        language="en",
        subject="Welcome",
        text="Welcome",
        html="<p>Welcome</p>",
        message_id=f"<{notice_id}@vitrine.example>",
        order_id=None,
    )
    await place.transact(queue, notice=notice)
    return notice_id


async def state_of(place: Place, notice_id: NoticeId) -> tuple[Any, ...]:
    [found] = await rows(place.database_url, STATE, notice_id)
    return found


async def test_a_second_letter_of_the_same_cause_is_never_made(place: Place) -> None:
    first = await a_notice(place, cause="task")
    await a_notice(place, cause="task")
    assert await rows(place.database_url, "SELECT id FROM notice") == [(first,)]
    assert await rows(place.database_url, "SELECT aggregate_id FROM outbox_event") == [(first,)]


async def test_a_letter_is_sent_once_however_many_try(place: Place) -> None:
    notice_id, pigeons = await a_notice(place), Pigeons()
    await asyncio.gather(*(deliver(place.transact, pigeons, notice_id=notice_id, delivery=Delivery()) for _ in range(10)))
    assert len(pigeons.carried) == 1
    assert await state_of(place, notice_id) == ("SENT", 1, None, True)


async def test_failed_tries_are_noted_and_the_last_ends_it(place: Place) -> None:
    notice_id = await a_notice(place)
    pigeons = Pigeons(answers=[NotAccepted(f"no {number}") for number in (1, 2, 3)])
    for number in (1, 2):
        assert await deliver_due(place.transact, pigeons, delivery=AT_ONCE) == 1
        assert await state_of(place, notice_id) == ("QUEUED", number, f"no {number}", False)
    assert await deliver_due(place.transact, pigeons, delivery=AT_ONCE) == 1
    assert await state_of(place, notice_id) == ("DEAD", 3, "no 3", False)
    assert await deliver_due(place.transact, pigeons, delivery=AT_ONCE) == 0
    assert len({letter.message_id for letter in pigeons.carried}) == 1


async def test_what_is_refused_for_good_is_not_tried_again(place: Place) -> None:
    notice_id = await a_notice(place)
    pigeons = Pigeons(answers=[NotAccepted("550 no such mailbox", is_final=True)])
    assert await deliver(place.transact, pigeons, notice_id=notice_id, delivery=AT_ONCE) is True
    assert await state_of(place, notice_id) == ("DEAD", 1, "550 no such mailbox", False)
    assert await deliver_due(place.transact, pigeons, delivery=AT_ONCE) == 0


async def test_between_tries_there_is_a_pause_and_after_a_claim_a_lease(place: Place) -> None:
    notice_id = await a_notice(place)
    pigeons = Pigeons(answers=[NotAccepted("busy")])
    patient = Delivery(pause_seconds=600)
    assert await deliver(place.transact, pigeons, notice_id=notice_id, delivery=patient) is False
    assert await deliver_due(place.transact, pigeons, delivery=patient) == 0
    assert await rows(
        place.database_url, "SELECT extract(epoch FROM next_attempt_at - now()) BETWEEN 500 AND 600 FROM notice"
    ) == [(True,)]

    claimed = await a_notice(place)
    assert await place.transact(claim, notice_id=claimed, delivery=Delivery(lease_seconds=600)) is not None
    assert await place.transact(claim, notice_id=claimed, delivery=Delivery()) is None
    assert await place.transact(claim_next, delivery=Delivery()) is None


def test_pauses_double_to_a_ceiling_and_then_end() -> None:
    delivery = Delivery(attempts_max=6, pause_seconds=15, pause_seconds_max=100)
    assert [delivery.pause_after(attempts) for attempts in range(1, 8)] == [15, 30, 60, 100, 100, None, None]


async def test_an_outcome_that_comes_after_a_later_try_began_counts_for_nothing(place: Place) -> None:
    notice_id = await a_notice(place)
    slow = await place.transact(claim, notice_id=notice_id, delivery=AT_ONCE)
    quick = await place.transact(claim, notice_id=notice_id, delivery=AT_ONCE)
    assert slow is not None
    assert quick is not None
    assert await place.transact(record, letter=quick, outcome=Accepted(), delivery=AT_ONCE) is True
    assert await place.transact(record, letter=slow, outcome=NotAccepted("too late"), delivery=AT_ONCE) is False
    assert await state_of(place, notice_id) == ("SENT", 2, None, True)


async def test_a_letter_whose_every_try_ended_in_a_crash_is_given_up(place: Place) -> None:
    notice_id = await a_notice(place)
    for _ in range(3):
        assert await place.transact(claim_next, delivery=AT_ONCE) is not None
    assert await place.transact(claim_next, delivery=AT_ONCE) is None
    assert await state_of(place, notice_id) == ("DEAD", 3, "tried too often without an outcome", False)


async def test_a_run_ends_at_the_first_sign_of_trouble_and_others_get_their_turn_later(place: Place) -> None:
    first, second = await a_notice(place), await a_notice(place)
    pigeons = Pigeons(answers=[NotAccepted("down")])
    patient = Delivery(pause_seconds=600)
    assert await deliver_due(place.transact, pigeons, delivery=patient) == 1
    assert await deliver_due(place.transact, pigeons, delivery=patient) == 1
    states = {(await state_of(place, each))[0] for each in (first, second)}
    assert states == {"QUEUED", "SENT"}


async def test_a_lease_that_ends_lets_the_next_try_begin(place: Place) -> None:
    notice_id = await a_notice(place)
    assert await place.transact(claim, notice_id=notice_id, delivery=Delivery(lease_seconds=1)) is not None
    pigeons = Pigeons()

    async def is_sent() -> bool:
        await deliver_due(place.transact, pigeons, delivery=Delivery())
        return bool((await state_of(place, notice_id))[0] == "SENT")

    await eventually(is_sent, "a second try")
    assert [letter.fence for letter in pigeons.carried] == [2]
