"""What can be expected to fail around carts and at the checkout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from domain.error import UserError
from domain.money import Money
from domain.viewer import Permission


@dataclass(frozen=True, slots=True, kw_only=True)
class CartCompleted(UserError):
    """The cart has become an order and changes no more."""

    code: ClassVar[str] = "CART_COMPLETED"

    @property
    def message(self) -> str:
        return "This cart has become an order. Start a new one."


@dataclass(frozen=True, slots=True, kw_only=True)
class CartEmpty(UserError):
    """There is nothing in the cart."""

    code: ClassVar[str] = "CART_EMPTY"

    @property
    def message(self) -> str:
        return "There is nothing in the cart."


@dataclass(frozen=True, slots=True, kw_only=True)
class CartFull(UserError):
    """The cart would have more lines than it may."""

    code: ClassVar[str] = "CART_FULL"
    limit: int

    @property
    def message(self) -> str:
        return f"A cart has at most {self.limit} lines."


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantityOutOfRange(UserError):
    """The quantity is not one that a line may have."""

    code: ClassVar[str] = "QUANTITY_OUT_OF_RANGE"
    minimum: int
    maximum: int

    @property
    def message(self) -> str:
        return f"A quantity is {self.minimum} to {self.maximum}."


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantUnavailable(UserError):
    """The variant is not sold on this channel in this currency."""

    code: ClassVar[str] = "VARIANT_UNAVAILABLE"
    sku: str

    @property
    def message(self) -> str:
        return f"{self.sku} is not sold here."


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing(UserError):
    """Something the checkout needs has not been said yet."""

    code: ClassVar[str] = "MISSING"
    what: str

    @property
    def message(self) -> str:
        return f"The cart still needs {self.what}."


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryUnavailable(UserError):
    """The chosen way of delivery does not reach the country."""

    code: ClassVar[str] = "DELIVERY_UNAVAILABLE"
    country: str

    @property
    def message(self) -> str:
        return f"This way of delivery does not reach {self.country}. Choose another of `deliveryOptions`."


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChanged(UserError):
    """A line's price is another than the buyer last saw."""

    code: ClassVar[str] = "PRICE_CHANGED"
    sku: str
    seen: Money
    current: Money

    @property
    def message(self) -> str:
        return f"The price of {self.sku} has changed. Look at the new total, then complete with `acceptChanges: true`."


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalChanged(UserError):
    """The total is not the one the buyer agreed to."""

    code: ClassVar[str] = "TOTAL_CHANGED"
    expected: Money
    current: Money

    @property
    def message(self) -> str:
        return "The total is another than expected. Look at it again before you complete."


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPricesNotAllowed(UserError):
    """Prices and discounts of an order's own are for those with the permission alone."""

    code: ClassVar[str] = "OWN_PRICES_NOT_ALLOWED"

    @property
    def message(self) -> str:
        return f"Prices and discounts of an order's own need the permission {Permission.MANAGE_ORDER_PRICES.value}."
