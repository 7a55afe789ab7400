"""What staff do to prices, on the channels they work in."""

from __future__ import annotations

from collections.abc import Sequence

from domain.error import Invalid, NotFound
from domain.ids import VariantId
from domain.prices.model import AMOUNT_MAX, Price
from domain.unit import Unit
from domain.viewer import Permission, Viewer, holds_in

PRICES_AT_ONCE_MAX = 250


async def set_prices(unit: Unit, *, prices: Sequence[Price], by: Viewer) -> tuple[VariantId, ...] | Invalid | NotFound:
    """Writes prices of variants on channels; the products' price spans follow in the same transaction."""
    if len(prices) > PRICES_AT_ONCE_MAX:
        return Invalid(path=("input", "prices"), reason=f"Set {PRICES_AT_ONCE_MAX} prices at a time at most.")
    products = await unit.prices.products_of({price.variant_id for price in prices})
    currencies = await unit.prices.currencies_of({price.channel_id for price in prices})
    seen: set[tuple[object, ...]] = set()
    for place, price in enumerate(prices):
        at = ("input", "prices", str(place))
        failure: Invalid | None = None
        if not holds_in(by, Permission.MANAGE_CATALOG, price.channel_id):
            return NotFound(path=(*at, "channel"), what="channel")
        if price.variant_id not in products:
            return NotFound(path=(*at, "variant_id"), what="variant")
        if price.currency not in currencies.get(price.channel_id, ()):
            failure = Invalid(path=(*at, "currency"), reason="The channel does not sell in this currency.")
        elif not 0 <= price.amount <= AMOUNT_MAX or not 0 <= (price.compare_at or 0) <= AMOUNT_MAX:
            failure = Invalid(path=(*at, "amount"), reason="This is no price that the shop can take.")
        elif (price.variant_id, price.channel_id, price.currency) in seen:
            failure = Invalid(path=at, reason="The price of this variant, channel and currency is there twice.")
        if failure is not None:
            return failure
        seen.add((price.variant_id, price.channel_id, price.currency))
    # The products' locks come before the prices, so that two changes of one product do not both compute an old span.
    await unit.catalog.products.lock(set(products.values()))
    await unit.prices.save(prices)
    await unit.prices.relist(set(products.values()))
    return tuple(price.variant_id for price in prices)
