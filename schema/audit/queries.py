"""Questions about the record."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from domain.audit.model import SecurityKind
from persistence.audit import reads
from persistence.audit.reads import Entries, EntryView, Events, EventView
from persistence.paging import Page
from schema.audit.types import READ, AuditEntryConnection, SecurityEventConnection
from schema.context import Context
from schema.execution.fields import query
from schema.ids import parse_id
from schema.paging import After, Before, ConnectionView, First, Last, window
from schema.refusal import Refusal


@strawberry.input(name="AuditLogWhereInput", description="Which entries of the record; what is left out does not matter.")
class AuditLogWhereInput:
    actor: str | None = strawberry.field(default=None, description="Who did it, as `AuditEntry.actor` has it.")
    action: str | None = strawberry.field(default=None, description="The mutation's name.")
    entity_id: strawberry.ID | None = strawberry.field(default=None, description="What it was about: a public id, or a UUID.")
    since: datetime | None = strawberry.field(default=None, description="Not before this time.")
    until: datetime | None = strawberry.field(default=None, description="Before this time.")


@strawberry.input(name="SecurityEventsWhereInput", description="Which security events; what is left out does not matter.")
class SecurityEventsWhereInput:
    account_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose: the id of a customer or a member of staff."
    )
    kind: SecurityKind | None = strawberry.field(default=None, description="Only those of this kind.")


@query(AuditEntryConnection, "What staff, apps and payments did, newest first.", allow=READ)
async def audit_log(
    context: Context,
    *,
    where: Annotated[AuditLogWhereInput | None, strawberry.argument(description="Which entries.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionView:
    asked = window(first, after, last, before)
    said = where or AuditLogWhereInput()
    entity_id = _any_id(said.entity_id) if said.entity_id is not None else None
    wanted = Entries(actor=said.actor, action=said.action, entity_id=entity_id, since=said.since, until=said.until)
    page: Page[EntryView] = await reads.entries_page(
        context.reader, wanted, count=asked.count, cursor=asked.cursor, backwards=asked.backwards
    )
    return ConnectionView(page, reads.entry_cursor, _count_entries, wanted)


@query(SecurityEventConnection, "What touched the safety of accounts, newest first.", allow=READ)
async def security_events(
    context: Context,
    *,
    where: Annotated[SecurityEventsWhereInput | None, strawberry.argument(description="Which of them.")] = None,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> ConnectionView:
    asked = window(first, after, last, before)
    said = where or SecurityEventsWhereInput()
    account_id = _any_id(said.account_id) if said.account_id is not None else None
    wanted = Events(account_id=account_id, kind=said.kind.value if said.kind is not None else None)
    page: Page[EventView] = await reads.events_page(
        context.reader, wanted, count=asked.count, cursor=asked.cursor, backwards=asked.backwards
    )
    return ConnectionView(page, reads.event_cursor, _count_events, wanted)


async def _count_entries(context: Context, keys: Sequence[Hashable]) -> list[int]:
    return [await reads.count_entries(context.reader, wanted) for wanted in keys if isinstance(wanted, Entries)]


async def _count_events(context: Context, keys: Sequence[Hashable]) -> list[int]:
    return [await reads.count_events(context.reader, wanted) for wanted in keys if isinstance(wanted, Events)]


def _any_id(text: str) -> UUID:
    """The UUID in a public id of any type, or as it stands in the record."""
    known = parse_id(text)
    if known is not None:
        return known[1]
    try:
        return UUID(text)
    except ValueError:
        raise Refusal("BAD_USER_INPUT", "This is neither a public id nor a UUID.") from None
