"""Decides what an edited order is made of, and what keeps it from being edited. Pure.

What was agreed stays agreed: lines that are there keep their prices, the order its tax rate, its delivery's price and its
discounts. What is new costs what it costs now; another country, what it costs there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from domain.carts.errors import CartFull, DeliveryUnavailable, OwnPricesNotAllowed, QuantityOutOfRange
from domain.carts.model import LINES_MAX, QUANTITY_MAX, Cart, CartLine, Quote, TermKind
from domain.edits.errors import LineNotEditable, OrderNotEditable
from domain.edits.model import Added, Agreed, AgreedLine, Amended, Changed, Edit
from domain.error import Invalid, NotFound, Path, Several, UserError
from domain.fulfillments.model import Standing
from domain.ids import CartLineId, OrderLineId, ShippingMethodId, VariantId
from domain.money import Money
from domain.orders.errors import AlreadyShipped
from domain.orders.model import Order, OrderStatus, PaymentStatus
from domain.promotions.model import Benefit, Coupon, FixedAmount, Percentage
from domain.promotions.rules import why_not
from domain.shipping.model import ShippingMethod

_OPEN = frozenset({OrderStatus.PENDING, OrderStatus.CONFIRMED, OrderStatus.PROCESSING})
ORDER: Path = ("input", "order_id")


def order_problem(order: Order, *, gone_back: Money, waiting: int, lines: Sequence[AgreedLine]) -> UserError | None:
    """What keeps the order as a whole from being edited; `gone_back` is what went or goes back over all its payments, and
    `waiting`, in minor units, what a second person has still to agree to.
    """
    if order.states.status not in _OPEN:
        return OrderNotEditable(path=ORDER, because="The order is over.")
    if waiting:
        return OrderNotEditable(path=ORDER, because="A refund of it waits for a second person.")
    refunded = order.states.payment in (PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED)
    if refunded or gone_back.minor > order.edited_back or any(each.was_refunded for each in lines):
        return OrderNotEditable(
            path=ORDER, because="Money of this order was given back: sell what is new as an order of its own."
        )
    return None


def lines_after(
    agreed: Agreed, edit: Edit, standings: Mapping[OrderLineId, Standing], offers: Mapping[VariantId, CartLine]
) -> tuple[CartLine, ...] | UserError:
    """All lines that the order has from now on, those that are there first; or everything that is wrong with the wanted ones."""
    known = {each.id: each for each in agreed.lines}
    quantities = {each.id: each.quantity for each in agreed.lines}
    problems: list[UserError] = []
    for place, change in enumerate(edit.changed):
        problem = _change_problem(change, known, standings, ("input", "lines", str(place)))
        problems += [] if problem is None else [problem]
        if change.line_id in quantities:
            quantities[change.line_id] = change.quantity
    named = [each.line_id for each in edit.changed]
    problems += [
        Invalid(path=("input", "lines", str(place), "line_id"), reason="The line is named twice.")
        for place, each in enumerate(named)
        if each in named[:place]
    ]
    left = {each.variant_id for each in agreed.lines if quantities[each.id] and not _is_sent(standings, each.id)}
    for place, wish in enumerate(edit.added):
        problem = _wish_problem(wish, edit.added[:place], left, offers, ("input", "add", str(place)))
        problems += [] if problem is None else [problem]
    if problems:
        return Several(errors=tuple(problems))
    stay = [_line(each, quantities[each.id], agreed) for each in agreed.lines if quantities[each.id]]
    come = [replace(offers[each.variant_id], quantity=each.quantity) for each in edit.added if each.variant_id is not None]
    if not stay and not come:
        return Invalid(path=("input", "lines"), reason="Nothing would be left of the order: cancel it instead.")
    return CartFull(path=("input", "add"), limit=LINES_MAX) if len(stay) + len(come) > LINES_MAX else (*stay, *come)


def _change_problem(
    change: Changed, known: Mapping[OrderLineId, AgreedLine], standings: Mapping[OrderLineId, Standing], at: Path
) -> UserError | None:
    line = known.get(change.line_id) if change.line_id is not None else None
    if line is None:
        return NotFound(path=(*at, "line_id"), what="order line")
    if not 0 <= change.quantity <= QUANTITY_MAX:
        return QuantityOutOfRange(path=(*at, "quantity"), minimum=0, maximum=QUANTITY_MAX)
    is_fixed = line.is_fixed or _is_sent(standings, line.id)
    return LineNotEditable(path=(*at, "line_id"), sku=line.sku) if is_fixed else None


def _is_sent(standings: Mapping[OrderLineId, Standing], line_id: OrderLineId) -> bool:
    standing = standings.get(line_id)
    return standing is not None and bool(standing.sent or standing.restocked)


def _wish_problem(
    wish: Added,
    before: Sequence[Added],
    left: set[VariantId | None],
    offers: Mapping[VariantId, CartLine],
    at: Path,
) -> UserError | None:
    if wish.variant_id is None or wish.variant_id not in offers:
        return NotFound(path=(*at, "variant_id"), what="variant")
    if not 1 <= wish.quantity <= QUANTITY_MAX:
        return QuantityOutOfRange(path=(*at, "quantity"), minimum=1, maximum=QUANTITY_MAX)
    if wish.variant_id in left or any(each.variant_id == wish.variant_id for each in before):
        return Invalid(path=(*at, "variant_id"), reason="The order has a line of this variant: say its quantity in `lines`.")
    return None


def _line(line: AgreedLine, quantity: int, agreed: Agreed) -> CartLine:
    """A line that was sold, as it is priced again: at the price that was agreed."""
    price = Money(line.unit_price, agreed.currency)
    rate = rate_agreed(agreed)
    is_taxable = line.tax_basis_points > 0 if rate is not None else line.is_taxable is not False
    delivered = agreed.delivery is not None if line.requires_shipping is None else line.requires_shipping
    return CartLine(
        id=CartLineId(line.id),
        # A line is told apart by its own id here; its variant may be gone.
        variant_id=line.variant_id or VariantId(line.id),
        quantity=quantity,
        price_seen=price,
        product_name=line.product_name,
        variant_name=line.variant_name,
        sku=line.sku,
        image_url=line.image_url,
        unit_price=price,
        is_taxable=is_taxable,
        requires_shipping=delivered,
        free=None,
    )


def rate_agreed(agreed: Agreed) -> int | None:
    """The tax rate that the order was sold at; None when nothing in it was taxed."""
    return max((each.tax_basis_points for each in agreed.lines), default=0) or None


def priced_cart(agreed: Agreed, cart: Cart, edit: Edit, *, rate: int, method: ShippingMethod | None) -> Cart:
    """What the order is priced by from now on, as if it were a cart, but for its lines. `cart` is the one it came from."""
    address = edit.address or agreed.shipping_address
    includes = agreed.tax_added == 0 if agreed.tax_total else cart.prices_include_tax
    coupon, reduction = (None, None) if edit.drops_discounts else _discounts(agreed, cart)
    return replace(
        cart,
        country=agreed.country,
        shipping_address=address,
        prices_include_tax=includes,
        tax_basis_points=rate,
        shipping_method=method,
        coupon=coupon,
        reduction=reduction,
    )


def _discounts(agreed: Agreed, cart: Cart) -> tuple[Coupon | None, Benefit | None]:
    """The discounts that the order has: its coupon, whatever has become of its period and limits since, and what staff gave."""
    if agreed.discount == 0 and agreed.coupon_code is None:
        return None, None
    coupon = None
    if agreed.coupon_code is not None and cart.coupon is not None:
        coupon = replace(cart.coupon, starts_at=None, ends_at=None, usage_limit=None, is_active=True)
    given = cart.reduction if _has_reduction(agreed.explanation) else None
    if coupon is None and given is None:
        given = FixedAmount(Money(agreed.discount, agreed.currency))
    return coupon, given


def _has_reduction(term: Mapping[str, Any]) -> bool:
    return term["kind"] == TermKind.REDUCTION.value or any(_has_reduction(each) for each in term["terms"])


def country_after(agreed: Agreed, edit: Edit) -> str:
    """Where the order goes from now on."""
    return edit.address.country if edit.address is not None else agreed.country


def delivery_after(
    agreed: Agreed, edit: Edit, offered: Mapping[ShippingMethodId, ShippingMethod]
) -> ShippingMethod | UserError | None:
    """How the goods come from now on: as was agreed and for as much, unless another way is chosen or the country is another."""
    if edit.method_id is not None:
        return offered.get(edit.method_id) or NotFound(path=("input", "delivery_option_id"), what="delivery option")
    if agreed.delivery is None:
        return None
    if country_after(agreed, edit) != agreed.country:
        slug = agreed.delivery["slug"]
        return next((each for each in offered.values() if each.slug == slug), None)
    return ShippingMethod(
        id=ShippingMethodId(agreed.cart_id),
        slug=str(agreed.delivery["slug"]),
        name=str(agreed.delivery["name"]),
        description="",
        countries=(),
        price=Money(agreed.shipping, agreed.currency),
        free_from=None,
        days_min=agreed.delivery["days_min"],
        days_max=agreed.delivery["days_max"],
        is_active=True,
    )


def terms_problem(cart: Cart, edit: Edit, standings: Sequence[Standing]) -> UserError | None:
    """What is wrong with where and how the goods are to go, or None."""
    if (edit.address is not None or edit.method_id is not None) and any(each.sent for each in standings):
        return AlreadyShipped(path=("input", "shipping_address" if edit.address is not None else "delivery_option_id"))
    if not cart.requires_shipping:
        return None
    if cart.shipping_address is None:
        return Invalid(path=("input", "shipping_address"), reason="Say where the goods go.")
    method = cart.shipping_method
    if method is None or not method.reaches(cart.destination):
        return DeliveryUnavailable(path=("input", "delivery_option_id"), country=cart.destination)
    return None


def discount_problem(cart: Cart, quoted: Quote, now: datetime) -> UserError | None:
    """What keeps the order's coupon from being kept, which is its minimum, or None."""
    if cart.coupon is None:
        return None
    return why_not(cart.coupon, goods=quoted.subtotal, now=now, at=("input", "drop_discounts"))


