"""Sending, across transactions: claim, commit, hand over, record.

A crash between handing over and recording leaves the message claimed; when its lease ends it is tried again. A letter goes
under the same message id, by which the receiving side can tell that it is the same; a text message has none, so its carrier
is told that the outcome is unsure.
"""

from __future__ import annotations

from domain.ids import NoticeId
from domain.notices.actions import claim, claim_next, record
from domain.notices.model import Delivery, Letter, Medium
from domain.notices.provider import Accepted, Post
from domain.unit import Transact


async def deliver(transact: Transact, post: Post, *, notice_id: NoticeId, delivery: Delivery) -> bool:
    """Sends one message when it is due; later tries are `deliver_due`'s. False when the carrier may be in trouble."""
    letter = await transact(claim, notice_id=notice_id, delivery=delivery)
    return letter is None or await _send(transact, post, letter, delivery)


async def deliver_due(transact: Transact, post: Post, *, delivery: Delivery, medium: Medium = Medium.EMAIL) -> int:
    """Sends what is due by one medium, one after the other, at most a batch; how many tries that were.

    One at a time, because a lease runs from the claim: none may wait behind another's slow carrier. A try that fails ends
    the run, so that a carrier in trouble is not asked on behalf of everybody at once.
    """
    for tries in range(delivery.batch):
        letter = await transact(claim_next, delivery=delivery, medium=medium)
        if letter is None:
            return tries
        if not await _send(transact, post, letter, delivery):
            return tries + 1
    return delivery.batch


async def _send(transact: Transact, post: Post, letter: Letter, delivery: Delivery) -> bool:
    """One try; False when the carrier may be in trouble."""
    outcome = await post.send(letter)
    await transact(record, letter=letter, outcome=outcome, delivery=delivery)
    return isinstance(outcome, Accepted) or outcome.is_final
