"""How failures of carts, coupons and stock are shown."""

from __future__ import annotations

from datetime import datetime

from domain.carts import errors as carts
from domain.idempotency import KeyReused
from domain.promotions import errors as promotions
from domain.stock import errors as stock
from schema.errors import error_type
from schema.scalars import CountryCode, Money

ERRORS: tuple[type, ...] = (
    error_type(carts.CartCompleted, "The cart has become an order and changes no more."),
    error_type(carts.CartEmpty, "There is nothing in the cart."),
    error_type(carts.CartFull, "The cart would have too many lines.", limit=(int, "Lines a cart may have.")),
    error_type(
        carts.QuantityOutOfRange,
        "The quantity is not one that a line may have.",
        minimum=(int, "The least."),
        maximum=(int, "The most."),
    ),
    error_type(carts.VariantUnavailable, "The variant is not sold here.", sku=(str, "The variant's SKU.")),
    error_type(carts.Missing, "The checkout needs something that was not said yet.", what=(str, "What, in words for people.")),
    error_type(
        carts.DeliveryUnavailable,
        "The way of delivery does not reach the country.",
        country=(CountryCode, "The country of the shipping address."),
    ),
    error_type(
        carts.PriceChanged,
        "A price is another than the buyer last saw.",
        sku=(str, "The variant's SKU."),
        seen=(Money, "The unit price the buyer saw."),
        current=(Money, "The unit price now."),
    ),
    error_type(
        carts.TotalChanged,
        "The total is another than expected.",
        expected=(Money, "The total that was sent."),
        current=(Money, "The total now."),
    ),
    error_type(promotions.CouponUnknown, "No active coupon has this code."),
    error_type(promotions.CouponNotYetValid, "The coupon is not valid yet.", starts_at=(datetime, "From when it is.")),
    error_type(promotions.CouponExpired, "The coupon has expired.", ended_at=(datetime, "Since when it has.")),
    error_type(promotions.CouponMinimumNotMet, "The goods are worth too little.", minimum=(Money, "What they must be worth.")),
    error_type(promotions.CouponUsedUp, "The coupon has been used as often as it may be."),
    error_type(promotions.CouponCustomerLimit, "The buyer has used the coupon as often as one may.", limit=(int, "How often.")),
    error_type(
        stock.InsufficientStock,
        "More was asked for than there is.",
        sku=(str, "The variant's SKU."),
        asked=(int, "Units that were asked for."),
        available=(int, "Units that could be had at that moment."),
    ),
    error_type(stock.StockReserved, "Orders have reserved more than would remain."),
    error_type(KeyReused, "The idempotency key was used before with other arguments."),
)
