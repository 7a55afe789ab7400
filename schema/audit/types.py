"""What can be seen of the record: deeds with the rows they changed, and what touched the safety of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

import schema.audit.enums  # noqa: F401 - describes the model's closed set, which the annotations below name
from domain.audit.model import SecurityKind
from domain.viewer import Customer, Permission, Staff, holds
from persistence.audit import reads
from persistence.audit.reads import EntryView, Events, EventView
from persistence.audit.rows import ChangeKept
from schema.context import Context
from schema.execution.fields import batch, computed, plain, shows
from schema.node import Node, identity, loads_nodes
from schema.paging import connection
from schema.permissions import SIGNED_IN, may
from schema.scalars import Json

READ = may(Permission.READ_AUDIT)
SHOWN_MAX = 50


def _entity(entry: EntryView) -> str | None:
    return str(entry.entity_id) if entry.entity_id is not None else None


def _said(entry: EntryView) -> object:
    return entry.said


def _is_sealed(entry: EntryView) -> bool:
    return entry.seq is not None


def _before(change: ChangeKept) -> object:
    return change.before


def _after(change: ChangeKept) -> object:
    return change.after


@strawberry.type(
    name="AuditChange",
    description="A row that a recorded deed changed. Kept are changed columns, and of texts that they were there.",
)
@shows(ChangeKept, allow=READ)
class AuditChange:
    """Shown from `ChangeKept`."""

    table: str = plain("The table of the row.")
    row_id: str = plain("The row's key; of a key of several columns the first.")
    operation: str = plain("INSERT, UPDATE or DELETE.")
    before: Json | None = computed(_before, "What the changed columns held before; null for a new row.")
    after: Json | None = computed(_after, "What the changed columns hold after; null for a row that is gone.")


async def _changes(entries: Sequence[EntryView], context: Context) -> list[list[ChangeKept]]:
    return await reads.changes_of(context.reader, [each.id for each in entries])


@strawberry.type(
    name="AuditEntry", description="One transaction of a deed of staff, of an app, or with money. It is never changed."
)
@shows(EntryView, allow=READ)
class AuditEntry(Node):
    """Shown from `EntryView`."""

    id: strawberry.ID = identity("AuditEntry")
    at: datetime = plain("When, UTC.")
    actor: str = plain("Who: a kind and an id, such as `staff:` and the account's.")
    address: str | None = plain("From which network address; null when it was none, or had to be forgotten.")
    request_id: str | None = plain("The request that it was part of, as logs name it.")
    action: str = plain("The mutation.")
    step: str = plain("The use case within it; a mutation may take several transactions.")
    entity: str | None = plain("The kind of thing it was about.")
    entity_id: str | None = computed(_entity, "Which one, as a UUID.")
    said: Json = computed(_said, "The arguments; of texts, which may be secrets or somebody's data, only that they were there.")
    changes: list[AuditChange] = batch(_changes, "Every row it changed, in order.", size=20)
    is_sealed: bool = computed(_is_sealed, "Whether it is in the chain of hashes yet; it takes some seconds.")


def _count(event: EventView) -> int:
    return event.count_


def _kind(event: EventView) -> SecurityKind:
    return SecurityKind(event.kind)


@strawberry.type(name="SecurityEvent", description="Something that touched the safety of an account.")
@shows(EventView, allow=SIGNED_IN)
class SecurityEvent(Node):
    """Shown from `EventView`, to the account's owner and to who reads the record."""

    id: strawberry.ID = identity("SecurityEvent")
    kind: SecurityKind = computed(_kind, "What happened.")
    at: datetime = plain("When, UTC.")
    count: int = computed(_count, "How many times, where several are told in one.")
    detail: str = plain("What exactly (which factor, say), in a word for programs; may be empty.")
    device: str | None = plain("What the client called itself (User-Agent).")
    address: str | None = plain("From which network address.")


AuditEntryConnection = connection(AuditEntry, "AuditEntry", allow=READ)
SecurityEventConnection = connection(SecurityEvent, "SecurityEvent", allow=READ)


async def _own(parents: Sequence[Any], context: Context) -> list[list[EventView]]:
    """For each parent that is the viewer what touched their account, for anybody else nothing."""
    viewer = context.viewer
    if not isinstance(viewer, (Customer, Staff)):
        return [[] for _ in parents]
    page = await reads.events_page(context.reader, Events(account_id=viewer.id), count=SHOWN_MAX, cursor=None, backwards=False)
    return [list(page.rows) if each.id == viewer.id else [] for each in parents]


def security_events_field() -> Any:
    """The field `securityEvents` of whoever can log in."""
    return batch(
        _own, f"What touched the safety of your account, the latest {SHOWN_MAX}; of others nothing is shown.", size=SHOWN_MAX
    )


@loads_nodes("AuditEntry")
async def _entries(context: Context, ids: Sequence[UUID]) -> Sequence[EntryView | None]:
    if not READ.admits(context.viewer):
        return [None] * len(ids)
    return await reads.entries_by_id(context.reader, ids)


@loads_nodes("SecurityEvent")
async def _events(context: Context, ids: Sequence[UUID]) -> Sequence[EventView | None]:
    """One's own, and for who reads the record everybody's."""
    viewer = context.viewer
    if not isinstance(viewer, (Customer, Staff)) and not holds(viewer, Permission.READ_AUDIT):
        return [None] * len(ids)
    found = await reads.events_by_id(context.reader, ids)
    if READ.admits(viewer):
        return found
    own = viewer.id if isinstance(viewer, (Customer, Staff)) else None
    return [each if each is not None and each.account_id == own else None for each in found]
