"""What messages need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from domain.ids import NoticeId, OrderId
from domain.notices.model import (
    AccountFacts,
    Delivery,
    Letter,
    Medium,
    NewNotice,
    OrderFacts,
    ShopFacts,
    TemplateKey,
    Wording,
)
from domain.notices.provider import NotAccepted


class NoticesStore(Protocol):
    """Notices, inside one transaction. Time is the database's, so that machines whose clocks differ agree on what is due."""

    async def queue(self, notice: NewNotice) -> bool:
        """Keeps a message to be sent; False when its cause has one already."""

    async def claim(self, notice_id: NoticeId, delivery: Delivery) -> Letter | None:
        """Takes one message for sending when it is due and not being sent; None otherwise. Locks its row."""

    async def claim_next(self, medium: Medium, delivery: Delivery) -> Letter | None:
        """Takes the message of a medium that has been due longest, passing over what others have locked. Locks its row."""

    async def bury_exhausted(self, delivery: Delivery) -> int:
        """Gives up on messages whose last try never told its outcome; how many."""

    async def record_sent(self, notice_id: NoticeId, *, fence: int, reference: str) -> bool:
        """Marks a message as sent; False when a later try has begun or ended it. Locks its row."""

    async def record_failure(self, notice_id: NoticeId, *, fence: int, failure: NotAccepted, pause_seconds: int | None) -> bool:
        """Notes why a try failed and when the next is due, or that there is none (None). False as for `record_sent`."""

    async def wording(self, key: TemplateKey) -> Wording | None:
        """What staff has put in place of the words that come with the shop; None when nothing. Locks nothing."""

    async def template_version(self, key: TemplateKey) -> int:
        """How often a template was changed. Locks its row, if it has one."""

    async def put_template(self, key: TemplateKey, wording: Wording | None, *, expected: int) -> bool:
        """Keeps words, or that there are none (None); False when its version is not the expected one."""

    async def count_causes(self, prefix: str) -> int:
        """How many messages of the last two minutes have a cause that begins so."""

    async def account_facts(self, account_id: UUID) -> AccountFacts | None:
        """What letters tell of an account that may log in, a customer's or staff's; locks nothing."""

    async def shop_facts(self) -> ShopFacts:
        """What letters to staff tell of the shop; locks nothing."""

    async def order_facts(self, order_id: OrderId) -> OrderFacts | None:
        """What letters tell of an order; locks nothing."""