def own_prices_problem(agreed: Agreed, cart: Cart, edit: Edit) -> UserError | None:
    """Which units more somebody who may not give orders prices of their own would sell at one, or None; as with drafts.

    `cart` is the one the order came from.
    """
    given = {line.variant_id: line.own_price.minor for line in cart.lines if line.own_price is not None}
    reduced = isinstance(cart.reduction, Percentage) and _has_reduction(agreed.explanation) and not edit.drops_discounts
    known = {each.id: each for each in agreed.lines}
    for place, change in enumerate(edit.changed):
        line = known.get(change.line_id) if change.line_id is not None else None
        if line is None or change.quantity <= line.quantity:
            continue
        if reduced or (line.variant_id is not None and given.get(line.variant_id) == line.unit_price):
            return OwnPricesNotAllowed(path=("input", "lines", str(place), "quantity"))
    return OwnPricesNotAllowed(path=("input", "add")) if reduced and edit.added else None


def differences(agreed: Agreed, lines: Sequence[CartLine]) -> tuple[dict[VariantId, int], dict[VariantId, int]]:
    """Units by variant that are wanted more, and that are wanted no more; of what is sold no more there is no shelf."""
    more: dict[VariantId, int] = {}
    for line in agreed.lines:
        if line.variant_id is not None:
            more[line.variant_id] = more.get(line.variant_id, 0) - line.quantity
    known = {each.id: each.variant_id for each in agreed.lines}
    for each in lines:
        variant_id = known.get(OrderLineId(each.id), each.variant_id)
        if variant_id is not None:
            more[variant_id] = more.get(variant_id, 0) + each.quantity
    return {each: units for each, units in more.items() if units > 0}, {
        each: -units for each, units in more.items() if units < 0
    }


