"""The port of drafts made true on PostgreSQL: a row beside the cart's, changed under the lock of the cart's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, Integer, Text, any_, bindparam, delete, select, text, update
from sqlalchemy.types import Uuid

from domain.carts.model import CartLine
from domain.drafts.model import DraftState, NewDraft, Standing
from domain.ids import DraftId, OrderId, VariantId, new_id
from domain.money import Money
from persistence.carts.tables import CartLineRow, CartRow
from persistence.drafts.tables import DraftRow
from persistence.statement import Question, Statement, ids
from persistence.transaction import Transaction


class KeptDraft(NamedTuple):
    """A draft's own row."""

    id: UUID
    state: str
    order_id: UUID | None
    reduction_reason: str
    created_by: str
    created_at: datetime
    closed_at: datetime | None


KEPT_COLUMNS = (DraftRow.cart_id.label("id"), *(getattr(DraftRow, name) for name in KeptDraft._fields[1:]))
ADD = Statement(
    text("""
    WITH started AS (
        INSERT INTO cart (id, state, channel_id, currency, country, language, created_at, updated_at)
        VALUES (CAST(:draft_id AS uuid), 'DRAFT', CAST(:channel_id AS uuid), :currency, :country, :language,
                CAST(:now AS timestamptz), CAST(:now AS timestamptz))
        RETURNING id, created_at
    )
    INSERT INTO draft_order (cart_id, created_by, created_at) SELECT id, CAST(:created_by AS text), created_at FROM started
    """)
)
FIND = Question(KeptDraft, select(*KEPT_COLUMNS).where(DraftRow.cart_id == bindparam("draft_id")))
REMOVE_LINES = Statement(
    delete(CartLineRow).where(CartLineRow.cart_id == bindparam("draft_id"), CartLineRow.variant_id == any_(ids()))
)
SET_LINES = Statement(
    text("""
    INSERT INTO cart_line (id, cart_id, variant_id, quantity, price_seen, own_price, created_at)
    SELECT w.id, CAST(:draft_id AS uuid), w.variant_id, w.quantity, w.price_seen, w.own_price, CAST(:now AS timestamptz)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:variants AS uuid[]), CAST(:quantities AS int[]), CAST(:prices AS bigint[]),
        CAST(:own_prices AS bigint[])) AS w (id, variant_id, quantity, price_seen, own_price)
    ON CONFLICT (cart_id, variant_id) DO UPDATE
    SET quantity = excluded.quantity, price_seen = excluded.price_seen, own_price = excluded.own_price
    """)
)
SET_REASON = Statement(
    update(DraftRow).where(DraftRow.cart_id == bindparam("draft_id")).values(reduction_reason=bindparam("reason", type_=Text()))
)
CLOSE = Statement(
    update(DraftRow)
    .where(DraftRow.cart_id == bindparam("draft_id"), DraftRow.state == bindparam("open_state", type_=Text()))
    .values(
        state=bindparam("to_state", type_=Text()),
        order_id=bindparam("made", type_=Uuid()),
        closed_at=bindparam("now", type_=DateTime(timezone=True)),
    )
)
_DELETED = (
    select(DraftRow.cart_id)
    .where(
        DraftRow.state == bindparam("deleted", DraftState.DELETED.value, type_=Text()),
        DraftRow.closed_at < bindparam("before", type_=DateTime(timezone=True)),
    )
    .limit(bindparam("count_max", type_=Integer()))
)
FORGET_DELETED = Statement(delete(CartRow).where(CartRow.id.in_(_DELETED)))


def standing_of(row: KeptDraft) -> Standing:
    """How far the draft of a row is."""
    return Standing(
        id=DraftId(row.id),
        state=DraftState(row.state),
        order_id=OrderId(row.order_id) if row.order_id is not None else None,
        reduction_reason=row.reduction_reason,
        created_by=row.created_by,
        created_at=row.created_at,
        closed_at=row.closed_at,
    )


class DraftsRows:
    """`domain.drafts.store.DraftsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def add(self, draft: NewDraft) -> None:
        await self._transaction.run(
            ADD,
            draft_id=draft.id,
            channel_id=draft.channel_id,
            currency=draft.currency,
            country=draft.country,
            language=draft.language,
            created_by=draft.created_by,
            now=draft.created_at,
        )

    async def find(self, draft_id: DraftId) -> Standing | None:
        row = await self._transaction.row(FIND, draft_id=draft_id)
        return standing_of(row) if row is not None else None

    async def set_lines(
        self,
        draft_id: DraftId,
        lines: Sequence[tuple[VariantId, int, Money, Money | None]],
        *,
        gone: Sequence[CartLine],
        now: datetime,
    ) -> None:
        if gone:
            await self._transaction.run(REMOVE_LINES, draft_id=draft_id, ids=[line.variant_id for line in gone])
        if lines:
            await self._transaction.run(
                SET_LINES,
                draft_id=draft_id,
                now=now,
                ids=sorted(new_id() for _ in lines),
                variants=[variant_id for variant_id, _, _, _ in lines],
                quantities=[quantity for _, quantity, _, _ in lines],
                prices=[listed.minor for _, _, listed, _ in lines],
                own_prices=[own.minor if own is not None else None for _, _, _, own in lines],
            )

    async def set_reason(self, draft_id: DraftId, reason: str) -> None:
        await self._transaction.run(SET_REASON, draft_id=draft_id, reason=reason)

    async def close(self, draft_id: DraftId, to: DraftState, *, order_id: OrderId | None, now: datetime) -> None:
        closed = await self._transaction.run(
            CLOSE, draft_id=draft_id, open_state=DraftState.DRAFT.value, to_state=to.value, made=order_id, now=now
        )
        if closed != 1:
            raise RuntimeError(f"draft {draft_id} has ended under its own lock")

    async def forget_deleted(self, *, before: datetime, count_max: int) -> int:
        return await self._transaction.run(FORGET_DELETED, before=before, count_max=count_max)
