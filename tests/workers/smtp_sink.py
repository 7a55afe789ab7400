"""A mail server for tests: speaks SMTP (RFC 5321) on a port of its own, keeps what it took, and fails as it is told."""

from __future__ import annotations

import asyncio
import contextlib
import email
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default

_PATH = re.compile(r"(?:FROM|TO):<([^>]*)>", re.IGNORECASE)


@dataclass
class SmtpSink:
    """What came, in order. `holds` keeps the answer to a taken message back; `refuses` maps recipients to answers."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0
    holds: bool = False
    refuses: dict[str, str] = field(default_factory=dict)
    greeting: str = "220 sink.test ESMTP"
    has_taken: asyncio.Event = field(default_factory=asyncio.Event)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def ids(self) -> list[str]:
        """The message ids of what came."""
        return [str(message["Message-ID"]) for message in self.taken]

    async def start(self) -> None:
        """Listens, on the port of before when there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Ends, dropping whoever is connected."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._talk(reader, writer)
        finally:
            self._open.discard(writer)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One conversation, a command and an answer at a time."""
        to: list[str] = []
        answer: str | None = self.greeting
        while answer is not None:
            writer.write(f"{answer}\r\n".encode())
            await writer.drain()
            line = (await reader.readuntil(b"\r\n")).decode().strip()
            if line.upper() == "DATA" and to:
                writer.write(b"354 go on\r\n")
                content = (await reader.readuntil(b"\r\n.\r\n"))[:-5]
                self._take(content.replace(b"\r\n..", b"\r\n."), to)
                if self.holds:
                    await reader.read()
                    return
                answer = "250 taken"
            else:
                answer = self._answer(line, to)

    def _answer(self, line: str, to: list[str]) -> str | None:
        """The answer to a command; None after the last."""
        match line.upper().partition(" ")[0]:
            case "EHLO" | "HELO":
                return "250-sink.test\r\n250-8BITMIME\r\n250 SMTPUTF8"
            case "MAIL" | "RSET":
                to.clear()
                return "250 ok"
            case "RCPT":
                found = _PATH.search(line)
                address = found.group(1) if found else ""
                if address not in self.refuses:
                    to.append(address)
                return self.refuses.get(address, "250 ok")
            case "NOOP":
                return "250 ok"
            case "QUIT":
                return None
            case _:
                return "503 not now"

    def _take(self, content: bytes, to: list[str]) -> None:
        message = email.message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append(message)
        self.recipients += to
        self.has_taken.set()


@contextlib.asynccontextmanager
async def smtp_sink() -> AsyncIterator[SmtpSink]:
    """A sink for as long as the block lasts."""
    sink = SmtpSink()
    await sink.start()
    try:
        yield sink
    finally:
        await sink.stop()
