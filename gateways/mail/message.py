"""A letter as an Internet message (RFC 5322): text with an HTML alternative, and a message id that stays the same on a resend."""

from __future__ import annotations

from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime, parseaddr

from domain.notices.model import Letter


class _WholeHeader(UnstructuredHeader, BaseHeader):
    """An address on the web on one line: folded, the mail library would encode it, and no mail program would find it again."""

    def fold(self, *, policy: Policy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _WholeHeader)
_POLICY = SMTP.clone(header_factory=_HEADERS)


def message_of(letter: Letter, *, sender: str) -> EmailMessage:
    """The message. `sender` is an address with or without a name; ValueError when an address is none.

    Everything in it comes from the letter, the date included, so that two sendings of one letter are equal byte for byte.
    """
    message = EmailMessage(policy=_POLICY)
    message["From"] = _address(sender)
    message["To"] = _address(letter.recipient)
    message["Subject"] = _one_line(letter.subject)
    message["Date"] = format_datetime(letter.created_at)
    message["Message-ID"] = letter.message_id
    # No holiday reply to a machine (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    if letter.unsubscribe_url:
        # One press in the mail program (RFC 2369, section 3.2; RFC 8058).
        message["List-Unsubscribe"] = f"<{_one_line(letter.unsubscribe_url)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    # Quoted-printable, so that no server on the way needs to take eight bits.
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = _one_line(letter.language)
    message.set_boundary(f"vitrine-{letter.id.hex}")
    return message


def message_domain(sender: str) -> str:
    """What message ids end with: the domain of the address that mail comes from."""
    return parseaddr(sender)[1].rpartition("@")[2] or "localhost"


def _address(text: str) -> Address:
    # Checked before it is parsed: how much an odd address list gets away with differs between versions of Python.
    if text.count("@") != 1 or not text.isprintable():
        raise ValueError("this is no mail address")
    name, address = parseaddr(text)
    user, _, domain = address.rpartition("@")
    if not user or not domain or not address.isprintable() or " " in address:
        raise ValueError("this is no mail address")
    return Address(display_name=_one_line(name), username=user, domain=domain)


def _one_line(text: str) -> str:
    """Without line breaks and other controls, which would be a header of their own."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
