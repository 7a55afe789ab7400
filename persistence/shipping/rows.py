"""Ways of delivery as rows, and the snapshot of one."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from domain.ids import ShippingMethodId
from domain.money import Currency, Money
from domain.shipping.model import ShippingMethod
from persistence.shipping.tables import ShippingMethodRow


class KeptMethod(NamedTuple):
    """A way of delivery's row."""

    id: UUID
    slug: str
    name: str
    description: str
    countries: list[str]
    currency: str
    price: int
    free_from: int | None
    days_min: int
    days_max: int
    is_active: bool


METHOD_COLUMNS = tuple(getattr(ShippingMethodRow, name) for name in KeptMethod._fields)


def method_of(row: KeptMethod) -> ShippingMethod:
    """The snapshot of a way of delivery's row."""
    currency = Currency(row.currency)
    return ShippingMethod(
        id=ShippingMethodId(row.id),
        slug=row.slug,
        name=row.name,
        description=row.description,
        countries=tuple(row.countries),
        price=Money(row.price, currency),
        free_from=Money(row.free_from, currency) if row.free_from is not None else None,
        days_min=row.days_min,
        days_max=row.days_max,
        is_active=row.is_active,
    )
