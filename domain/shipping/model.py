"""The words of shipping: a way of delivery and what it costs for goods of a value."""

from __future__ import annotations

from dataclasses import dataclass

from domain.ids import ShippingMethodId
from domain.money import Money, zero


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippingMethod:
    """A way of delivery. `countries` empty: everywhere. `free_from`: goods of this value or more go free. Days are working days."""

    id: ShippingMethodId
    slug: str
    name: str
    description: str
    countries: tuple[str, ...]
    price: Money
    free_from: Money | None
    days_min: int
    days_max: int
    is_active: bool

    def reaches(self, country: str) -> bool:
        """Whether it delivers to a country (ISO 3166-1)."""
        return self.is_active and (not self.countries or country in self.countries)

    def is_free_for(self, goods: Money) -> bool:
        """Whether goods of that value, after discounts, go free."""
        return self.free_from is not None and self.free_from <= goods

    def cost_for(self, goods: Money) -> Money:
        """What the delivery of goods of that value costs."""
        return zero(self.price.currency) if self.is_free_for(goods) else self.price
