"""The words of promotions: a coupon, what it takes off, and the limits of its use."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from domain.ids import CouponId
from domain.money import Money

CODE_LENGTH_MAX = 64


@dataclass(frozen=True, slots=True)
class Percentage:
    """A share of the goods, in ten-thousandths."""

    basis_points: int


@dataclass(frozen=True, slots=True)
class FixedAmount:
    """An amount off the goods, never more than they are worth."""

    amount: Money


Benefit = Percentage | FixedAmount


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """A coupon as it stands. A limit of None is no limit; the period is half-open, `starts_at <= now < ends_at`."""

    id: CouponId
    code: str
    benefit: Benefit
    minimum: Money | None
    starts_at: datetime | None
    ends_at: datetime | None
    usage_limit: int | None
    customer_limit: int | None
    uses: int
    is_active: bool


def code_key(code: str) -> str:
    """A code as it is compared: in any letter case, without blanks around it."""
    return unicodedata.normalize("NFKC", code).strip().casefold()
