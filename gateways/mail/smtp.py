"""Mail by SMTP (RFC 5321) through the shop's own mail server; `domain.notices.provider.Post` made true."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import SMTPException, SMTPRecipientsRefused

from domain.notices.model import Letter
from domain.notices.provider import Accepted, NotAccepted
from gateways.mail.message import message_of

SEND_SECONDS = 15.0
"""How long a whole sending may take; the lease of a message is longer."""
_COMMAND_SECONDS = 10.0
_PORTS = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where and how mail is handed over. With credentials the connection is encrypted, or the server is this machine."""

    host: str
    port: int
    username: str | None
    password: str | None
    is_tls: bool

    @property
    def starts_tls(self) -> bool | None:
        """Whether to ask for encryption (STARTTLS): always before a password leaves this machine, else when it is offered."""
        if self.is_tls:
            return False
        return True if self.username is not None and not _is_here(self.host) else None


def mail_server(url: str) -> MailServer:
    """The server of a URL: smtp://user:password@host:587, or smtps:// where TLS comes first. ValueError for any other."""
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("SMTP_URL has the form smtp://user:password@host:587 or smtps://user:password@host:465")
    return MailServer(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        is_tls=parts.scheme == "smtps",
    )


class SmtpPost:
    """Hands letters to a mail server, a connection each. `sender`: the address mail comes from."""

    def __init__(self, server: MailServer, *, sender: str) -> None:
        self._server = server
        self._sender = sender

    async def send(self, letter: Letter) -> Accepted | NotAccepted:
        """See the port. Final is only what the server says of the recipient for good (5xx): all else may be put right."""
        try:
            message = message_of(letter, sender=self._sender)
        except ValueError as unsendable:
            return NotAccepted(str(unsendable), is_final=True)
        is_taken = False
        try:
            async with asyncio.timeout(SEND_SECONDS), self._client() as client:
                await client.send_message(message)
                is_taken = True
        except SMTPRecipientsRefused as refused:
            answers = refused.recipients
            return NotAccepted(
                "; ".join(f"{each.code} {each.message}" for each in answers),
                is_final=all(500 <= each.code < 600 for each in answers),
            )
        except (OSError, SMTPException, TimeoutError, ValueError) as trouble:
            # What goes wrong after the server's word, in taking leave, does not take the word back.
            return Accepted() if is_taken else NotAccepted(f"{type(trouble).__name__}: {trouble}")
        return Accepted()

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            use_tls=server.is_tls,
            start_tls=server.starts_tls,
            timeout=_COMMAND_SECONDS,
            # Never looked up: that would block the event loop.
            local_hostname=parseaddr(self._sender)[1].rpartition("@")[2] or "localhost",
        )


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
