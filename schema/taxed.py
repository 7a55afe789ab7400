"""Money with its tax, as prices that contain tax and prices that do not are both shown."""

from __future__ import annotations

from dataclasses import dataclass

import strawberry

from domain.money import Money as Amount
from schema.execution.fields import plain, shows
from schema.scalars import Money


@dataclass(frozen=True, slots=True)
class TaxedView:
    """net + tax = gross."""

    net: Amount
    gross: Amount
    tax: Amount


def taxed(amount: Amount, *, tax: Amount, is_contained: bool) -> TaxedView:
    """An amount that contains the tax, or that the tax comes on top of."""
    return TaxedView(amount - tax, amount, tax) if is_contained else TaxedView(amount, amount + tax, tax)


@strawberry.type(name="TaxedMoney", description="An amount with its tax: net plus tax is gross.")
@shows(TaxedView)
class TaxedMoney:
    """Shown from `TaxedView`."""

    net: Money = plain("Without tax.")
    gross: Money = plain("With tax: what is paid.")
    tax: Money = plain("The tax.")
