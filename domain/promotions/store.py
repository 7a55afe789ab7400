"""What coupons need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from typing import Protocol

from domain.ids import ChannelId, CouponId, OrderId
from domain.promotions.model import Coupon


class PromotionsStore(Protocol):
    """Coupons, inside one transaction."""

    async def by_code(self, channel_id: ChannelId, key: str) -> Coupon | None:
        """The coupon of a channel by its compared code (`code_key`). Locks nothing."""

    async def uses_of_customer(self, coupon_id: CouponId, customer_key: str) -> int:
        """Orders of one buyer, by e-mail key, that hold the coupon."""

    async def take(self, coupon_id: CouponId) -> bool:
        """Counts one more use, unless its limit is reached. Locks the coupon until the transaction ends."""

    async def record_use(self, coupon_id: CouponId, order_id: OrderId, customer_key: str) -> None:
        """Notes who used it on which order. After `take`, under its lock; the order's row may follow later."""

    async def give_back(self, order_id: OrderId) -> None:
        """Returns the order's use, if it holds one; nothing the second time. Locks the coupon."""
