"""The port of messages made true on PostgreSQL: explicit statements, explicit locks, rows turned into snapshots."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Boolean, Integer, Text, and_, bindparam, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from domain.ids import NoticeId, OrderId, new_id
from domain.notices.model import (
    AccountFacts,
    Delivery,
    Letter,
    Medium,
    NewNotice,
    NoticeKind,
    NoticeState,
    OrderFacts,
    Receipt,
    Report,
    ShopFacts,
    Standing,
    TemplateKey,
    Wording,
)
from persistence.notices.deliveries import REPORTED, REQUEUE, STANDING
from persistence.notices.facts import ACCOUNT, LINES, ORDER, SHOP, SHOP_NAME, facts_of
from persistence.notices.tables import NoticeRow
from persistence.notices.templates import COUNT_CAUSES, PUT, VERSION, WORDING
from persistence.statement import Question, Statement
from persistence.transaction import Transaction


class _Claimed(NamedTuple):
    id: UUID
    kind: str
    fence: int
    recipient: str
    language: str
    subject: str
    text: str
    html: str
    message_id: str
    created_at: datetime
    medium: str
    tries: int
    is_unsure: bool
    unsubscribe_url: str
    channel_id: UUID | None
    claimed_at: datetime


QUEUE = Statement(
    insert(NoticeRow)
    .values(
        id=bindparam("id"),
        cause=bindparam("cause"),
        kind=bindparam("kind"),
        recipient=bindparam("recipient"),
        language=bindparam("language"),
        subject=bindparam("subject"),
        body_text=bindparam("body_text"),
        body_html=bindparam("body_html"),
        message_id=bindparam("message_id"),
        order_id=bindparam("order_id"),
        medium=bindparam("medium"),
        channel_id=bindparam("channel_id"),
        unsubscribe_url=bindparam("unsubscribe_url"),
    )
    .on_conflict_do_nothing(index_elements=["cause"])
)
_SECOND = text("interval '1 second'")
# Literally as the index of due messages has it: a parameter would keep the planner from it.
_DUE = and_(text("notice.state IN ('QUEUED', 'SENDING')"), NoticeRow.next_attempt_at <= func.now())
_TAKEN = (
    update(NoticeRow)
    .values(
        state="SENDING",
        attempts=NoticeRow.attempts + 1,
        # A try that was begun and never told its outcome, as after a crash, may have been taken.
        is_unsure=or_(NoticeRow.is_unsure, NoticeRow.state == "SENDING"),
        next_attempt_at=func.now() + _SECOND * bindparam("lease_seconds", type_=Integer()),
    )
    .returning(
        NoticeRow.id,
        NoticeRow.kind,
        NoticeRow.attempts,
        NoticeRow.recipient,
        NoticeRow.language,
        NoticeRow.subject,
        NoticeRow.body_text,
        NoticeRow.body_html,
        NoticeRow.message_id,
        NoticeRow.created_at,
        NoticeRow.medium,
        (NoticeRow.attempts - NoticeRow.attempts_before).label("tries"),
        NoticeRow.is_unsure,
        NoticeRow.unsubscribe_url,
        NoticeRow.channel_id,
        func.now().label("claimed_at"),
    )
)
_OF_MEDIUM = NoticeRow.medium == bindparam("medium")
_NEXT = select(NoticeRow.id).where(_DUE, _OF_MEDIUM).order_by(NoticeRow.next_attempt_at, NoticeRow.id).limit(1)
CLAIM = Question(_Claimed, _TAKEN.where(NoticeRow.id == bindparam("id"), _DUE))
CLAIM_NEXT = Question(_Claimed, _TAKEN.where(NoticeRow.id == _NEXT.with_for_update(skip_locked=True).scalar_subquery()))
BURY = Statement(
    update(NoticeRow)
    .where(_DUE, NoticeRow.attempts - NoticeRow.attempts_before >= bindparam("attempts_max", type_=Integer()))
    .values(
        state="DEAD",
        failure=func.coalesce(NoticeRow.failure, "tried too often without an outcome"),
        is_unsure=or_(NoticeRow.is_unsure, NoticeRow.state == "SENDING"),
    )
)
_OF_TRY = (NoticeRow.id == bindparam("notice_id")) & (NoticeRow.attempts == bindparam("fence", type_=Integer()))
SENT = Statement(
    update(NoticeRow)
    .where(_OF_TRY, NoticeRow.state == "SENDING")
    .values(
        state="SENT",
        sent_at=func.now(),
        failure=None,
        is_unsure=False,
        reference=func.nullif(bindparam("reference", type_=Text()), ""),
    )
)
TRY_AGAIN = Statement(
    update(NoticeRow)
    .where(_OF_TRY, NoticeRow.state == "SENDING")
    .values(
        state="QUEUED",
        failure=bindparam("reason"),
        is_unsure=bindparam("may_be_taken", type_=Boolean()),
        next_attempt_at=func.now() + _SECOND * bindparam("pause_seconds", type_=Integer()),
    )
)
GIVE_UP = Statement(
    update(NoticeRow)
    .where(_OF_TRY, NoticeRow.state == "SENDING")
    .values(state="DEAD", failure=bindparam("reason"), is_unsure=bindparam("may_be_taken", type_=Boolean()))
)


class NoticesRows:
    """`domain.notices.store.NoticesStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def queue(self, notice: NewNotice) -> bool:
        queued = await self._transaction.run(
            QUEUE,
            id=notice.id,
            cause=notice.cause,
            kind=notice.kind.value,
            recipient=notice.recipient,
            language=notice.language,
            subject=notice.subject,
            body_text=notice.text,
            body_html=notice.html,
            message_id=notice.message_id,
            order_id=notice.order_id,
            medium=notice.medium.value,
            channel_id=notice.channel_id,
            unsubscribe_url=notice.unsubscribe_url,
        )
        return queued == 1

    async def claim(self, notice_id: NoticeId, delivery: Delivery) -> Letter | None:
        return _letter(await self._transaction.row(CLAIM, id=notice_id, lease_seconds=delivery.lease_seconds))

    async def claim_next(self, medium: Medium, delivery: Delivery) -> Letter | None:
        return _letter(await self._transaction.row(CLAIM_NEXT, medium=medium.value, lease_seconds=delivery.lease_seconds))

    async def bury_exhausted(self, delivery: Delivery) -> int:
        return await self._transaction.run(BURY, attempts_max=delivery.attempts_max)

    async def record_sent(self, notice_id: NoticeId, *, fence: int, reference: str) -> bool:
        return await self._transaction.run(SENT, notice_id=notice_id, fence=fence, reference=reference) == 1

    async def record_failure(
        self, notice_id: NoticeId, *, fence: int, reason: str, may_be_taken: bool, pause_seconds: int | None
    ) -> bool:
        told = {
            "notice_id": notice_id,
            "fence": fence,
            "reason": reason[:500],
            "may_be_taken": may_be_taken,
        }
        if pause_seconds is None:
            return await self._transaction.run(GIVE_UP, **told) == 1
        return await self._transaction.run(TRY_AGAIN, **told, pause_seconds=pause_seconds) == 1

    async def standing(self, notice_id: NoticeId) -> Standing | None:
        found = await self._transaction.row(STANDING, id=notice_id)
        if found is None:
            return None
        return Standing(
            medium=Medium(found.medium),
            state=NoticeState(found.state),
            receipt=Receipt(found.receipt) if found.receipt is not None else None,
            is_unsure=found.is_unsure,
            is_erased=not found.recipient,
        )

    async def send_again(self, notice_id: NoticeId) -> None:
        await self._transaction.run(REQUEUE, id=notice_id)

    async def record_report(self, report: Report) -> bool:
        told = {
            "reference": report.reference,
            "notice_id": report.notice_id,
            "fence": report.fence,
            "receipt": report.receipt.value if report.receipt is not None else None,
            "reason": report.reason[:500] or None,
        }
        return await self._transaction.run(REPORTED, **told) == 1

    async def wording(self, key: TemplateKey) -> Wording | None:
        found = await self._transaction.row(WORDING, **_named(key))
        return Wording(**found._asdict()) if found is not None else None

    async def template_version(self, key: TemplateKey) -> int:
        found = await self._transaction.row(VERSION, **_named(key))
        return found.version if found is not None else 0

    async def put_template(self, key: TemplateKey, wording: Wording | None, *, expected: int) -> bool:
        said = asdict(wording) if wording is not None else {"subject": None, "heading": None, "body": None}
        return await self._transaction.run(PUT, id=new_id(), **_named(key), **said, expected=expected) == 1

    async def count_causes(self, prefix: str) -> int:
        found = await self._transaction.row(COUNT_CAUSES, prefix=prefix)
        return found.total if found is not None else 0

    async def account_facts(self, account_id: UUID) -> AccountFacts | None:
        found = await self._transaction.row(ACCOUNT, account_id=account_id)
        return AccountFacts(**found._asdict()) if found is not None else None

    async def shop_facts(self) -> ShopFacts:
        found = await self._transaction.row(SHOP)
        return ShopFacts(**found._asdict()) if found is not None else ShopFacts(shop_name=SHOP_NAME, language="en")

    async def order_facts(self, order_id: OrderId) -> OrderFacts | None:
        order = await self._transaction.row(ORDER, order_id=order_id)
        if order is None:
            return None
        return facts_of(order_id, order, await self._transaction.rows(LINES, order_id=order_id))


def _named(key: TemplateKey) -> dict[str, str]:
    return {"kind": key.kind.value, "language": key.language, "medium": key.medium.value}


def _letter(claimed: _Claimed | None) -> Letter | None:
    if claimed is None:
        return None
    known = {"id": NoticeId(claimed.id), "kind": NoticeKind(claimed.kind), "medium": Medium(claimed.medium)}
    return Letter(**claimed._asdict() | known)
