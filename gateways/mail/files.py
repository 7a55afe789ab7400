"""Mail written to files, for development: one `.eml` a letter, which any mail program opens."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from domain.notices.model import Letter
from domain.notices.provider import Accepted, NotAccepted
from gateways.mail.message import message_of


class FilePost:
    """Writes letters into a folder, made when missing. A resend writes the same file again."""

    def __init__(self, folder: Path, *, sender: str) -> None:
        self._folder = folder
        self._sender = sender

    async def send(self, letter: Letter) -> Accepted | NotAccepted:
        """See the port."""
        try:
            content = message_of(letter, sender=self._sender).as_bytes()
            await asyncio.to_thread(written_whole, self._folder, f"{letter.created_at:%Y%m%dT%H%M%S}-{letter.id}.eml", content)
        except ValueError as unsendable:
            return NotAccepted(str(unsendable), is_final=True)
        except OSError as trouble:
            return NotAccepted(f"{type(trouble).__name__}: {trouble}")
        return Accepted()


def written_whole(folder: Path, name: str, content: bytes) -> None:
    """A file in a folder, made when missing: whole or not at all, so that a reader never sees half a message."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{name}.{os.getpid()}"
    draft.write_bytes(content)
    draft.replace(folder / name)
