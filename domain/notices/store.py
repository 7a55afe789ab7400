"""What messages need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.ids import ChannelId, NoticeId, OrderId, VariantId
from domain.notices.model import (
    AccountFacts,
    Delivery,
    FulfilledWish,
    Letter,
    Medium,
    NewNotice,
    OrderFacts,
    Report,
    ShopFacts,
    Standing,
    StockWish,
    TemplateKey,
    Wording,
)
from domain.notices.preferences import Choice, QuietHours


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

    async def record_failure(
        self, notice_id: NoticeId, *, fence: int, reason: str, may_be_taken: bool, pause_seconds: int | None
    ) -> bool:
        """Notes why a try failed and when the next is due, or that there is none (None). False as for `record_sent`."""

    async def standing(self, notice_id: NoticeId) -> Standing | None:
        """Where a message stands; None when there is none. Locks its row."""

    async def send_again(self, notice_id: NoticeId) -> None:
        """Makes a message due at once, its tries counted anew. Under its lock."""

    async def record_report(self, report: Report) -> bool:
        """Notes what a carrier tells of a message; False when it is about none, or told before. Locks its row."""

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


class PreferencesStore(Protocol):
    """What people decline, when channels are quiet, and what that does to a message in hand; inside one transaction."""

    async def declines(self, address: str, choice: Choice) -> bool:
        """Whether the address wants none of these; spellings of one address are alike."""

    async def decline(self, address: str, choices: Sequence[Choice]) -> None:
        """Keeps that the address wants none of these; nothing the second time."""

    async def accept(self, address: str, choices: Sequence[Choice]) -> None:
        """The address wants these again."""

    async def carry_over(self, old: str, new: str) -> None:
        """What was declined at an old address is declined at the new one as well."""

    async def addressed(self, notice_id: NoticeId) -> tuple[str, Choice] | None:
        """To whom a message went and what it was; None when there is none, or nobody's any more."""

    async def quiet_hours(self, channel_id: UUID | None) -> QuietHours | None:
        """When the channel is quiet, or the default channel for None; None when it never is. Locks nothing."""

    async def set_quiet_hours(self, slug: str, quiet: QuietHours | None) -> ChannelId | None:
        """Says when the active channel is quiet, or that it never is; which one, None when there is none."""

    async def put_off(self, notice_id: NoticeId, *, fence: int, until: datetime) -> None:
        """Gives a claimed message back until then, as if it had not been tried. Locks its row."""

    async def withhold(self, notice_id: NoticeId, *, fence: int) -> None:
        """Ends a claimed message that its reader wants none of. Locks its row."""


class WaitingStore(Protocol):
    """Who waits for which goods, inside one transaction."""

    async def is_available(self, variant_id: VariantId) -> bool:
        """Whether some of it can be bought now, anywhere. Locks nothing."""

    async def count(self, email: str) -> int:
        """For how many things an address waits."""

    async def add(self, wish: StockWish) -> UUID:
        """Keeps a wish; the id of the one for the same address and goods that was there already, if one was."""

    async def take_fulfilled(self, *, limit: int) -> list[UUID]:
        """Ends the oldest wishes whose goods can be bought, passing over what others have locked. Locks their rows."""

    async def fulfilled(self, wish_id: UUID) -> FulfilledWish | None:
        """A wish that has ended; None when it is gone, as with its goods or its person."""
