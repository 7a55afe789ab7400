"""What must hold of the price of any cart whatever."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.carts.model import Cart, CartLine, CartState, Term
from domain.carts.rules import quote
from domain.ids import CartId, CartLineId, ChannelId, CouponId, OrderLineId, ShippingMethodId, VariantId
from domain.money import Currency, Money, split, sum_of
from domain.payments.refunding import SoldLine, amount_for
from domain.promotions.model import Coupon, FixedAmount, Percentage
from domain.shipping.model import ShippingMethod

NOW = datetime(2026, 3, 1, tzinfo=UTC)
EUR = Currency("EUR")
_amounts = st.integers(0, 10**9).map(lambda minor: Money(minor, EUR))


def _line(number: int, price: Money | None, quantity: int, *, is_taxable: bool) -> CartLine:
    return CartLine(
        id=CartLineId(UUID(int=number)),
        variant_id=VariantId(UUID(int=number)),
        quantity=quantity,
        price_seen=price or Money(0, EUR),
        product_name="Thing",
        variant_name="",
        sku=f"S{number}",
        image_url=None,
        unit_price=price,
        is_taxable=is_taxable,
        requires_shipping=True,
        free=None,
    )


_lines = st.lists(st.tuples(st.one_of(st.none(), _amounts), st.integers(1, 9999), st.booleans()), min_size=0, max_size=12).map(
    lambda drawn: tuple(_line(n, price, count, is_taxable=taxed) for n, (price, count, taxed) in enumerate(drawn))
)
_benefits = st.one_of(
    st.integers(1, 10_000).map(Percentage), st.integers(1, 10**10).map(lambda minor: FixedAmount(Money(minor, EUR)))
)
_coupons = st.builds(
    Coupon,
    id=st.just(CouponId(UUID(int=1))),
    code=st.just("CODE"),
    benefit=_benefits,
    minimum=st.one_of(st.none(), _amounts),
    starts_at=st.none(),
    ends_at=st.none(),
    usage_limit=st.none(),
    customer_limit=st.none(),
    uses=st.just(0),
    is_active=st.booleans(),
)
_methods = st.builds(
    ShippingMethod,
    id=st.just(ShippingMethodId(UUID(int=1))),
    slug=st.just("standard"),
    name=st.just("Standard"),
    description=st.just(""),
    countries=st.sampled_from([(), ("DE",), ("FR",)]),
    price=_amounts,
    free_from=st.one_of(st.none(), _amounts),
    days_min=st.just(1),
    days_max=st.just(2),
    is_active=st.booleans(),
)
_carts = st.builds(
    Cart,
    id=st.just(CartId(UUID(int=1))),
    state=st.just(CartState.OPEN),
    channel_id=st.just(ChannelId(UUID(int=1))),
    currency=st.just(EUR),
    country=st.just("DE"),
    language=st.just("en"),
    prices_include_tax=st.booleans(),
    tax_basis_points=st.integers(0, 10_000),
    customer_id=st.none(),
    email=st.none(),
    shipping_address=st.none(),
    billing_address=st.none(),
    shipping_method=st.one_of(st.none(), _methods),
    coupon=st.one_of(st.none(), _coupons),
    note=st.just(""),
    version=st.just(1),
    created_at=st.just(NOW),
    updated_at=st.just(NOW),
    lines=_lines,
    reduction=st.one_of(st.none(), _benefits),
)


def _leaves(term: Term) -> list[Term]:
    return [leaf for each in term.terms for leaf in _leaves(each)] if term.terms else [term]


@settings(max_examples=500, deadline=None)
@given(cart=_carts)
def test_the_leaves_of_the_explanation_sum_to_the_total_of_any_cart(cart: Cart) -> None:
    quoted = quote(cart, now=NOW)
    assert quoted.explanation.amount == quoted.total
    assert sum(leaf.amount.minor for leaf in _leaves(quoted.explanation)) == quoted.total.minor
    inner = [quoted.explanation]
    while inner:
        term = inner.pop()
        if term.terms:
            assert term.amount == sum_of((each.amount for each in term.terms), EUR)
            inner.extend(term.terms)


@settings(max_examples=500, deadline=None)
@given(cart=_carts)
def test_lines_add_up_to_the_cart_and_nothing_is_ever_negative(cart: Cart) -> None:
    quoted = quote(cart, now=NOW)
    assert sum_of((line.subtotal for line in quoted.lines), EUR) == quoted.subtotal
    assert sum_of((line.discount for line in quoted.lines), EUR) == quoted.discount
    assert sum_of((line.reduction for line in quoted.lines), EUR) == quoted.reduction
    assert all(0 <= line.reduction.minor <= line.discount.minor for line in quoted.lines)
    assert quoted.total == quoted.subtotal - quoted.discount + quoted.shipping + quoted.tax_added
    assert (
        min(quoted.subtotal.minor, quoted.discount.minor, quoted.shipping.minor, quoted.tax_added.minor, quoted.total.minor)
        >= 0
    )
    assert all(0 <= line.discount.minor <= line.subtotal.minor for line in quoted.lines)
    assert quoted.tax_total.minor >= quoted.tax_added.minor
    if cart.prices_include_tax:
        assert quoted.tax_added.minor == 0
        assert quoted.tax_total.minor <= quoted.total.minor


@settings(max_examples=300, deadline=None)
@given(cart=_carts, cuts=st.lists(st.integers(1, 9_998), max_size=6))
def test_lines_and_delivery_come_to_the_total_and_refunds_in_any_parts_to_the_lines(cart: Cart, cuts: list[int]) -> None:
    quoted = quote(cart, now=NOW)
    delivery = quoted.shipping if cart.prices_include_tax else quoted.shipping + quoted.shipping_tax
    assert sum_of((line.total for line in quoted.lines), EUR) + delivery == quoted.total
    for line in quoted.lines:
        count = line.line.quantity
        assert line.total == line.unit_price * count - line.discount + line.tax_added
        sold = SoldLine(id=OrderLineId(line.line.id), variant_id=None, quantity=count, total=line.total, refunded=0)
        ends = sorted({0, count, *(cut for cut in cuts if cut < count)})
        parts = [amount_for(replace(sold, refunded=begin), end - begin) for begin, end in pairwise(ends)]
        assert all(part.minor >= 0 for part in parts)
        assert sum_of(parts, EUR) == line.total


@settings(max_examples=200, deadline=None)
@given(cart=_carts)
def test_what_staff_takes_off_never_makes_a_draft_dearer_where_delivery_costs_the_same(cart: Cart) -> None:
    alike = replace(cart, shipping_method=None)
    assert quote(alike, now=NOW).total.minor <= quote(replace(alike, reduction=None), now=NOW).total.minor


@settings(max_examples=200, deadline=None)
@given(cart=_carts)
def test_a_coupon_never_makes_a_cart_dearer_where_delivery_costs_the_same(cart: Cart) -> None:
    alike = replace(cart, shipping_method=None)
    assert quote(alike, now=NOW).total.minor <= quote(replace(alike, coupon=None), now=NOW).total.minor


@given(minor=st.integers(-(10**12), 10**12), weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=50))
def test_parts_sum_to_the_whole_and_stay_within_one_unit_of_their_share(minor: int, weights: list[int]) -> None:
    whole = Money(minor, EUR)
    parts = split(whole, weights)
    assert sum_of(parts, EUR) == whole
    total = sum(weights)
    if total:
        assert all(abs(part.minor * total - minor * weight) < total for part, weight in zip(parts, weights, strict=True))
