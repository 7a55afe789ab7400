"""Messages that failed are sent again: by themselves while the mail server is away, and by staff when they were given up."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from domain.ids import NoticeId
from domain.notices.flows import deliver_due
from domain.notices.model import Delivery
from domain.notices.provider import NotAccepted
from domain.viewer import Permission
from gateways.mail.smtp import SmtpPost, mail_server
from persistence.unit import Transactions
from schema.ids import global_id
from tests.makers.people import a_staff_token
from tests.notices.test_api import a_letter
from tests.notices.test_delivery import a_notice
from tests.shop import Shop
from tests.workers.conftest import Place
from tests.workers.tools import Pigeons
from tests.workers.world import rows

RESEND = """mutation($input: MessageResendInput!) { messageResend(input: $input) {
    notice { state attempts messageId failure isParked nextAttemptAt } userErrors { code message path } } }"""
QUEUED = "SELECT count(*) FROM outbox_event WHERE kind = 'NoticeQueued' AND aggregate_id = $1"


async def test_letters_written_while_the_mail_server_is_away_arrive_once_it_is_back_and_once_each(place: Place) -> None:
    written = {f"<{await a_notice(place)}@vitrine.example>" for _ in range(6)}
    post = SmtpPost(mail_server(place.sink.url), sender="Vitrine <shop@vitrine.example>")
    patient = Delivery(pause_seconds=0, pause_seconds_max=0)
    await place.sink.stop()
    for _ in range(8):
        assert await deliver_due(place.transact, post, delivery=patient) == 1
    await place.sink.start()
    place.sink.greeting = "421 not yet"
    assert await deliver_due(place.transact, post, delivery=patient) == 1
    place.sink.greeting = "220 here I am"
    await asyncio.gather(*(deliver_due(place.transact, post, delivery=patient) for _ in range(3)))
    assert sorted(place.sink.ids()) == sorted(written)
    assert await rows(place.database_url, "SELECT DISTINCT state, failure FROM notice") == [("SENT", None)]


async def resends(shop: Shop, notice_id: UUID, token: str, *, key: str | None = None, force: bool = False) -> dict[str, Any]:
    said = {"id": global_id("Notice", notice_id), "force": force}
    answer: dict[str, Any] = (await shop.data(RESEND, {"input": said}, token=token, key=key))["messageResend"]
    return answer


async def test_a_letter_that_was_given_up_is_sent_again_as_itself_and_once_under_a_key(shop: Shop) -> None:
    token = await a_staff_token(shop, *Permission)
    notice_id = await a_letter(shop)
    message_id = f"<{notice_id}@vitrine.example>"
    await shop.rows.execute("UPDATE notice SET state = 'DEAD', attempts = 12, failure = '550 gone' WHERE id = $1", notice_id)
    answers = [await resends(shop, notice_id, token, key=f"resend-{notice_id}") for _ in range(2)]
    assert answers[0]["userErrors"] == []
    assert answers[0] == answers[1]
    assert (answers[0]["notice"]["state"], answers[0]["notice"]["isParked"]) == ("QUEUED", False)
    assert (answers[0]["notice"]["attempts"], answers[0]["notice"]["messageId"]) == (12, message_id)
    assert await shop.rows.fetchval(QUEUED, notice_id) == 2

    # It has all its tries again, and they go on being numbered.
    transact = Transactions(shop.api.database, published=lambda _topics: None)
    pigeons = Pigeons(answers=[NotAccepted("busy")])
    while await shop.rows.fetchval("SELECT state <> 'SENT' FROM notice WHERE id = $1", notice_id):
        await deliver_due(transact, pigeons, delivery=Delivery(pause_seconds=0, pause_seconds_max=0))
    ours = [each for each in pigeons.carried if each.id == NoticeId(notice_id)]
    assert {each.message_id for each in ours} == {message_id}
    assert [(each.fence, each.tries) for each in ours] in ([(13, 1)], [(13, 1), (14, 2)])


@pytest.mark.parametrize(
    ("standing", "may", "may_by_force"),
    [
        ("state = 'DEAD', attempts = 12", True, True),
        ("state = 'QUEUED', attempts = 3", False, True),
        ("state = 'SENDING', attempts = 1", False, False),
        ("state = 'SENT', attempts = 1, sent_at = now()", False, True),
        ("state = 'DEAD', attempts = 1, is_unsure = true, medium = 'SMS', recipient = '+4915112345678'", False, True),
        (
            "state = 'SENT', receipt = 'UNDELIVERED', receipt_at = now(), medium = 'SMS', recipient = '+4915112345678'",
            True,
            True,
        ),
        (
            "state = 'SENT', receipt = 'DELIVERED', receipt_at = now(), medium = 'SMS', recipient = '+4915112345678'",
            False,
            True,
        ),
        ("state = 'DEAD', recipient = '', failure = 'erased'", False, False),
        ("state = 'WITHHELD'", False, False),
    ],
)
async def test_what_may_have_arrived_is_only_sent_again_when_that_is_said(
    shop: Shop, standing: str, may: bool, may_by_force: bool
) -> None:
    token = await a_staff_token(shop, *Permission)
    for force, expected in ((False, may), (True, may_by_force)):
        notice_id = await a_letter(shop)
        await shop.rows.execute(f"UPDATE notice SET {standing} WHERE id = $1", notice_id)
        answer = await resends(shop, notice_id, token, force=force)
        refusal = [(each["code"], each["path"]) for each in answer["userErrors"]]
        assert refusal == ([] if expected else [("MESSAGE_NOT_RESENDABLE", ["input", "id"])])
        assert await shop.rows.fetchval(QUEUED, notice_id) == 1 + expected
        row = await shop.rows.fetchrow("SELECT state, is_unsure, receipt, sent_at FROM notice WHERE id = $1", notice_id)
        assert not expected or tuple(row or ()) == ("QUEUED", False, None, None)
        await shop.rows.execute("UPDATE notice SET state = 'DEAD', receipt = NULL, receipt_at = NULL WHERE id = $1", notice_id)


async def test_what_was_given_up_is_counted_where_the_shop_is_watched(shop: Shop) -> None:
    async def parked() -> float:
        page = (await shop.client.get("/metrics")).text
        return float(next(line for line in page.splitlines() if line.startswith("vitrine_messages_parked ")).split()[1])

    before, notice_id = await parked(), await a_letter(shop)
    await shop.rows.execute("UPDATE notice SET state = 'DEAD' WHERE id = $1", notice_id)
    assert await parked() == before + 1
    await resends(shop, notice_id, await a_staff_token(shop, *Permission))
    assert await parked() == before


async def test_of_two_who_send_the_same_message_again_at_once_one_is_told(shop: Shop) -> None:
    token = await a_staff_token(shop, *Permission)
    notice_id = await a_letter(shop)
    await shop.rows.execute("UPDATE notice SET state = 'DEAD', attempts = 12 WHERE id = $1", notice_id)
    both = await asyncio.gather(*(resends(shop, notice_id, token) for _ in range(2)))
    assert sorted(len(each["userErrors"]) for each in both) == [0, 1]
    assert await shop.rows.fetchval(QUEUED, notice_id) == 2


async def test_sending_again_takes_the_permission_and_a_message_that_is_there(shop: Shop) -> None:
    notice_id = await a_letter(shop)
    said = {"input": {"id": global_id("Notice", notice_id)}}
    for token in (None, await a_staff_token(shop, Permission.READ_NOTICES)):
        refused = await shop.ask(RESEND, said, token=token)
        assert refused["errors"][0]["extensions"]["code"] in {"UNAUTHENTICATED", "PERMISSION_DENIED"}
    token = await a_staff_token(shop, *Permission)
    for unknown in (global_id("Order", notice_id), "nonsense"):
        answer = (await shop.data(RESEND, {"input": {"id": unknown}}, token=token))["messageResend"]
        assert [each["code"] for each in answer["userErrors"]] == ["NOT_FOUND"]
