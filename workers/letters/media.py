"""One carrier for all media: each message goes to the carrier of its own."""

from __future__ import annotations

from domain.notices.model import Letter, Medium
from domain.notices.provider import Accepted, NotAccepted, Post


class MediaPost:
    """`domain.notices.provider.Post` before a mail server and a carrier of text messages, if there is one."""

    def __init__(self, *, mail: Post, sms: Post | None) -> None:
        self._posts = {Medium.EMAIL: mail, Medium.SMS: sms}

    async def send(self, letter: Letter) -> Accepted | NotAccepted:
        """See the port. What nobody carries any more waits, for a carrier may be set up again."""
        post = self._posts[letter.medium]
        if post is None:
            return NotAccepted("nobody carries text messages: SMS_PROVIDER is not set", may_be_taken=letter.is_unsure)
        return await post.send(letter)
