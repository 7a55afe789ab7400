"""Hands letters over with the secrets in them that nobody else is to see: what is kept and shown of a letter has slots."""

from __future__ import annotations

from dataclasses import replace

from domain.access.secrets import OneTimeSecrets, SlotUnknown
from domain.notices.model import Letter
from domain.notices.provider import Accepted, NotAccepted, Post


class FillingPost:
    """`domain.notices.provider.Post` before another one: fills the slots of one-time secrets."""

    def __init__(self, post: Post, secrets: OneTimeSecrets) -> None:
        self._post = post
        self._secrets = secrets

    async def send(self, letter: Letter) -> Accepted | NotAccepted:
        """See the port. A letter whose secret is lost with its key is never sent: another has to be asked for."""
        try:
            filled = replace(letter, text=self._secrets.filled(letter.text), html=self._secrets.filled(letter.html))
        except SlotUnknown:
            return NotAccepted("the key of its secret is gone", is_final=True)
        return await self._post.send(filled)
