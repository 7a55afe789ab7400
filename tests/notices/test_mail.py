"""Mail: to a server that speaks SMTP, and to files; headers that nothing can be smuggled into."""

from __future__ import annotations

import email
from dataclasses import replace
from datetime import UTC, datetime
from email.policy import default
from pathlib import Path

import pytest

from domain.ids import NoticeId, new_id
from domain.notices.model import Letter, NoticeKind
from domain.notices.provider import Accepted, NotAccepted
from gateways.mail.files import FilePost
from gateways.mail.message import message_of
from gateways.mail.smtp import MailServer, SmtpPost, mail_server
from tests.workers.smtp_sink import SmtpSink

SENDER = "Vitrine <shop@vitrine.example>"
LETTER = Letter(
    kind=NoticeKind.ORDER_CONFIRMED,
    id=NoticeId(new_id()),
    fence=1,
    recipient="ada@example.com",
    language="de",
    subject="Vitrine: Ihre Bestellung über 94,90 €",
    text="Guten Tag\n.\nEin Punkt allein endet nichts.\n",
    html="<p>Guten Tag</p>",
    message_id="<1@vitrine.example>",
    created_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    claimed_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
)


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_a_letter_arrives_whole(sink: SmtpSink) -> None:
    assert await SmtpPost(mail_server(sink.url), sender=SENDER).send(LETTER) == Accepted()
    [message] = sink.taken
    assert sink.recipients == ["ada@example.com"]
    assert message["From"] == SENDER
    assert message["Subject"] == LETTER.subject
    assert message["Message-ID"] == "<1@vitrine.example>"
    assert message["Date"] == "Sun, 01 Mar 2026 12:00:00 +0000"
    assert message["Content-Language"] == "de"
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().splitlines() == LETTER.text.splitlines()
    assert html.get_content().strip() == LETTER.html


async def test_a_recipient_refused_for_good_is_final_and_one_refused_for_now_is_not(sink: SmtpSink) -> None:
    post = SmtpPost(mail_server(sink.url), sender=SENDER)
    sink.refuses["ada@example.com"] = "550 no such mailbox"
    assert await post.send(LETTER) == NotAccepted("550 no such mailbox", is_final=True)
    sink.refuses["ada@example.com"] = "451 come back later"
    assert await post.send(LETTER) == NotAccepted("451 come back later", is_final=False)
    assert sink.taken == []


async def test_a_server_that_is_busy_or_away_is_told_as_such_and_never_final(sink: SmtpSink) -> None:
    post = SmtpPost(mail_server(sink.url), sender=SENDER)
    sink.greeting = "421 too busy"
    busy = await post.send(LETTER)
    await sink.stop()
    away = await post.send(LETTER)
    await sink.start()
    assert isinstance(busy, NotAccepted)
    assert isinstance(away, NotAccepted)
    assert not busy.is_final
    assert not away.is_final


@pytest.mark.parametrize(
    "letter",
    [
        replace(LETTER, subject="Hello\r\nBcc: everybody@example.com"),
        replace(LETTER, language="de\r\nBcc: everybody@example.com"),
    ],
)
def test_a_line_break_in_a_text_is_no_header(letter: Letter) -> None:
    message = message_of(letter, sender=SENDER)
    assert message["Bcc"] is None
    assert b"\nBcc:" not in message.as_bytes()


@pytest.mark.parametrize(
    "recipient", ["", "nobody", "a@b.example, c@d.example", "a@b.example\r\nBcc: c@d.example", "a b@c.example"]
)
async def test_what_is_no_single_address_is_not_written_to(recipient: str, sink: SmtpSink, tmp_path: Path) -> None:
    for post in (SmtpPost(mail_server(sink.url), sender=SENDER), FilePost(tmp_path / "mail", sender=SENDER)):
        outcome = await post.send(replace(LETTER, recipient=recipient))
        assert isinstance(outcome, NotAccepted)
        assert outcome.is_final
    assert sink.connections == 0
    assert files_in(tmp_path) == []


async def test_a_letter_sent_twice_is_one_file(tmp_path: Path) -> None:
    post = FilePost(tmp_path / "mail", sender=SENDER)
    assert await post.send(LETTER) == Accepted()
    assert await post.send(replace(LETTER, fence=2)) == Accepted()
    [file] = files_in(tmp_path / "mail")
    message = email.message_from_bytes(file.read_bytes(), policy=default)
    assert message["Message-ID"] == "<1@vitrine.example>"


async def test_a_folder_that_cannot_be_written_is_a_failed_try(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    outcome = await FilePost(tmp_path / "mail", sender=SENDER).send(LETTER)
    assert isinstance(outcome, NotAccepted)
    assert not outcome.is_final


def test_a_password_never_leaves_this_machine_in_the_clear() -> None:
    assert mail_server("smtp://user:p%40ss@mail.example") == MailServer(
        host="mail.example", port=587, username="user", password="p@ss", is_tls=False
    )
    assert mail_server("smtp://user:pass@mail.example").starts_tls is True
    assert mail_server("smtps://user:pass@mail.example").starts_tls is False
    assert mail_server("smtps://user:pass@mail.example").is_tls is True
    assert mail_server("smtp://user:pass@127.0.0.1:1025").starts_tls is None
    assert mail_server("smtp://mail.example:25").starts_tls is None
    for wrong in ("http://mail.example", "smtp://", "mail.example:25"):
        with pytest.raises(ValueError, match="SMTP_URL"):
            mail_server(wrong)
