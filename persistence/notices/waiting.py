"""The port of wishes for goods made true on PostgreSQL."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from domain.access.rules import email_key
from domain.ids import ChannelId, VariantId
from domain.notices.model import FulfilledWish, StockFacts, StockWish
from persistence.notices.facts import SHOP_NAME
from persistence.statement import Question
from persistence.transaction import Transaction


class _Id(NamedTuple):
    id: UUID


class _Count(NamedTuple):
    total: int


class _Fulfilled(NamedTuple):
    email: str
    channel_id: UUID
    shop_name: str
    language: str
    product: str
    path: str


_AVAILABLE = """v.is_active AND p.status = 'ACTIVE' AND (NOT v.tracks_stock OR EXISTS (
    SELECT FROM stock s JOIN warehouse w ON w.id = s.warehouse_id AND w.is_active
    WHERE s.variant_id = v.id AND s.on_hand > s.reserved))"""
IS_AVAILABLE = Question(
    _Id,
    text(
        f"SELECT v.id FROM variant v JOIN product p ON p.id = v.product_id WHERE v.id = CAST(:variant_id AS uuid) AND {_AVAILABLE}"  # noqa: S608 - a part of our own
    ),
)
COUNT = Question(
    _Count,
    text(
        "SELECT CAST(count(*) AS int) AS total FROM stock_notice WHERE email_key = CAST(:email_key AS text) AND told_at IS NULL"
    ),
)
# The row that is there is touched so that its id is told, whoever wrote it.
ADD = Question(
    _Id,
    text("""
    INSERT INTO stock_notice (id, variant_id, channel_id, email, email_key, language)
    VALUES (CAST(:id AS uuid), CAST(:variant_id AS uuid), CAST(:channel_id AS uuid), CAST(:email AS text),
            CAST(:email_key AS text), CAST(:language AS text))
    ON CONFLICT (variant_id, email_key) WHERE told_at IS NULL DO UPDATE SET language = excluded.language
    RETURNING id
    """),
)
TAKE_FULFILLED = Question(
    _Id,
    text(f"""
    UPDATE stock_notice SET told_at = now() WHERE id IN (
        SELECT n.id FROM stock_notice n JOIN variant v ON v.id = n.variant_id JOIN product p ON p.id = v.product_id
        WHERE n.told_at IS NULL AND {_AVAILABLE}
        ORDER BY n.created_at, n.id LIMIT CAST(:limit AS int) FOR UPDATE OF n SKIP LOCKED)
    RETURNING id
    """),  # noqa: S608 - a part of our own
)
FULFILLED = Question(
    _Fulfilled,
    text("""
    SELECT n.email, n.channel_id, coalesce((SELECT name FROM shop LIMIT 1), CAST(:shop_name AS text)) AS shop_name, n.language,
           concat_ws(' · ', p.name, nullif(v.name, '')) AS product, 'products/' || p.slug AS path
    FROM stock_notice n JOIN variant v ON v.id = n.variant_id JOIN product p ON p.id = v.product_id
    WHERE n.id = CAST(:wish_id AS uuid) AND n.email <> ''
    """),
)


class WaitingRows:
    """`domain.notices.store.WaitingStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def is_available(self, variant_id: VariantId) -> bool:
        return await self._transaction.row(IS_AVAILABLE, variant_id=variant_id) is not None

    async def count(self, email: str) -> int:
        found = await self._transaction.row(COUNT, email_key=email_key(email))
        return found.total if found is not None else 0

    async def add(self, wish: StockWish) -> UUID:
        kept = await self._transaction.row(
            ADD,
            id=wish.id,
            variant_id=wish.variant_id,
            channel_id=wish.channel_id,
            email=wish.email,
            email_key=email_key(wish.email),
            language=wish.language,
        )
        assert kept is not None
        return kept.id

    async def take_fulfilled(self, *, limit: int) -> list[UUID]:
        return [each.id for each in await self._transaction.rows(TAKE_FULFILLED, limit=limit)]

    async def fulfilled(self, wish_id: UUID) -> FulfilledWish | None:
        found = await self._transaction.row(FULFILLED, wish_id=wish_id, shop_name=SHOP_NAME)
        if found is None:
            return None
        facts = StockFacts(shop_name=found.shop_name, language=found.language, product=found.product, path=found.path)
        return FulfilledWish(email=found.email, channel_id=ChannelId(found.channel_id), facts=facts)
