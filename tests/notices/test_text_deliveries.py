"""How text messages are delivered: once, whatever carriers and workers do, and what is told of it later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from domain.notices.flows import deliver, deliver_due
from domain.notices.model import Delivery, Letter, Medium
from domain.notices.provider import Accepted, NotAccepted, Post
from domain.viewer import Permission
from gateways.settings import Settings
from gateways.sms.configured import sms_carrier
from gateways.sms.http import sms_client
from tests.conftest import Clone
from tests.gateways.fakes import twilio
from tests.gateways.fakes.serving import Fault, serving
from tests.gateways.fakes.twilio import FakeTwilio
from tests.makers.mail import Postman, a_postman
from tests.makers.people import a_staff_token
from tests.notices.test_sms import PHONE, buys
from tests.payments.till import raw_id
from tests.shop import Shop, open_shop
from workers.letters.media import MediaPost

AT_ONCE = Delivery(lease_seconds=0, pause_seconds=0, pause_seconds_max=0)
DELIVERIES = """query($where: MessageWhereInput) { messageDeliveries(where: $where) { totalCount nodes {
    id medium kind recipient state attempts failure isParked isUnsure reference receipt receiptAt nextAttemptAt messageId subject
    bodyText bodyHtml } } }"""


@dataclass(slots=True)
class Office:
    """A shop whose text messages Twilio carries, and its worker."""

    shop: Shop
    postman: Postman
    fake: FakeTwilio
    post: Post
    token: str

    async def tries(self, order: dict[str, Any], *, post: Post | None = None) -> None:
        """One try of the text about an order, if it is due."""
        known = await self.shop.rows.fetchval(
            "SELECT id FROM notice WHERE order_id = $1 AND medium = 'SMS'", raw_id(order["id"])
        )
        await deliver(self.postman.tools.transact, post or self.post, notice_id=known, delivery=AT_ONCE)

    async def written(self) -> dict[str, Any]:
        """A text message that waits."""
        shopper = self.shop.shopper()
        order = await buys(self.shop, shopper=shopper)
        await self.postman.works()
        return {**order, "email": shopper.email}

    async def shown(self, order: dict[str, Any]) -> dict[str, Any]:
        """The delivery of the text about an order."""
        where = {"orderId": order["id"], "medium": "SMS"}
        [found] = (await self.shop.data(DELIVERIES, {"where": where}, token=self.token))["messageDeliveries"]["nodes"]
        return dict(found)

    async def reports(self, sid: str, status: str, **more: str) -> tuple[int, str]:
        """What the API answers to a callback of Twilio's."""
        url, body, headers = self.fake.callback(sid, status, **more)
        parts = urlsplit(url)
        answer = await self.shop.client.post(f"{parts.path}?{parts.query}", content=body, headers=headers)
        return answer.status_code, answer.json()["code"]


@pytest.fixture(scope="module")
async def office(clone: Clone, settings_on: Callable[[str], Settings]) -> AsyncIterator[Office]:
    fake = FakeTwilio()
    async with serving(fake.app) as url, sms_client() as client:
        settings = settings_on(await clone()).model_copy(
            update={
                "sms_provider": "twilio",
                "twilio_account_sid": twilio.ACCOUNT,
                "twilio_auth_tokens": (SecretStr(twilio.TOKEN),),
                "twilio_from": twilio.SENDER,
                "twilio_url": url,
                "webhook_url": "https://hooks.shop.example",
            }
        )
        async with open_shop(settings) as shop, a_postman(shop) as postman:
            # Letters fly; texts are left to whoever sends them here, try by try.
            postman.tools.carrier.note(Medium.SMS, is_well=False)
            post = MediaPost(mail=postman.pigeons, sms=sms_carrier(settings, client=client))
            yield Office(shop, postman, fake, post, await a_staff_token(shop, *Permission))


async def test_a_text_goes_out_once_and_the_carriers_word_on_its_arrival_is_kept(office: Office) -> None:
    order = await office.written()
    waiting = await office.shown(order)
    assert (waiting["state"], waiting["attempts"], waiting["isParked"], waiting["receipt"]) == ("QUEUED", 0, False, None)
    await office.tries(order)
    sent = await office.shown(order)
    [message] = [each for each in office.fake.messages if each["body"] == sent["bodyText"]]
    assert (sent["state"], sent["reference"], sent["nextAttemptAt"]) == ("SENT", message["sid"], None)
    assert (sent["subject"], sent["bodyHtml"]) == ("", "")
    assert await office.reports(message["sid"], "sent") == (200, "KEPT")
    assert (await office.shown(order))["receipt"] is None
    assert await office.reports(message["sid"], "delivered") == (200, "KEPT")
    assert (await office.shown(order))["receipt"] == "DELIVERED"
    # Copies and what comes too late change nothing.
    assert await office.reports(message["sid"], "delivered") == (200, "IGNORED")
    assert await office.reports(message["sid"], "undelivered", ErrorCode="30003") == (200, "IGNORED")
    assert (await office.shown(order))["receipt"] == "DELIVERED"

    url, body, headers = office.fake.callback(message["sid"], "failed")
    path = f"{urlsplit(url).path}?{urlsplit(url).query}"
    post = office.shop.client.post
    assert (await post(path, content=body, headers={**headers, "x-twilio-signature": "forged"})).status_code == 403
    assert (await post(path, content=body + b"x" * 20_000, headers=headers)).status_code == 413
    assert (await post(path.replace("twilio", "africastalking"), content=body, headers=headers)).status_code == 404


