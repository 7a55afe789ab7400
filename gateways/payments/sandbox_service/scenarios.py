"""The scenarios: what the method token of a payment makes the sandbox do, in one table that the index page prints.

A token may end in a delay for what happens later (`tok_async_success:200ms`, `tok_dispute:5s`). Only the story is told
here; the moves themselves are in `states`.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from gateways.payments.sandbox_service.states import Failure, Move

_TOKEN = re.compile(r"(tok_[a-z_]{1,40})(?::([0-9]{1,6})(ms|s))?\Z")


class Answers(enum.Enum):
    """What becomes of the HTTP answer to the first `create`; a repeat with the same key is answered plainly."""

    PLAINLY = enum.auto()
    NOT_IN_TIME = enum.auto()
    BROKEN_OFF = enum.auto()
    WITH_500_AFTER = enum.auto()
    WITH_500_BEFORE = enum.auto()


class Sends(enum.Enum):
    """What becomes of the webhooks."""

    IN_ORDER = enum.auto()
    THRICE = enum.auto()
    NEWEST_FIRST = enum.auto()
    NEVER = enum.auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`opening` happens within `create`; each of `later` after one more delay. PAY stands for authorise, then capture."""

    story: str
    opening: tuple[Move, ...]
    later: tuple[tuple[Move, ...], ...] = ()
    failure: Failure | None = None
    page: str = "pay"
    answers: Answers = Answers.PLAINLY
    sends: Sends = Sends.IN_ORDER
    refunds: bool = True


PAY = (Move.AUTHORIZE, Move.CAPTURE)
"""CAPTURE is left out for a payment that is to be captured by hand."""
_DECLINED = Failure("card_declined", "The bank declined the payment.")
_POOR = Failure("insufficient_funds", "There is not enough money on the account.")
_RETURNED = Failure("debit_returned", "The bank sent the debit back.")
UNCONFIRMED = Failure("authentication_failed", "The bank could not confirm who pays.")
REFUSED_BY_BUYER = Failure("declined_by_buyer", "The buyer declined on the payment page.")

SCENARIOS: dict[str, Scenario] = {
    "tok_success": Scenario(story="Paid at once.", opening=PAY),
    "tok_decline": Scenario(story="Declined at once: card_declined.", opening=(Move.FAIL,), failure=_DECLINED),
    "tok_insufficient_funds": Scenario(story="Declined at once: insufficient_funds.", opening=(Move.FAIL,), failure=_POOR),
    "tok_challenge": Scenario(
        story="The bank asks for a code on its own page (like 3-D Secure). 123456 is right; any other fails the payment.",
        opening=(Move.ASK,),
        page="challenge",
    ),
    "tok_redirect": Scenario(story="The buyer approves or declines on the hosted page.", opening=(Move.ASK,)),
    "tok_async_success": Scenario(story="Pending, then paid after the delay.", opening=(Move.WAIT,), later=(PAY,)),
    "tok_late_failure": Scenario(
        story="Pending, then failed after the delay.", opening=(Move.WAIT,), later=((Move.FAIL,),), failure=_RETURNED
    ),
    "tok_duplicate_webhooks": Scenario(
        story="Paid at once; every webhook is sent three times at the same moment.", opening=PAY, sends=Sends.THRICE
    ),
    "tok_out_of_order_webhooks": Scenario(
        story="Pending, then paid after the delay; the webhooks arrive newest first.",
        opening=(Move.WAIT,),
        later=(PAY,),
        sends=Sends.NEWEST_FIRST,
    ),
    "tok_lost_webhook": Scenario(
        story="Pending, then paid after the delay; no webhook is ever sent.",
        opening=(Move.WAIT,),
        later=(PAY,),
        sends=Sends.NEVER,
    ),
    "tok_timeout_after_charge": Scenario(
        story="Paid, but the answer does not come in time.", opening=PAY, answers=Answers.NOT_IN_TIME
    ),
    "tok_reset_after_charge": Scenario(
        story="Paid, but the connection breaks off within the answer.", opening=PAY, answers=Answers.BROKEN_OFF
    ),
    "tok_server_error_after_charge": Scenario(
        story="Paid, but answered with 500.", opening=PAY, answers=Answers.WITH_500_AFTER
    ),
    "tok_server_error": Scenario(
        story="Answered with 500 every time; nothing is charged or kept.", opening=(), answers=Answers.WITH_500_BEFORE
    ),
    "tok_refund_refused": Scenario(story="Paid at once; every refund is refused.", opening=PAY, refunds=False),
    "tok_dispute": Scenario(story="Paid at once; disputed after the delay.", opening=PAY, later=((Move.DISPUTE,),)),
    "tok_dispute_won": Scenario(
        story="Disputed after the delay; won after another.", opening=PAY, later=((Move.DISPUTE,), (Move.WIN,))
    ),
    "tok_dispute_lost": Scenario(
        story="Disputed after the delay; lost after another.", opening=PAY, later=((Move.DISPUTE,), (Move.LOSE,))
    ),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A method token, read: its scenario, and its own delay in milliseconds where it names one."""

    scenario: Scenario
    delay_ms: int | None


def read_token(token: str) -> Told | None:
    """What the token asks for; None when it is no token of the table."""
    match = _TOKEN.match(token)
    if match is None or match[1] not in SCENARIOS:
        return None
    if match[2] is None:
        return Told(SCENARIOS[match[1]], None)
    return Told(SCENARIOS[match[1]], int(match[2]) * (1000 if match[3] == "s" else 1))


def scenario_of(token: str) -> Scenario:
    """The scenario of a payment that was made: only tokens of the table make payments."""
    told = read_token(token)
    assert told is not None, "a payment is only made with a token of the table"
    return told.scenario
