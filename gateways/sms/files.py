"""Text messages written to files, for development: one a message, beside the letters."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from domain.notices.model import Letter, Report
from domain.notices.provider import Accepted, NotAccepted, ReportRefused
from gateways.mail.files import written_whole
from gateways.sms.numbers import not_a_number


class FileSms:
    """Writes messages into a folder, made when missing. Another try writes the same file again."""

    name = "sandbox"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, letter: Letter) -> Accepted | NotAccepted:
        """See the port."""
        if (problem := not_a_number(letter)) is not None:
            return problem
        name = f"{letter.created_at:%Y%m%dT%H%M%S}-{letter.id}.txt"
        content = f"To: {letter.recipient}\n\n{letter.text}\n".encode()
        try:
            await asyncio.to_thread(written_whole, self._folder, name, content)
        except OSError as trouble:
            return NotAccepted(f"{type(trouble).__name__}: {trouble}")
        return Accepted(reference=f"sandbox-{letter.id}")

    def read_report(self, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]) -> Report | None:
        """See the port. Files report nothing."""
        del body, headers, query
        raise ReportRefused("nobody reports", is_forged=True)