def given_back(captured: Money, gone_back: Money, *, total: Money) -> tuple[int, Money]:
    """What over all edits went or goes back of what came in, in minor units, and what of it this edit has to promise.

    What is billed then, the total and the first, less what came in is just what has still to come in.
    """
    held = captured - gone_back
    stays = min(held, total, key=lambda each: each.minor)
    return (captured - stays).minor, held - stays


def place_of(edit: Edit, agreed: Agreed, variant_id: VariantId) -> Path:
    """Where the edit asks for units of a variant."""
    added = next((place for place, each in enumerate(edit.added) if each.variant_id == variant_id), None)
    if added is not None:
        return ("input", "add", str(added), "quantity")
    lines = {each.id for each in agreed.lines if each.variant_id == variant_id}
    changed = next((place for place, each in enumerate(edit.changed) if each.line_id in lines), 0)
    return ("input", "lines", str(changed), "quantity")


def told(agreed: Agreed, amended: Amended, edit: Edit, *, due: int, back: int) -> dict[str, Any]:
    """What the history keeps of an edit: amounts in minor units, and of the address only that it is another."""
    before = {each.id: each for each in agreed.lines}
    after = {each.id: each for each in amended.lines}
    lines = [
        {
            "sku": (after.get(line_id) or before[line_id]).sku,
            "name": (after.get(line_id) or before[line_id]).product_name,
            "from": before[line_id].quantity if line_id in before else 0,
            "to": after[line_id].quantity if line_id in after else 0,
            "unit_price": (after.get(line_id) or before[line_id]).unit_price,
        }
        for line_id in dict.fromkeys((*before, *after))
    ]
    return {
        "currency": agreed.currency,
        "total": [agreed.total, amended.total],
        "tax": [agreed.tax_total, amended.tax_total],
        "discount": [agreed.discount, amended.discount],
        "shipping": [agreed.shipping, amended.shipping],
        "lines": [each for each in lines if each["from"] != each["to"]],
        "is_address_new": edit.address is not None and edit.address != agreed.shipping_address,
        "due": due,
        "back": back,
        "reason": edit.reason,
    }
