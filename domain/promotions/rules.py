"""Decides whether a coupon may be used now, on goods of a value. Pure: the limits under races are the store's business."""

from __future__ import annotations

from datetime import datetime

from domain.error import Path, UserError
from domain.money import Money, share, zero
from domain.promotions.errors import (
    CouponExpired,
    CouponMinimumNotMet,
    CouponNotYetValid,
    CouponUnknown,
    CouponUsedUp,
)
from domain.promotions.model import Benefit, Coupon, FixedAmount, Percentage


def why_not(coupon: Coupon, *, goods: Money, now: datetime, at: Path) -> UserError | None:
    """What keeps the coupon from being used at `now` on goods of that value, or None."""
    if not coupon.is_active or _currency_differs(coupon, goods):
        return CouponUnknown(path=at)
    if coupon.starts_at is not None and now < coupon.starts_at:
        return CouponNotYetValid(path=at, starts_at=coupon.starts_at)
    if coupon.ends_at is not None and now >= coupon.ends_at:
        return CouponExpired(path=at, ended_at=coupon.ends_at)
    if coupon.usage_limit is not None and coupon.uses >= coupon.usage_limit:
        return CouponUsedUp(path=at)
    if coupon.minimum is not None and goods < coupon.minimum:
        return CouponMinimumNotMet(path=at, minimum=coupon.minimum)
    return None


def taken_off(benefit: Benefit, goods: Money) -> Money:
    """What a coupon's benefit, or staff's, takes off goods of that value: never more than they are worth."""
    match benefit:
        case Percentage(basis_points):
            return share(goods, basis_points=basis_points)
        case FixedAmount(amount):
            return min(amount, goods, key=lambda each: each.minor) if goods.minor > 0 else zero(goods.currency)


def _currency_differs(coupon: Coupon, goods: Money) -> bool:
    amounts = [coupon.minimum, coupon.benefit.amount if isinstance(coupon.benefit, FixedAmount) else None]
    return any(each is not None and each.currency != goods.currency for each in amounts)
