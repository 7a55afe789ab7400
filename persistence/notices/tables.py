"""Messages to people: what was to be said to whom, and how the saying went."""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, Time, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.notices.model import E164, Medium, Receipt
from persistence.base import Created, EmptyText, Id, Row, belongs_to, may_point_at, one_of


class NoticeRow(Row):
    """One message. `cause` is the outbox task that asked for it: unique, so that an event makes one message however often it runs.

    `attempts_before` are the tries made before staff last asked for it again; `is_unsure` while nobody knows whether an
    earlier try was taken; `reference` is the carrier's own name for it, and `receipt` what the carrier told later.
    """

    __tablename__ = "notice"
    __table_args__ = (
        one_of("state", ("QUEUED", "SENDING", "SENT", "DEAD", "WITHHELD")),
        one_of("medium", tuple(each.value for each in Medium)),
        one_of("receipt", tuple(each.value for each in Receipt)),
        CheckConstraint(f"medium <> 'SMS' OR recipient = '' OR recipient ~ '{E164}'", name="sms_to_a_number"),
        CheckConstraint("attempts_before BETWEEN 0 AND attempts", name="tries_counted"),
        CheckConstraint("(receipt IS NULL) = (receipt_at IS NULL)", name="receipt_at_a_time"),
        CheckConstraint("receipt IS NULL OR state = 'SENT'", name="receipt_of_what_was_sent"),
        Index("ix_notice_due", "next_attempt_at", postgresql_where=text("state IN ('QUEUED', 'SENDING')")),
        Index("ix_notice_parked", "created_at", "id", postgresql_where=text("state = 'DEAD'")),
        Index("ix_notice_created", "created_at", "id"),
        Index("ix_notice_recipient", "recipient", "created_at"),
        Index("ix_notice_reference", "reference", postgresql_where=text("reference IS NOT NULL")),
    )

    id: Mapped[Id]
    cause: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    medium: Mapped[str] = mapped_column(server_default=text("'EMAIL'"))
    recipient: Mapped[str]
    language: Mapped[str]
    subject: Mapped[str]
    body_text: Mapped[str]
    body_html: Mapped[str]
    message_id: Mapped[str] = mapped_column(unique=True)
    order_id: Mapped[UUID | None] = may_point_at("orders.id", index=True)
    channel_id: Mapped[UUID | None] = may_point_at("channel.id")
    unsubscribe_url: Mapped[EmptyText]
    state: Mapped[str] = mapped_column(server_default=text("'QUEUED'"))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    attempts_before: Mapped[int] = mapped_column(server_default=text("0"))
    is_unsure: Mapped[bool] = mapped_column(server_default=text("false"))
    failure: Mapped[str | None]
    next_attempt_at: Mapped[Created]
    created_at: Mapped[Created]
    sent_at: Mapped[datetime | None]
    reference: Mapped[str | None]
    receipt: Mapped[str | None]
    receipt_at: Mapped[datetime | None]


class MessageTemplateRow(Row):
    """What staff has put in place of the words of a message; without texts: the words that come with the shop are back.

    A row stays when its texts go, so that versions never begin anew.
    """

    __tablename__ = "message_template"
    __table_args__ = (
        UniqueConstraint("kind", "language", "medium"),
        one_of("medium", tuple(each.value for each in Medium)),
        CheckConstraint("version > 0", name="version_from_one"),
        CheckConstraint("(subject IS NULL) = (body IS NULL) AND (heading IS NULL) = (body IS NULL)", name="said_whole_or_not"),
        CheckConstraint("length(subject) <= 200 AND length(heading) <= 200 AND length(body) <= 4000", name="texts_bounded"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    language: Mapped[str]
    medium: Mapped[str]
    subject: Mapped[str | None]
    heading: Mapped[str | None]
    body: Mapped[str | None]
    version: Mapped[int]
    updated_at: Mapped[Created]


class MessageOptOutRow(Row):
    """Messages that an address wants none of; whoever has no row for a kind gets it. It goes with the person."""

    __tablename__ = "message_opt_out"
    __table_args__ = (
        PrimaryKeyConstraint("address_key", "kind", "medium"),
        one_of("medium", tuple(each.value for each in Medium)),
    )

    address_key: Mapped[str]
    kind: Mapped[str]
    medium: Mapped[str]
    created_at: Mapped[Created]


class QuietHoursRow(Row):
    """When a channel writes nothing that can wait, by the clocks of its time zone; they may pass midnight."""

    __tablename__ = "quiet_hours"
    __table_args__ = (CheckConstraint("starts <> ends", name="end_at_another_time"),)

    channel_id: Mapped[UUID] = belongs_to("channel.id", primary_key=True)
    time_zone: Mapped[str]
    starts: Mapped[time] = mapped_column(Time())
    ends: Mapped[time] = mapped_column(Time())


class StockNoticeRow(Row):
    """Somebody waits for goods to be there again. One wish an address and variant at a time; told once, then it is over."""

    __tablename__ = "stock_notice"
    __table_args__ = (
        Index("uq_stock_notice_open", "variant_id", "email_key", unique=True, postgresql_where=text("told_at IS NULL")),
        Index("ix_stock_notice_email", "email_key"),
    )

    id: Mapped[Id]
    variant_id: Mapped[UUID] = belongs_to("variant.id")
    channel_id: Mapped[UUID] = belongs_to("channel.id")
    email: Mapped[str]
    email_key: Mapped[str]
    language: Mapped[str]
    created_at: Mapped[Created]
    told_at: Mapped[datetime | None]
