"""What messages need of the outside world: somebody who carries them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from domain.error import Invalid
from domain.notices.model import Letter, Medium, NoticeKind, OrderFacts, Rendered, Report, TemplateKey, Wording


@dataclass(frozen=True, slots=True)
class Accepted:
    """The carrier has taken the message over; `reference` is its own name for it, empty where it gives none."""

    reference: str = ""


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """The message was not taken, or nobody knows; `is_final` when the carrier says that it never will be.

    `may_be_taken`: the carrier may have it all the same, and would not know it again if it came a second time.
    """

    reason: str
    is_final: bool = False
    may_be_taken: bool = False


class Post(Protocol):
    """A carrier of messages."""

    async def send(self, letter: Letter) -> Accepted | NotAccepted:
        """Sends one message under its own message id, within a bounded time, and never raises for what the carrier does."""


class ReportRefused(Exception):
    """What came as a carrier's report is none; `is_forged` when it shows no sign of being the carrier's."""

    def __init__(self, reason: str, *, is_forged: bool = False) -> None:
        super().__init__(reason)
        self.is_forged = is_forged


class SmsCarrier(Post, Protocol):
    """A carrier of text messages, which tells later what became of them.

    None knows a message again that comes twice, so a message whose earlier try `is_unsure` is only sent when the carrier says
    that it was not taken.
    """

    @property
    def name(self) -> str:
        """What settings and the address of its reports call it."""

    def read_report(self, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]) -> Report | None:
        """A report from a request's body, headers (lower case) and query; None for one that tells nothing.

        Raises ReportRefused.
        """


class Writer(Protocol):
    """Who turns words into messages: the one that sends, so that what staff is shown before is what goes out."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that there are words in, as BCP 47 tags."""

    def language_of(self, tag: str) -> str:
        """The language of these that a reader of that BCP 47 tag is written to in."""

    def media(self, kind: NoticeKind) -> tuple[Medium, ...]:
        """By which media there are messages of a kind; the others' methods are for these only."""

    def words(self, key: TemplateKey) -> Wording:
        """What a message says as long as nobody has changed it."""

    def variables(self, kind: NoticeKind, medium: Medium) -> tuple[str, ...]:
        """The names that the words of a kind may use."""

    def tells_of_order(self, kind: NoticeKind) -> bool:
        """Whether an order is all that a message of this kind tells of, so that `of_order` can write it."""

    def problem(self, kind: NoticeKind, medium: Medium, wording: Wording) -> Invalid | None:
        """What is wrong with words; None when every message of the kind can be made of them."""

    def sample(self, key: TemplateKey, *, shop_name: str, wording: Wording | None) -> Rendered:
        """A message about somebody invented."""

    def of_order(
        self,
        kind: NoticeKind,
        medium: Medium,
        facts: OrderFacts,
        *,
        wording: Wording | None,
        storefront_url: str,
        order_key: str,
    ) -> Rendered:
        """A message about an order as it is, as its reader gets it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePorts:
    """What the API needs for messages: who writes them, the domain that their message ids end with, and whether the shop
    sends text messages.
    """

    writer: Writer
    mail_domain: str
    sends_sms: bool
