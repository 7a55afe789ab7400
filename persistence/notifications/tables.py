"""Notifications: one row for all who may read it, and what each account has read of them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from persistence.base import Created, EmptyObject, Id, Row, belongs_to, may_point_at


class NotificationRow(Row):
    """Something happened that somebody wants to see: staff with a permission, in a channel or in all, or one customer.

    `seq` is drawn under the event log's lock, so that rows become visible in its order. An event is told once to each.
    """

    __tablename__ = "notification"
    __table_args__ = (
        CheckConstraint("(permission IS NULL) <> (customer_id IS NULL)", name="for_staff_or_a_customer"),
        Index("uq_notification_seq", "seq", unique=True),
        Index("uq_notification_staff", "event_id", unique=True, postgresql_where=text("customer_id IS NULL")),
        Index(
            "uq_notification_customer", "event_id", "customer_id", unique=True, postgresql_where=text("customer_id IS NOT NULL")
        ),
        Index("ix_notification_customer", "customer_id", "seq", postgresql_where=text("customer_id IS NOT NULL")),
        Index("ix_notification_staff", "seq", postgresql_where=text("customer_id IS NULL")),
        Index("ix_notification_order", "order_id"),
        Index("ix_notification_created", "created_at"),
    )

    id: Mapped[Id]
    seq: Mapped[int] = mapped_column(BigInteger, Identity())
    event_id: Mapped[UUID]
    kind: Mapped[str]
    permission: Mapped[str | None]
    channel_id: Mapped[UUID | None] = may_point_at("channel.id", ondelete="CASCADE")
    customer_id: Mapped[UUID | None] = may_point_at("customer.id", ondelete="CASCADE")
    order_id: Mapped[UUID | None]
    """Held to nothing: the relay would wait for whoever is changing the order, and orders are never removed."""
    aggregate: Mapped[str]
    aggregate_id: Mapped[UUID]
    data: Mapped[EmptyObject]
    created_at: Mapped[Created]


class NotificationReadRow(Row):
    """An account has read a notification by itself."""

    __tablename__ = "notification_read"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "notification_id"),
        Index("ix_notification_read_notification", "notification_id"),
    )

    account_id: Mapped[UUID] = belongs_to("account.id")
    notification_id: Mapped[UUID] = belongs_to("notification.id")


class NotificationPlaceRow(Row):
    """Up to where an account has read everything."""

    __tablename__ = "notification_place"

    account_id: Mapped[UUID] = belongs_to("account.id", primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
