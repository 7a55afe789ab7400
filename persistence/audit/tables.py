"""The record: deeds with the rows they changed, chained by hashes, and what touched the safety of accounts. Only ever added to."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.audit.model import SecurityKind
from persistence.base import Created, EmptyObject, EmptyText, Id, JsonObject, Row, may_point_at, one_of, written_before


class AuditEntryRow(Row):
    """One transaction of a recorded deed. Sealing fills `seq` and `hash`, the law may empty `address`; nothing else changes."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        CheckConstraint("(seq IS NULL) = (hash IS NULL)", name="sealed_whole"),
        Index("ix_audit_entry_unsealed", "id", postgresql_where=text("seq IS NULL")),
        Index("ix_audit_entry_at", "at", "id"),
        Index("ix_audit_entry_actor", "actor", "at", "id"),
        Index("ix_audit_entry_entity", "entity_id", "at", "id"),
    )

    id: Mapped[Id]
    at: Mapped[Created]
    actor: Mapped[str]
    session_id: Mapped[UUID | None]
    address: Mapped[str | None]
    request_id: Mapped[str | None]
    action: Mapped[str]
    step: Mapped[str]
    entity: Mapped[str | None]
    entity_id: Mapped[UUID | None]
    said: Mapped[EmptyObject]
    seq: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    hash: Mapped[bytes | None] = mapped_column(LargeBinary)


class AuditChangeRow(Row):
    """One row that a recorded transaction changed, written by the trigger `audit_change` of every table that is watched."""

    __tablename__ = "audit_change"
    __table_args__ = (PrimaryKeyConstraint("entry_id", "position"),)

    entry_id: Mapped[UUID] = written_before("audit_entry.id")
    position: Mapped[int]
    table_name: Mapped[str]
    row_id: Mapped[str]
    operation: Mapped[str]
    before: Mapped[JsonObject | None]
    after: Mapped[JsonObject | None]


class AuditHeadRow(Row):
    """One row: the end of the chain."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[Created]


class SecurityEventRow(Row):
    """What touched an account's safety; the law may empty `address` and `device`."""

    __tablename__ = "security_event"
    __table_args__ = (
        one_of("kind", tuple(each.value for each in SecurityKind)),
        CheckConstraint("count > 0", name="count_positive"),
        Index("ix_security_event_account", "account_id", "at", "id"),
        Index("ix_security_event_at", "at", "id"),
    )

    id: Mapped[Id]
    account_id: Mapped[UUID | None] = may_point_at("account.id", ondelete="RESTRICT")
    kind: Mapped[str]
    session_id: Mapped[UUID | None]
    address: Mapped[str | None]
    device: Mapped[str | None]
    detail: Mapped[EmptyText]
    count: Mapped[int]
    at: Mapped[datetime]