@pytest.mark.parametrize("is_taken", [True, False])
async def test_a_try_that_nobody_answered_is_looked_up_before_the_next(office: Office, is_taken: bool) -> None:
    order = await office.written()
    office.fake.backstage.faults.append(Fault.BROKEN_AFTER if is_taken else Fault.DOWN)
    await office.tries(order)
    unsure = await office.shown(order)
    assert (unsure["state"], unsure["isUnsure"], unsure["attempts"]) == ("QUEUED", True, 1)
    assert unsure["nextAttemptAt"] is not None
    await office.tries(order)
    sent = await office.shown(order)
    assert (sent["state"], sent["isUnsure"], sent["failure"]) == ("SENT", False, None)
    assert [each["sid"] for each in office.fake.messages if each["body"] == sent["bodyText"]] == [sent["reference"]]


async def test_a_worker_killed_after_handing_a_text_over_sends_no_second_one(office: Office) -> None:
    order = await office.written()
    before = len(office.fake.messages)

    class Killed(BaseException):
        """The worker ends here."""

    @dataclass
    class Deadly:
        post: Post

        async def send(self, letter: Letter) -> Accepted | NotAccepted:
            await self.post.send(letter)
            raise Killed

    with pytest.raises(Killed):
        await office.tries(order, post=Deadly(office.post))
    assert (await office.shown(order))["state"] == "SENDING"
    # Two workers come upon it at once, when its lease is over.
    await asyncio.gather(office.tries(order), office.tries(order))
    sent = await office.shown(order)
    assert (sent["state"], len(office.fake.messages) - before) == ("SENT", 1)


async def test_a_callback_settles_a_try_whose_answer_was_lost_and_one_of_an_old_try_settles_nothing(office: Office) -> None:
    order = await office.written()
    office.fake.backstage.faults.append(Fault.BROKEN_AFTER)
    await office.tries(order)
    sid = office.fake.messages[-1]["sid"]
    assert await office.reports(sid, "delivered") == (200, "KEPT")
    settled = await office.shown(order)
    assert (settled["state"], settled["receipt"], settled["reference"], settled["isUnsure"]) == (
        "SENT",
        "DELIVERED",
        sid,
        False,
    )
    await office.tries(order)
    assert await office.shown(order) == settled

    resend = "mutation($id: ID!) { messageResend(input: { id: $id, force: true }) { notice { state } userErrors { code } } }"
    again = (await office.shop.data(resend, {"id": settled["id"]}, token=office.token))["messageResend"]
    assert again == {"notice": {"state": "QUEUED"}, "userErrors": []}
    assert await office.reports(sid, "undelivered") == (200, "IGNORED")
    assert (await office.shown(order))["state"] == "QUEUED"
    await office.tries(order)
    resent = await office.shown(order)
    assert (resent["state"], resent["attempts"], resent["messageId"]) == ("SENT", 2, settled["messageId"])
    assert resent["reference"] != sid


async def test_texts_and_letters_do_not_wait_for_one_another(office: Office) -> None:
    order = await office.written()
    transact, carried = office.postman.tools.transact, office.postman.pigeons.carried
    assert {(each.medium, each.recipient == order["email"]) for each in carried} >= {(Medium.EMAIL, True)}
    carried.clear()
    assert await deliver_due(transact, office.post, delivery=AT_ONCE, medium=Medium.EMAIL) == 0
    assert await deliver_due(transact, office.post, delivery=AT_ONCE, medium=Medium.SMS) > 0
    assert ((await office.shown(order))["state"], carried) == ("SENT", [])


async def test_what_is_asked_of_deliveries_is_what_is_shown(office: Office) -> None:
    order = await office.written()
    text = await office.shown(order)
    created = await office.shop.rows.fetchval(
        "SELECT created_at FROM notice WHERE order_id = $1 AND medium = 'SMS'", raw_id(order["id"])
    )
    second = timedelta(seconds=1)

    async def found(**where: Any) -> list[str]:
        page = await office.shop.data(DELIVERIES, {"where": {"orderId": order["id"], **where}}, token=office.token)
        assert page["messageDeliveries"]["totalCount"] == len(page["messageDeliveries"]["nodes"])
        return sorted(each["medium"] for each in page["messageDeliveries"]["nodes"])

    def at(moment: datetime) -> str:
        return moment.isoformat()

    about = {"event": "ORDER_CONFIRMED"}
    assert await found() == ["EMAIL", "EMAIL", "SMS"]
    for where, media in (
        (about, ["EMAIL", "SMS"]),
        ({**about, "medium": "EMAIL"}, ["EMAIL"]),
        ({"event": "STAFF_ORDER_PLACED"}, ["EMAIL"]),
        ({"state": "QUEUED"}, ["SMS"]),
        ({"state": "DEAD"}, []),
        ({"event": "REFUNDED"}, []),
        ({"recipient": PHONE, "state": "QUEUED", "medium": "SMS"}, ["SMS"]),
        ({"recipient": "somebody@else.example"}, []),
        ({"recipient": "a\x00b"}, []),
        ({"medium": "SMS", "createdFrom": at(created), "createdBefore": at(created + second)}, ["SMS"]),
        ({"medium": "SMS", "createdBefore": at(created)}, []),
        ({"medium": "SMS", "createdFrom": at(created + second)}, []),
        ({"orderId": text["id"]}, []),
    ):
        assert await found(**where) == media, where
