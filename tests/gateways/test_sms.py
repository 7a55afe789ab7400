"""Carriers of text messages: what they are told, what becomes of it, and that nothing is sent twice that may have arrived."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from domain.ids import NoticeId, new_id
from domain.notices.model import Letter, Medium, NoticeKind, Receipt, Report
from domain.notices.provider import Accepted, NotAccepted, ReportRefused, SmsCarrier
from gateways.refusal import CannotStart
from gateways.settings import load_settings
from gateways.sms.africastalking import AfricasTalking, AfricasTalkingValues
from gateways.sms.configured import sms_carrier
from gateways.sms.files import FileSms
from gateways.sms.http import SmsLine, sms_client
from gateways.sms.twilio import Twilio, TwilioValues
from tests.gateways.fakes import africastalking, twilio
from tests.gateways.fakes.africastalking import FakeAfricasTalking
from tests.gateways.fakes.serving import Fault, serving
from tests.gateways.fakes.twilio import FakeTwilio, signed

REPORTS = "https://api.shop.example/webhooks/sms/twilio"
TEXT = "Vitrine: your order 1001 is on its way. 5 € & more = 100%"


def a_text(recipient: str = "+4915112345678", text: str = TEXT) -> Letter:
    now = datetime.now(UTC)
    notice_id = NoticeId(new_id())
    return Letter(
        id=notice_id, kind=NoticeKind.ORDER_SHIPPED, fence=1, recipient=recipient, language="en", subject="", text=text, html="",
        message_id=f"<{notice_id}@vitrine.example>", created_at=now, claimed_at=now, medium=Medium.SMS,
    )  # fmt: skip


@dataclass
class Desk:
    """A carrier and the fake that it talks to."""

    carrier: SmsCarrier
    fake: FakeTwilio | FakeAfricasTalking
    url: str
    line: SmsLine


def values_at(url: str, *, key: str = "", sender: str = "") -> TwilioValues:
    return TwilioValues(
        account_sid=twilio.ACCOUNT,
        auth_tokens=(key or twilio.TOKEN, "the token before"),
        sender=sender or twilio.SENDER,
        report_url=REPORTS,
        url=url,
    )


@asynccontextmanager
async def a_desk(name: str, *, key: str = "", sender: str = "") -> AsyncIterator[Desk]:
    fake: FakeTwilio | FakeAfricasTalking = FakeTwilio() if name == "twilio" else FakeAfricasTalking()
    async with serving(fake.app) as url, sms_client() as client:
        line = SmsLine(client, call_seconds=0.5)
        made: SmsCarrier
        if name == "twilio":
            made = Twilio(line, values_at(url, key=key, sender=sender))
        else:
            made = AfricasTalking(
                line,
                AfricasTalkingValues(
                    username=africastalking.USERNAME,
                    api_key=key or africastalking.API_KEY,
                    sender=sender or africastalking.SENDER,
                    report_secrets=(africastalking.SECRET,),
                    url=url,
                ),
            )
        yield Desk(made, fake, url, line)


BOTH = pytest.mark.parametrize("name", ["twilio", "africastalking"])


@BOTH
async def test_a_text_arrives_as_it_was_written(name: str) -> None:
    async with a_desk(name) as desk:
        letter = a_text()
        outcome = await desk.carrier.send(letter)
        [message] = desk.fake.messages
        assert (message["to"], message["body"]) == ("+4915112345678", TEXT)
        assert outcome == Accepted(reference=message.get("sid") or message["id"])
        if isinstance(desk.fake, FakeTwilio):
            assert desk.fake.callbacks[message["sid"]] == f"{REPORTS}?message={letter.id}&try=1"
            out_of_reach = Twilio(desk.line, replace(values_at(desk.url), report_url=""))
            assert isinstance(await out_of_reach.send(a_text()), Accepted)
            assert desk.fake.callbacks[desk.fake.messages[-1]["sid"]] == ""


@BOTH
async def test_what_is_no_e164_number_is_refused_for_good_and_nobody_is_asked(name: str) -> None:
    async with a_desk(name) as desk:
        for recipient in ("015112345678", "4915112345678", "+49 151 12345678", "+4915112345678,+4915112345679", "", "12345"):
            for number in (recipient, f"{recipient}\n", f"{recipient}\r\nTo: x"):
                outcome = await desk.carrier.send(a_text(number))
                assert isinstance(outcome, NotAccepted)
                assert (outcome.is_final, outcome.may_be_taken) == (True, False)
        outcome = await desk.carrier.send(a_text("+4915112345678\n"))
        assert isinstance(outcome, NotAccepted)
        assert desk.fake.requests == 0


@BOTH
async def test_what_a_carrier_refuses_was_not_sent_and_only_what_no_try_mends_is_final(name: str) -> None:
    told: list[tuple[bool, bool]] = []
    async with a_desk(name) as desk:
        numbers = (twilio.STOPPED, twilio.BUSY) if name == "twilio" else (africastalking.STOPPED, africastalking.BROKE)
        for number in numbers:
            outcome = await desk.carrier.send(a_text(number))
            assert isinstance(outcome, NotAccepted)
            told.append((outcome.is_final, outcome.may_be_taken))
        assert desk.fake.messages == []
    async with a_desk(name, key="wrong") as desk:
        locked_out = await desk.carrier.send(a_text())
    async with a_desk(name, sender="+15005550001" if name == "twilio" else "NOBODY") as desk:
        stranger = await desk.carrier.send(a_text())
    for outcome in (locked_out, stranger):
        assert isinstance(outcome, NotAccepted)
        told.append((outcome.is_final, outcome.may_be_taken))
    assert told == [(True, False), (False, False), (False, False), (False, False)]


@pytest.mark.parametrize("fault", [Fault.LOST_AFTER, Fault.BROKEN_AFTER, Fault.DOWN])
async def test_after_an_answer_that_was_lost_twilio_is_asked_first_and_sends_once(fault: Fault) -> None:
    async with a_desk("twilio") as desk:
        letter = a_text()
        await desk.carrier.send(replace(a_text(), text="another text to the same number"))
        desk.fake.backstage.faults.append(fault)
        outcome = await desk.carrier.send(letter)
        assert isinstance(outcome, NotAccepted)
        assert (outcome.is_final, outcome.may_be_taken) == (False, True)
        again = await desk.carrier.send(replace(letter, fence=2, tries=2, is_unsure=True))
        [message] = [each for each in desk.fake.messages if each["body"] == TEXT]
        assert again == Accepted(reference=message["sid"])
        assert len(desk.fake.messages) == 2


async def test_an_older_text_that_says_the_same_is_not_taken_for_this_one() -> None:
    async with a_desk("twilio") as desk:
        await desk.carrier.send(a_text())
        [older] = desk.fake.messages
        older["date_created"] = "Sun, 01 Mar 2026 12:00:00 +0000"
        outcome = await desk.carrier.send(replace(a_text(), is_unsure=True))
        assert isinstance(outcome, Accepted)
        assert outcome.reference != older["sid"]


@pytest.mark.parametrize("fault", [Fault.LOST_AFTER, Fault.BROKEN_AFTER, Fault.DOWN])
async def test_a_carrier_that_cannot_be_asked_gets_no_second_try(fault: Fault) -> None:
    async with a_desk("africastalking") as desk:
        desk.fake.backstage.faults.append(fault)
        letter = a_text()
        first = await desk.carrier.send(letter)
        taken = len(desk.fake.messages)
        second = await desk.carrier.send(replace(letter, fence=2, is_unsure=True))
        for outcome in (first, second):
            assert isinstance(outcome, NotAccepted)
            assert (outcome.is_final, outcome.may_be_taken) == (True, True)
        assert len(desk.fake.messages) == taken <= 1


@BOTH
async def test_a_carrier_that_is_away_was_never_told_and_is_left_alone_after_five_tries(name: str) -> None:
    async with a_desk(name) as desk:
        pass
    async with sms_client() as client:
        line = SmsLine(client, call_seconds=0.5)
        outcomes = [await line.post(f"{desk.url}/x", {"to": "x"}, {}) for _ in range(6)]
    assert all(isinstance(each, NotAccepted) and not each.is_final and not each.may_be_taken for each in outcomes)
    assert [isinstance(each, NotAccepted) and "was not asked" in each.reason for each in outcomes] == [False] * 5 + [True]


async def test_twilios_callbacks_are_read_when_signed_for_our_address_with_any_of_our_tokens() -> None:
    async with a_desk("twilio") as desk:
        assert isinstance(desk.fake, FakeTwilio)
        letter = a_text()
        await desk.carrier.send(letter)
        sid = desk.fake.messages[0]["sid"]

        def read(url: str, body: bytes, headers: dict[str, str]) -> Report | None:
            return desk.carrier.read_report(body, headers, dict(parse_qsl(urlsplit(url).query)))

        delivered = Report(reference=sid, notice_id=letter.id, fence=1, receipt=Receipt.DELIVERED)
        assert read(*desk.fake.callback(sid, "delivered")) == delivered
        assert read(*desk.fake.callback(sid, "sent")) == replace(delivered, receipt=None)
        lost = replace(delivered, receipt=Receipt.UNDELIVERED, reason="undelivered: error 30003")
        assert read(*desk.fake.callback(sid, "undelivered", ErrorCode="30003")) == lost
        assert read(*desk.fake.callback(sid, "read")) is None
        url, body, headers = desk.fake.callback(sid, "delivered")
        form = dict(parse_qsl(body.decode()))
        assert read(url, body, signed(url, form, token="the token before")) == delivered
        other = url.replace(str(letter.id), str(new_id()))
        for forged in (
            (url, body, signed(url, form, token="guessed")),
            (url, body.replace(b"delivered", b"failed"), headers),
            (other, body, headers),
            (url, body, {}),
            (url, body, signed("https://evil.example/", form)),
        ):
            with pytest.raises(ReportRefused) as refused:
                read(*forged)
            assert refused.value.is_forged
        for broken in ((REPORTS, body, headers), (url, b"\xff", headers), (url, b"nonsense", headers)):
            with pytest.raises(ReportRefused) as refused:
                read(*broken)
            assert not refused.value.is_forged


async def test_africas_talkings_reports_are_read_when_their_address_has_our_secret() -> None:
    async with a_desk("africastalking") as desk:
        assert isinstance(desk.fake, FakeAfricasTalking)
        await desk.carrier.send(a_text())
        known = desk.fake.messages[0]["id"]
        ours = {"key": africastalking.SECRET}
        report = Report(reference=known, receipt=Receipt.DELIVERED)
        assert desk.carrier.read_report(desk.fake.report(known, "Success"), {}, ours) == report
        assert desk.carrier.read_report(desk.fake.report(known, "Buffered"), {}, ours) == replace(report, receipt=None)
        failed = desk.fake.report(known, "Failed", failureReason="AbsentSubscriber")
        lost = replace(report, receipt=Receipt.UNDELIVERED, reason="Failed: AbsentSubscriber")
        assert desk.carrier.read_report(failed, {}, ours) == lost
        for query in ({}, {"key": ""}, {"key": "guessed"}):
            with pytest.raises(ReportRefused) as refused:
                desk.carrier.read_report(failed, {}, query)
            assert refused.value.is_forged


async def test_in_development_texts_are_files_and_a_second_try_writes_the_same(tmp_path: Path) -> None:
    post = FileSms(tmp_path / "sms")
    letter = a_text()
    assert await post.send(letter) == await post.send(replace(letter, fence=2)) == Accepted(reference=f"sandbox-{letter.id}")
    [file] = (tmp_path / "sms").iterdir()
    assert file.read_text("utf-8") == f"To: +4915112345678\n\n{TEXT}\n"
    assert isinstance(await post.send(a_text("0151")), NotAccepted)
    with pytest.raises(ReportRefused):
        post.read_report(b"", {}, {})


async def test_settings_choose_the_carrier_whole_and_never_show_its_secrets(tmp_path: Path) -> None:
    whole = {
        "data_dir": tmp_path,
        "sms_provider": "twilio",
        "twilio_account_sid": twilio.ACCOUNT,
        "twilio_auth_tokens": "the-first-token,the-second-token",
        "twilio_from": twilio.SENDER,
    }
    async with sms_client() as client:
        settings = load_settings(env_file=None, **whole)
        made = sms_carrier(settings, client=client)
        assert isinstance(made, Twilio)
        assert "-token" not in repr(settings) + repr(vars(made))
        default = load_settings(env_file=None, data_dir=tmp_path)
        assert isinstance(sms_carrier(default, client=client), FileSms)
        off = load_settings(env_file=None, data_dir=tmp_path, sms_provider="none")
        assert sms_carrier(off, client=client) is None
    for missing in ("twilio_account_sid", "twilio_auth_tokens", "twilio_from"):
        with pytest.raises(CannotStart, match=missing.upper()):
            load_settings(env_file=None, **{name: value for name, value in whole.items() if name != missing})
    for wrong in ({"sms_provider": "pigeons"}, {"sms_provider": "africastalking"}, {"twilio_account_sid": "AC1"}):
        with pytest.raises(CannotStart):
            load_settings(env_file=None, data_dir=tmp_path, **wrong)
