"""What a cart or an order costs, and the tree that says why."""

from __future__ import annotations

from dataclasses import dataclass

import strawberry

from domain.carts.model import Quote, Term, TermKind
from domain.money import Money as Amount
from schema.enums import described
from schema.execution.fields import plain, shows, via
from schema.scalars import Money
from schema.taxed import TaxedMoney, TaxedView, taxed

described(
    TermKind,
    "TotalTermKind",
    "What an amount in an explanation stands for.",
    TOTAL="The total.",
    LINE="A line: its goods less its discount.",
    GOODS="Unit price times quantity.",
    DISCOUNT="What the coupon takes off.",
    REDUCTION="What staff took off an order that they drafted.",
    DELIVERY="The delivery as a whole.",
    DELIVERY_PRICE="The price of the delivery.",
    DELIVERY_WAIVED="The delivery's price, given back because the order is worth enough.",
    TAX="All tax that comes on top.",
    LINE_TAX="The tax on a line.",
    DELIVERY_TAX="The tax on the delivery.",
)


@strawberry.type(
    name="TotalTerm", description="An amount and where it comes from: the terms below it sum to it; without any it is a leaf."
)
@shows(Term)
class TotalTerm:
    """Shown from `domain.carts.model.Term`."""

    kind: TermKind = via("kind.value", "What it stands for.")
    label: str = plain("What it is, in words for people.")
    amount: Money = plain("The amount; negative where it takes away.")
    terms: list[TotalTerm] = plain("What it is made of.")


@dataclass(frozen=True, slots=True)
class CostView:
    """A cart's quote with the tax habit of its channel."""

    quote: Quote
    prices_include_tax: bool

    @property
    def subtotal(self) -> Amount:
        return self.quote.subtotal

    @property
    def discount(self) -> Amount:
        return self.quote.discount

    @property
    def explanation(self) -> Term:
        return self.quote.explanation

    @property
    def delivery(self) -> TaxedView:
        return taxed(self.quote.shipping, tax=self.quote.shipping_tax, is_contained=self.prices_include_tax)

    @property
    def total(self) -> TaxedView:
        return taxed(self.quote.total, tax=self.quote.tax_total, is_contained=True)


@strawberry.type(name="CartCost", description="What a cart costs now, and why.")
@shows(CostView)
class CartCost:
    """Shown from `CostView`."""

    subtotal: Money = plain("All goods at their prices, before discounts and delivery.")
    discount: Money = plain("What is taken off the goods: by the coupon, and in a draft by staff.")
    delivery: TaxedMoney = plain("The chosen delivery; nothing while none is chosen.")
    total: TaxedMoney = plain("What is to be paid.")
    explanation: TotalTerm = plain("The tree that the total is made of: its leaves sum to the total.")
