"""What an edit of an order came to, from what its history keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import strawberry

from domain.money import Currency
from domain.money import Money as Amount
from schema.execution.fields import computed, plain, shows
from schema.scalars import Money
from schema.taxed import TaxedMoney, TaxedView, taxed


@dataclass(frozen=True, slots=True)
class LineChangeView:
    """A line that has more or fewer units than before."""

    sku: str
    product_name: str
    quantity_before: int
    quantity_after: int
    unit_price: Amount


@strawberry.type(name="OrderLineChange", description="A line of an order that came, went, or has another quantity.")
@shows(LineChangeView)
class OrderLineChange:
    """Shown from `LineChangeView`."""

    sku: str = plain("The line's SKU.")
    product_name: str = plain("The product's name.")
    quantity_before: int = plain("How many there were; 0 for a line that is new.")
    quantity_after: int = plain("How many there are; 0 for a line that is gone.")
    unit_price: Money = plain("The price of one.")


@dataclass(frozen=True, slots=True)
class ChangeView:
    """What is otherwise in an order, as `domain.edits.rules.told` keeps it."""

    told: Mapping[str, Any]

    @property
    def currency(self) -> Currency:
        return Currency(self.told["currency"])

    @property
    def address_changed(self) -> bool:
        return bool(self.told["is_address_new"])

    @property
    def reason(self) -> str:
        return str(self.told["reason"])


def _total(place: int, description: str) -> Any:
    def total(view: ChangeView) -> TaxedView:
        gross, tax = (Amount(view.told[name][place], view.currency) for name in ("total", "tax"))
        return taxed(gross, tax=tax, is_contained=True)

    return computed(total, description)


def _amount(name: str, description: str) -> Any:
    return computed(lambda view: Amount(view.told[name], view.currency), description)


def _after(name: str, description: str) -> Any:
    return computed(lambda view: Amount(view.told[name][1], view.currency), description)


def _difference(view: ChangeView) -> Amount:
    before, after = view.told["total"]
    return Amount(after - before, view.currency)


def _lines(view: ChangeView) -> list[LineChangeView]:
    return [
        LineChangeView(each["sku"], each["name"], each["from"], each["to"], Amount(each["unit_price"], view.currency))
        for each in view.told["lines"]
    ]


@strawberry.type(name="OrderChange", description="What staff changed in an order, and what became of its money.")
@shows(ChangeView)
class OrderChange:
    """Shown from `ChangeView`."""

    total_before: TaxedMoney = _total(0, "What was to be paid before.")
    total: TaxedMoney = _total(1, "What is to be paid from then on.")
    difference: Money = computed(_difference, "What it costs more; negative where it costs less.")
    discount: Money = _after("discount", "What is taken off the goods from then on.")
    shipping: Money = _after("shipping", "What delivery costs from then on, before tax on top.")
    due: Money = _amount("due", "What was still to come in right after.")
    refund: Money = _amount(
        "back", "What had come in and was owed no more: it goes back, above the shop's limit once somebody else agrees."
    )
    lines: list[OrderLineChange] = computed(_lines, "The lines that are otherwise.", size=5)
    address_changed: bool = plain("Whether it goes to another address.")
    reason: str = plain("Why, in the words of who changed it.")
