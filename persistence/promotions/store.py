"""The port of coupons made true on PostgreSQL: the count changes by one conditional statement."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Text, bindparam, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from domain.ids import ChannelId, CouponId, OrderId
from domain.money import Currency, Money
from domain.promotions.model import Coupon, FixedAmount, Percentage
from persistence.promotions.tables import CouponRow, CouponUseRow
from persistence.statement import Question, Statement
from persistence.transaction import Transaction


class KeptCoupon(NamedTuple):
    """A coupon's row."""

    id: UUID
    code: str
    basis_points: int | None
    amount: int | None
    currency: str | None
    minimum: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    usage_limit: int | None
    customer_limit: int | None
    uses: int
    is_active: bool


class _Uses(NamedTuple):
    uses: int


COUPON_COLUMNS = tuple(getattr(CouponRow, name) for name in KeptCoupon._fields)


def coupon_of(row: KeptCoupon) -> Coupon:
    """The snapshot of a coupon's row."""
    currency = Currency(row.currency or "")
    return Coupon(
        id=CouponId(row.id),
        code=row.code,
        benefit=FixedAmount(Money(row.amount, currency)) if row.amount is not None else Percentage(row.basis_points or 0),
        minimum=Money(row.minimum, currency) if row.minimum is not None else None,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        usage_limit=row.usage_limit,
        customer_limit=row.customer_limit,
        uses=row.uses,
        is_active=row.is_active,
    )


BY_CODE = Question(
    KeptCoupon,
    select(*COUPON_COLUMNS).where(CouponRow.channel_id == bindparam("channel_id"), CouponRow.code_key == bindparam("key")),
)
USES_OF_CUSTOMER = Question(
    _Uses,
    select(func.count().label("uses")).where(
        CouponUseRow.coupon_id == bindparam("coupon_id"),
        CouponUseRow.customer_key == bindparam("customer_key", type_=Text()),
        CouponUseRow.returned_at.is_(None),
    ),
)
TAKE = Statement(
    update(CouponRow)
    .where(
        CouponRow.id == bindparam("coupon_id"),
        CouponRow.is_active,
        or_(CouponRow.usage_limit.is_(None), CouponRow.uses < CouponRow.usage_limit),
    )
    .values(uses=CouponRow.uses + 1)
)
RECORD_USE = Statement(
    insert(CouponUseRow).values(
        order_id=bindparam("order_id"), coupon_id=bindparam("coupon_id"), customer_key=bindparam("customer_key")
    )
)
GIVE_BACK = Statement(
    text("""
    WITH returned AS (
        UPDATE coupon_use SET returned_at = now()
        WHERE order_id = CAST(:order_id AS uuid) AND returned_at IS NULL
        RETURNING coupon_id
    )
    UPDATE coupon SET uses = uses - 1 FROM returned WHERE coupon.id = returned.coupon_id
    """)
)


class PromotionsRows:
    """`domain.promotions.store.PromotionsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def by_code(self, channel_id: ChannelId, key: str) -> Coupon | None:
        row = await self._transaction.row(BY_CODE, channel_id=channel_id, key=key)
        return coupon_of(row) if row is not None else None

    async def uses_of_customer(self, coupon_id: CouponId, customer_key: str) -> int:
        row = await self._transaction.row(USES_OF_CUSTOMER, coupon_id=coupon_id, customer_key=customer_key)
        return row.uses if row is not None else 0

    async def take(self, coupon_id: CouponId) -> bool:
        return await self._transaction.run(TAKE, coupon_id=coupon_id) == 1

    async def record_use(self, coupon_id: CouponId, order_id: OrderId, customer_key: str) -> None:
        await self._transaction.run(RECORD_USE, coupon_id=coupon_id, order_id=order_id, customer_key=customer_key)

    async def give_back(self, order_id: OrderId) -> None:
        await self._transaction.run(GIVE_BACK, order_id=order_id)
