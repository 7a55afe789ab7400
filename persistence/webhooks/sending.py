"""What sending webhooks needs kept: who may send to an endpoint now, what is due for it, and what came of each try.

One sender at a time holds an endpoint, so an address that hangs costs nobody else anything; of one thing only the oldest
event is due, so a receiver gets each thing's events in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    Integer,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    column,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import aliased

from domain.viewer import Permission
from domain.webhooks.model import DueDelivery, HeldEndpoint, Tried
from persistence.statement import Question, Statement, ids, many
from persistence.tables import OutboxEventRow
from persistence.transaction import Transaction
from persistence.webhooks.tables import WebhookAttemptRow, WebhookDeliveryRow, WebhookEndpointRow, WebhookSecretRow

TRIAL = "WebhookTrial"
"""The kind of a delivery that has no event."""


class _Held(NamedTuple):
    id: UUID
    fence: int
    url: str
    selection: str | None
    permissions: list[str]
    failures: int
    failing_since: datetime | None


class _Secret(NamedTuple):
    endpoint_id: UUID
    sealed: bytes


class _Due(NamedTuple):
    id: UUID
    endpoint_id: UUID
    attempts: int
    type_name: str
    aggregate: str
    aggregate_id: UUID
    position: int
    fields: dict[str, Any]
    occurred_at: datetime


_SECOND = text("interval '1 second'")
# Literally as the index of pending deliveries has it: a parameter would keep the planner from it.
_PENDING = text("webhook_delivery.state = 'PENDING'")
_WAITS = exists().where(
    WebhookDeliveryRow.endpoint_id == WebhookEndpointRow.id, _PENDING, WebhookDeliveryRow.due_at <= func.now()
)
_FREE = and_(
    WebhookEndpointRow.is_active,
    or_(WebhookEndpointRow.resting_until.is_(None), WebhookEndpointRow.resting_until <= func.now()),
    or_(WebhookEndpointRow.held_until.is_(None), WebhookEndpointRow.held_until <= func.now()),
)
_TAKEN = (
    select(WebhookEndpointRow.id)
    .where(_FREE, _WAITS)
    .order_by(WebhookEndpointRow.id)
    .limit(bindparam("limit", type_=Integer()))
    .with_for_update(skip_locked=True)
    .cte("taken")
)
HOLD = Question(
    _Held,
    update(WebhookEndpointRow)
    .where(WebhookEndpointRow.id == _TAKEN.c.id)
    .values(held_until=func.now() + _SECOND * bindparam("seconds", type_=Integer()), fence=WebhookEndpointRow.fence + 1)
    .returning(
        WebhookEndpointRow.id,
        WebhookEndpointRow.fence,
        WebhookEndpointRow.url,
        WebhookEndpointRow.selection,
        WebhookEndpointRow.permissions,
        WebhookEndpointRow.failures,
        WebhookEndpointRow.failing_since,
    ),
)
SECRETS = Question(
    _Secret,
    select(WebhookSecretRow.endpoint_id, WebhookSecretRow.sealed)
    .where(
        WebhookSecretRow.endpoint_id == any_(ids()),
        or_(WebhookSecretRow.valid_until.is_(None), WebhookSecretRow.valid_until > func.now()),
    )
    .order_by(WebhookSecretRow.endpoint_id, WebhookSecretRow.created_at.desc(), WebhookSecretRow.id.desc()),
)
_earlier = aliased(WebhookDeliveryRow, name="earlier")
_IS_FIRST = ~exists().where(
    _earlier.endpoint_id == WebhookDeliveryRow.endpoint_id,
    _earlier.aggregate_id == WebhookDeliveryRow.aggregate_id,
    text("earlier.state = 'PENDING'"),
    _earlier.position < WebhookDeliveryRow.position,
)
_WANTED = (
    func.unnest(ids(), many("limits", Integer()))
    .table_valued(column("endpoint_id", Uuid()), column("most", Integer()), name="wanted")
    .render_derived()
)
_HEADS = (
    select(
        WebhookDeliveryRow.id,
        WebhookDeliveryRow.endpoint_id,
        WebhookDeliveryRow.attempts,
        WebhookDeliveryRow.event_id,
        WebhookDeliveryRow.aggregate_id,
        WebhookDeliveryRow.position,
        WebhookDeliveryRow.created_at,
    )
    .where(
        WebhookDeliveryRow.endpoint_id == _WANTED.c.endpoint_id,
        _PENDING,
        WebhookDeliveryRow.due_at <= func.now(),
        _IS_FIRST,
    )
    .order_by(WebhookDeliveryRow.position, WebhookDeliveryRow.id)
    .limit(_WANTED.c.most)
    .lateral("head")
)
HEADS = Question(
    _Due,
    select(
        _HEADS.c.id,
        _HEADS.c.endpoint_id,
        _HEADS.c.attempts,
        func.coalesce(OutboxEventRow.kind, TRIAL).label("type_name"),
        func.coalesce(OutboxEventRow.aggregate, "webhook_endpoint").label("aggregate"),
        _HEADS.c.aggregate_id,
        _HEADS.c.position,
        func.coalesce(OutboxEventRow.payload, text("'{}'::jsonb")).label("fields"),
        func.coalesce(OutboxEventRow.created_at, _HEADS.c.created_at).label("occurred_at"),
    )
    .select_from(_WANTED)
    .join(_HEADS, true())
    .outerjoin(OutboxEventRow, OutboxEventRow.id == _HEADS.c.event_id)
    .order_by(_HEADS.c.endpoint_id, _HEADS.c.position),
)
WRITE_ATTEMPT = Statement(
    insert(WebhookAttemptRow).values(
        delivery_id=bindparam("id"),
        number=bindparam("attempts", type_=Integer()),
        status=bindparam("status", type_=Integer()),
        failure=bindparam("reason", type_=Text()),
        response=bindparam("response", type_=Text()),
        milliseconds=bindparam("milliseconds", type_=Integer()),
        at=bindparam("at", type_=DateTime(timezone=True)),
    )
)
_OF_TRY = and_(
    WebhookDeliveryRow.id == bindparam("of_delivery", type_=Uuid()),
    _PENDING,
    WebhookDeliveryRow.attempts == bindparam("attempts", type_=Integer()) - 1,
)
DELIVERED = Statement(
    update(WebhookDeliveryRow)
    .where(_OF_TRY)
    .values(attempts=WebhookDeliveryRow.attempts + 1, state="DELIVERED", ended_at=func.now())
)
DUE_AGAIN = Statement(
    update(WebhookDeliveryRow)
    .where(_OF_TRY)
    .values(
        attempts=WebhookDeliveryRow.attempts + 1,
        due_at=func.now() + _SECOND * bindparam("pause_seconds", type_=Integer()),
    )
)
RELEASE = Statement(
    update(WebhookEndpointRow)
    .where(
        WebhookEndpointRow.id == bindparam("of_endpoint", type_=Uuid()),
        WebhookEndpointRow.fence == bindparam("of_hold", type_=BigInteger()),
    )
    .values(
        held_until=None,
        failures=bindparam("failures", type_=Integer()),
        failing_since=bindparam("failing_since", type_=DateTime(timezone=True)),
        resting_until=func.now() + _SECOND * bindparam("rest_seconds", type_=Integer()),
    )
)
FAIL_EXPIRED = Statement(
    update(WebhookDeliveryRow)
    .where(_PENDING, WebhookDeliveryRow.asked_at < func.now() - _SECOND * bindparam("seconds", type_=Integer()))
    .values(state="FAILED", ended_at=func.now())
)
_OLD = select(WebhookDeliveryRow.id).where(WebhookDeliveryRow.ended_at < func.now() - text("interval '30 days'")).limit(1000)
FORGET_OLD = Statement(delete(WebhookDeliveryRow).where(WebhookDeliveryRow.id.in_(_OLD)))


class SendingRows:
    """The sending half of `domain.webhooks.store.WebhooksStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def hold_due(self, *, limit: int, seconds: int) -> list[HeldEndpoint]:
        held = await self._transaction.rows(HOLD, limit=limit, seconds=seconds)
        if not held:
            return []
        secrets: dict[UUID, list[bytes]] = {each.id: [] for each in held}
        for secret in await self._transaction.rows(SECRETS, ids=list(secrets)):
            secrets[secret.endpoint_id].append(secret.sealed)
        return [
            HeldEndpoint(
                **each._asdict()
                | {
                    "permissions": frozenset(Permission(name) for name in each.permissions if name in _PERMISSIONS),
                    "secrets": tuple(secrets[each.id]),
                }
            )
            for each in held
        ]

    async def heads(self, endpoint_ids: Sequence[UUID], limits: Sequence[int]) -> list[DueDelivery]:
        found = await self._transaction.rows(HEADS, ids=list(endpoint_ids), limits=list(limits))
        return [DueDelivery(**each._asdict()) for each in found]

    async def record(self, tried: Sequence[Tried], pauses: Sequence[int]) -> None:
        await self._transaction.run_each(
            WRITE_ATTEMPT,
            [
                {
                    "id": each.delivery.id,
                    "attempts": each.delivery.attempts + 1,
                    "status": each.outcome.status,
                    "reason": each.outcome.reason,
                    "response": each.outcome.response,
                    "milliseconds": each.outcome.milliseconds,
                    "at": each.outcome.at,
                }
                for each in tried
            ],
        )
        of_try = [{"of_delivery": each.delivery.id, "attempts": each.delivery.attempts + 1} for each in tried]
        taken = [each.outcome.reason is None for each in tried]
        await self._transaction.run_each(DELIVERED, [one for one, was in zip(of_try, taken, strict=True) if was])
        await self._transaction.run_each(
            DUE_AGAIN,
            [one | {"pause_seconds": pause} for one, pause, was in zip(of_try, pauses, taken, strict=True) if not was],
        )

    async def release(
        self, endpoint: HeldEndpoint, *, failures: int, failing_since: datetime | None, rest_seconds: int
    ) -> bool:
        released = await self._transaction.run(
            RELEASE,
            of_endpoint=endpoint.id,
            of_hold=endpoint.fence,
            failures=failures,
            failing_since=failing_since,
            rest_seconds=rest_seconds,
        )
        return released == 1

    async def fail_expired(self, *, hours: int) -> int:
        return await self._transaction.run(FAIL_EXPIRED, seconds=hours * 3600)

    async def forget_old(self) -> int:
        return await self._transaction.run(FORGET_OLD)


_PERMISSIONS = frozenset(each.value for each in Permission)
