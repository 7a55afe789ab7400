"""The port of outgoing webhooks made true on PostgreSQL: endpoints and their keys, and what is sent again."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    Integer,
    LargeBinary,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from domain.webhooks.model import EndpointChange, EventType, NewEndpoint, SwitchedOff
from persistence.statement import Question, Statement
from persistence.tables import OutboxEventRow
from persistence.webhooks.sending import SendingRows
from persistence.webhooks.tables import WebhookDeliveryRow, WebhookEndpointRow, WebhookSecretRow


class _Count(NamedTuple):
    total: int


class _Id(NamedTuple):
    id: UUID


class _Active(NamedTuple):
    is_active: bool


class _Off(NamedTuple):
    url: str
    because: str


class _Kinds(NamedTuple):
    kinds: list[str]


_NULL_AT = literal(None, DateTime(timezone=True))
# One lock for all who make endpoints, so that two cannot both be the last one allowed.
ALONE = Statement(select(func.pg_advisory_xact_lock(func.hashtext("webhook_endpoint"))))
COUNT = Question(_Count, select(func.count().label("total")).select_from(WebhookEndpointRow))
ADD = Statement(
    insert(WebhookEndpointRow).values(
        id=bindparam("id"),
        url=bindparam("url"),
        description=bindparam("description"),
        kinds=bindparam("kinds", type_=ARRAY(Text())),
        selection=bindparam("selection"),
        permissions=bindparam("permissions", type_=ARRAY(Text())),
    )
)
RETIRE = Statement(
    update(WebhookSecretRow)
    .where(WebhookSecretRow.endpoint_id == bindparam("of_endpoint"), WebhookSecretRow.valid_until.is_(None))
    .values(valid_until=bindparam("old_until", type_=DateTime(timezone=True)))
)
ADD_SECRET = Statement(
    insert(WebhookSecretRow).values(
        id=bindparam("id"), endpoint_id=bindparam("endpoint_id"), sealed=bindparam("sealed", type_=LargeBinary())
    )
)
_ID = bindparam("of_endpoint", type_=Uuid())
LOCK = Question(_Id, select(WebhookEndpointRow.id).where(WebhookEndpointRow.id == _ID).with_for_update())
KINDS = Question(_Kinds, select(WebhookEndpointRow.kinds).where(WebhookEndpointRow.id == _ID))
IS_ACTIVE = Question(_Active, select(WebhookEndpointRow.is_active).where(WebhookEndpointRow.id == _ID).with_for_update())
CHANGE = Statement(
    update(WebhookEndpointRow)
    .where(WebhookEndpointRow.id == _ID)
    .values(
        url=func.coalesce(bindparam("url", type_=Text()), WebhookEndpointRow.url),
        description=func.coalesce(bindparam("description", type_=Text()), WebhookEndpointRow.description),
        kinds=func.coalesce(bindparam("kinds", type_=ARRAY(Text())), WebhookEndpointRow.kinds),
        selection=func.nullif(func.coalesce(bindparam("selection", type_=Text()), WebhookEndpointRow.selection), ""),
        permissions=func.coalesce(bindparam("permissions", type_=ARRAY(Text())), WebhookEndpointRow.permissions),
    )
)
SWITCH_ON = Statement(
    update(WebhookEndpointRow)
    .where(WebhookEndpointRow.id == _ID, ~WebhookEndpointRow.is_active)
    .values(is_active=True, disabled_because=None, disabled_at=None, failures=0, failing_since=None, resting_until=None)
)
WAKE = Statement(
    update(WebhookDeliveryRow)
    .where(WebhookDeliveryRow.endpoint_id == _ID, WebhookDeliveryRow.state == text("'PENDING'"))
    .values(due_at=func.now(), asked_at=func.now())
)
SWITCH_OFF = Statement(
    update(WebhookEndpointRow)
    .where(WebhookEndpointRow.id == _ID, WebhookEndpointRow.is_active)
    .values(
        is_active=False,
        disabled_because=bindparam("because", type_=Text()),
        disabled_at=bindparam("now", type_=DateTime(timezone=True)),
    )
)
WHY_OFF = Question(
    _Off,
    select(WebhookEndpointRow.url, WebhookEndpointRow.disabled_because.label("because")).where(
        WebhookEndpointRow.id == _ID, WebhookEndpointRow.disabled_because.is_not(None)
    ),
)
REMOVE = Statement(delete(WebhookEndpointRow).where(WebhookEndpointRow.id == _ID))
ADD_TRIAL = Statement(
    insert(WebhookDeliveryRow).values(
        id=bindparam("id"), endpoint_id=bindparam("endpoint_id"), aggregate_id=bindparam("id"), position=0
    )
)
_PENDING_AGAIN = {"state": "PENDING", "ended_at": _NULL_AT, "due_at": func.now(), "asked_at": func.now()}
SEND_AGAIN = Question(
    _Id,
    update(WebhookDeliveryRow)
    .where(WebhookDeliveryRow.id == bindparam("of_delivery", type_=Uuid()))
    .values(**_PENDING_AGAIN)
    .returning(WebhookDeliveryRow.endpoint_id.label("id")),
)
_CHOSEN = (
    select(
        func.gen_random_uuid().label("id"),
        WebhookEndpointRow.id.label("endpoint_id"),
        OutboxEventRow.id.label("event_id"),
        OutboxEventRow.aggregate_id,
        OutboxEventRow.position,
        OutboxEventRow.created_at,
    )
    .join(WebhookEndpointRow, OutboxEventRow.kind == any_(WebhookEndpointRow.kinds))
    .where(
        WebhookEndpointRow.id == _ID,
        OutboxEventRow.position > bindparam("after", type_=BigInteger()),
        OutboxEventRow.position <= bindparam("until", type_=BigInteger()),
    )
)
BETWEEN = Question(
    _Count,
    select(func.count().label("total")).select_from(_CHOSEN.limit(bindparam("limit", type_=Integer())).subquery()),
)
REPLAY = Statement(
    upsert(WebhookDeliveryRow)
    .from_select(["id", "endpoint_id", "event_id", "aggregate_id", "position", "created_at"], _CHOSEN)
    .on_conflict_do_update(index_elements=["endpoint_id", "event_id"], set_=_PENDING_AGAIN)
)


class WebhooksRows(SendingRows):
    """`domain.webhooks.store.WebhooksStore` on a transaction; what sending needs of it is inherited."""

    async def count_endpoints(self) -> int:
        await self._transaction.run(ALONE)
        found = await self._transaction.row(COUNT)
        return found.total if found is not None else 0

    async def add_endpoint(self, endpoint: NewEndpoint) -> None:
        await self._transaction.run(
            ADD,
            id=endpoint.id,
            url=endpoint.url,
            description=endpoint.description,
            kinds=[each.value for each in endpoint.types],
            selection=endpoint.selection,
            permissions=sorted(each.value for each in endpoint.permissions),
        )

    async def add_secret(self, secret_id: UUID, *, endpoint_id: UUID, sealed: bytes, old_until: datetime) -> None:
        await self._transaction.run(RETIRE, of_endpoint=endpoint_id, old_until=old_until)
        await self._transaction.run(ADD_SECRET, id=secret_id, endpoint_id=endpoint_id, sealed=sealed)

    async def lock_endpoint(self, endpoint_id: UUID) -> bool:
        return await self._transaction.row(LOCK, of_endpoint=endpoint_id) is not None

    async def types_of(self, endpoint_id: UUID) -> tuple[EventType, ...]:
        found = await self._transaction.row(KINDS, of_endpoint=endpoint_id)
        return tuple(EventType(each) for each in found.kinds) if found is not None else ()

    async def change_endpoint(self, endpoint_id: UUID, change: EndpointChange) -> None:
        await self._transaction.run(
            CHANGE,
            of_endpoint=endpoint_id,
            url=change.url,
            description=change.description,
            kinds=[each.value for each in change.types] if change.types is not None else None,
            selection=change.selection,
            permissions=sorted(each.value for each in change.permissions) if change.permissions is not None else None,
        )
        if change.is_active:
            if await self._transaction.run(SWITCH_ON, of_endpoint=endpoint_id):
                await self._transaction.run(WAKE, of_endpoint=endpoint_id)
        elif change.is_active is not None:
            await self._transaction.run(SWITCH_OFF, of_endpoint=endpoint_id, because=None, now=None)

    async def remove_endpoint(self, endpoint_id: UUID) -> bool:
        return await self._transaction.run(REMOVE, of_endpoint=endpoint_id) == 1

    async def is_active(self, endpoint_id: UUID) -> bool | None:
        found = await self._transaction.row(IS_ACTIVE, of_endpoint=endpoint_id)
        return found.is_active if found is not None else None

    async def add_trial(self, delivery_id: UUID, endpoint_id: UUID) -> None:
        await self._transaction.run(ADD_TRIAL, id=delivery_id, endpoint_id=endpoint_id)

    async def send_again(self, delivery_id: UUID) -> UUID | None:
        found = await self._transaction.row(SEND_AGAIN, of_delivery=delivery_id)
        return found.id if found is not None else None

    async def events_between(self, endpoint_id: UUID, *, after: int, until: int, limit: int) -> int:
        found = await self._transaction.row(BETWEEN, of_endpoint=endpoint_id, after=after, until=until, limit=limit + 1)
        return found.total if found is not None else 0

    async def replay(self, endpoint_id: UUID, *, after: int, until: int) -> int:
        return await self._transaction.run(REPLAY, of_endpoint=endpoint_id, after=after, until=until)

    async def switch_off(self, endpoint_id: UUID, *, because: str, now: datetime) -> bool:
        return await self._transaction.run(SWITCH_OFF, of_endpoint=endpoint_id, because=because, now=now) == 1

    async def switched_off(self, endpoint_id: UUID) -> SwitchedOff | None:
        found = await self._transaction.row(WHY_OFF, of_endpoint=endpoint_id)
        return SwitchedOff(url=found.url, because=found.because) if found is not None else None
