"""Why a coupon cannot be used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.error import UserError
from domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponUnknown(UserError):
    """No active coupon of the channel has this code."""

    code: ClassVar[str] = "COUPON_UNKNOWN"

    @property
    def message(self) -> str:
        return "There is no such coupon."


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponNotYetValid(UserError):
    """The coupon's period has not begun."""

    code: ClassVar[str] = "COUPON_NOT_YET_VALID"
    starts_at: datetime

    @property
    def message(self) -> str:
        return "This coupon is not valid yet."


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponExpired(UserError):
    """The coupon's period is over."""

    code: ClassVar[str] = "COUPON_EXPIRED"
    ended_at: datetime

    @property
    def message(self) -> str:
        return "This coupon has expired."


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponMinimumNotMet(UserError):
    """The goods are worth less than the coupon asks for."""

    code: ClassVar[str] = "COUPON_MINIMUM_NOT_MET"
    minimum: Money

    @property
    def message(self) -> str:
        return "The goods in the cart are worth less than this coupon asks for."


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponUsedUp(UserError):
    """As many orders as may use the coupon have used it."""

    code: ClassVar[str] = "COUPON_USED_UP"

    @property
    def message(self) -> str:
        return "This coupon has been used as often as it may be."


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponCustomerLimit(UserError):
    """The buyer has used the coupon as often as one buyer may."""

    code: ClassVar[str] = "COUPON_CUSTOMER_LIMIT"
    limit: int

    @property
    def message(self) -> str:
        return "You have used this coupon as often as you may."
