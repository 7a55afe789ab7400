"""A customer's own data: a copy of it, and its erasure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from domain.access.model import Throttled
from domain.customers import flows, privacy
from domain.error import UserError
from domain.viewer import Customer as CustomerViewer
from persistence.customers import reads
from persistence.customers.reads import CustomerView, ExportView
from schema.access.mutations import hashing
from schema.context import Context
from schema.customers.viewer import own_id
from schema.execution.fields import batch, computed, plain, shows
from schema.mutations import Answer, Keyed, alone, answered, deed, keyed
from schema.node import Node, identity, loads_nodes
from schema.permissions import CUSTOMER, SIGNED_IN
from schema.refusal import too_many
from schema.scalars import Json

EXPORTS_SHOWN_MAX = 10


def _is_ready(export: ExportView) -> bool:
    return export.state == "READY"


async def _contents(exports: Sequence[ExportView], context: Context) -> list[Any]:
    return list(await reads.contents(context.reader, [each.id for each in exports]))


@strawberry.type(name="DataExport", description="A copy of what the shop keeps about a customer.")
@shows(ExportView, allow=SIGNED_IN)
class DataExport(Node):
    """Shown from `ExportView`, to its owner alone."""

    id: strawberry.ID = identity("DataExport")
    is_ready: bool = computed(_is_ready, "Whether it is made.")
    requested_at: datetime = plain("When it was asked for, UTC.")
    ready_at: datetime | None = plain("When it was made, UTC.")
    expires_at: datetime = plain("When it is dropped, UTC.")
    content: Json | None = batch(_contents, "The copy; null until it is made.", cost=20)


async def _own(customers: Sequence[CustomerView], context: Context) -> list[list[ExportView]]:
    viewer = context.viewer
    if not isinstance(viewer, CustomerViewer):
        return [[] for _ in customers]
    mine = await reads.exports(context.reader, viewer.id, count=EXPORTS_SHOWN_MAX)
    return [mine if each.id == viewer.id else [] for each in customers]


def data_exports_field() -> Any:
    """The field `dataExports` of a customer."""
    return batch(_own, f"Copies of your data, the latest first, {EXPORTS_SHOWN_MAX} at most.", size=EXPORTS_SHOWN_MAX)


@strawberry.input(name="AccountErasureRequestInput", description="Who wants to be erased.")
class AccountErasureRequestInput:
    password: str = strawberry.field(description="The present password.")


@alone
@deed(
    f"Asks for your account and your data to be erased {privacy.GRACE.days} days from now, or when your last order is done. Every "
    "session ends; log in and call `accountErasureCancel` to change your mind. Orders are kept without you, as the law asks.",
    allow=CUSTOMER,
    erased_after=(datetime, "When it will be done, UTC."),
)
@keyed(Keyed.KEPT, around=privacy.request_erasure)
async def account_erasure_request(context: Context, *, input: AccountErasureRequestInput) -> Answer | UserError:
    with hashing():
        outcome = await flows.request_erasure(
            context.act,
            context.ports.access,
            customer_id=own_id(context),
            password=input.password,
            address=context.caller.address,
            now=context.now,
        )
    if isinstance(outcome, Throttled):
        raise too_many(outcome)
    return outcome if isinstance(outcome, UserError) else answered(erased_after=outcome)


@deed("Keeps your account after all.", allow=CUSTOMER, kept=(bool, "True: nothing will be erased."))
@keyed(Keyed.KEPT)
async def account_erasure_cancel(context: Context) -> Answer | UserError:
    outcome = await context.act(privacy.cancel_erasure, customer_id=own_id(context), now=context.now)
    return outcome if isinstance(outcome, UserError) else answered(kept=True)


@deed(
    "Has a copy of what the shop keeps about you made; a letter tells when it is there. While one is being made, it is that one.",
    allow=CUSTOMER,
    data_export=(DataExport, "The copy, not made yet."),
)
@keyed(Keyed.KEPT)
async def data_export_request(context: Context) -> Answer | UserError:
    outcome = await context.act(privacy.request_export, customer_id=own_id(context), now=context.now)
    if isinstance(outcome, UserError):
        return outcome
    return answered(data_export=(await reads.exports_by_id(context.reader, [outcome]))[0])


@loads_nodes("DataExport")
async def _exports(context: Context, ids: Sequence[UUID]) -> list[ExportView | None]:
    """One's own copies."""
    viewer = context.viewer
    if not isinstance(viewer, CustomerViewer):
        return [None for _ in ids]
    found = await reads.exports_by_id(context.reader, list(ids))
    return [each if each is not None and each.customer_id == viewer.id else None for each in found]
