"""What buyers do to carts: each function is one change under the cart's lock.

A cart without an owner belongs to whoever knows its secret id; one with an owner only to that customer, signed in. What
a caller may not touch is not found.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.access.rules import email_key
from domain.carts.errors import CartCompleted, CartFull, DeliveryUnavailable, QuantityOutOfRange, VariantUnavailable
from domain.carts.model import LINES_MAX, NOTE_LENGTH_MAX, QUANTITY_MAX, Cart, CartLine, CartState
from domain.carts.rules import quote
from domain.carts.store import NewCart
from domain.customers.model import Address, kept
from domain.error import Invalid, NotFound, Path, Several, UserError
from domain.ids import CartId, CartLineId, ChannelId, ShippingMethodId, VariantId
from domain.money import Currency, Money
from domain.promotions.errors import CouponCustomerLimit, CouponUnknown
from domain.promotions.model import CODE_LENGTH_MAX, code_key
from domain.promotions.rules import why_not
from domain.stock.errors import InsufficientStock
from domain.unit import Unit
from domain.viewer import Customer, Viewer

CART: Path = ("input", "cart_id")
Change = Callable[[CartId], Awaitable[Cart | None]]
"""Changes an open cart and answers with it; None when there is none, or nothing was changed."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A variant and how many of it; `variant_id` None stands for an id that nobody was given."""

    variant_id: VariantId | None
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a new cart begins."""

    channel_id: ChannelId
    currency: Currency
    country: str
    language: str


def may_touch(cart: Cart, viewer: Viewer) -> bool:
    """Whether the viewer may see and change the cart, given that they know its id. A draft is nobody's cart."""
    if cart.state is CartState.DRAFT:
        return False
    return cart.customer_id is None or (isinstance(viewer, Customer) and viewer.id == cart.customer_id)


async def open_cart(unit: Unit, cart_id: CartId, by: Viewer) -> Cart | UserError:
    """The cart under its lock, wherever it was merged into; open, and the caller's to change."""
    cart = await unit.carts.lock(cart_id)
    if cart is not None and cart.state is CartState.MERGED:
        into = await unit.carts.merged_into(cart_id)
        cart = await unit.carts.lock(into) if into is not None else None
    if cart is None or not may_touch(cart, by):
        return NotFound(path=CART, what="cart")
    return CartCompleted(path=CART) if cart.state is CartState.COMPLETED else cart


async def changed(unit: Unit, cart_id: CartId, change: Change, by: Viewer) -> Cart | UserError:
    """Changes the cart first and looks then whether it was the caller's to change: what is returned as a failure rolls back."""
    cart = await change(cart_id)
    if cart is None:
        there = await open_cart(unit, cart_id, by)
        if isinstance(there, UserError):
            return there
        cart = await change(there.id) or there
    return cart if may_touch(cart, by) else NotFound(path=CART, what="cart")


async def create_cart(
    unit: Unit, *, cart_id: CartId, start: Start, lines: Sequence[Wanted], by: Viewer, now: datetime
) -> Cart | UserError:
    """Starts a cart with lines; a signed-in customer who has one on the channel gets that one, with the lines added."""
    customer_id = by.id if isinstance(by, Customer) else None
    units = _units(lines)
    added = await unit.carts.add(
        NewCart(
            id=cart_id,
            channel_id=start.channel_id,
            currency=start.currency,
            country=start.country,
            language=start.language,
            customer_id=customer_id,
            created_at=now,
        ),
        units,
    )
    if added is None and customer_id is not None:
        cart_id = await unit.carts.open_of_customer(customer_id, start.channel_id) or cart_id
        return await add_lines(unit, cart_id=cart_id, lines=lines, by=by, now=now) if lines else await unit.carts.read(cart_id)
    return _filled(await unit.carts.read(cart_id), lines, units, added or set())


async def add_lines(unit: Unit, *, cart_id: CartId, lines: Sequence[Wanted], by: Viewer, now: datetime) -> Cart | UserError:
    """Adds units; what is in the cart already grows. All lines or none."""
    units = _units(lines)
    added: set[VariantId] = set()

    async def add(cart_id: CartId) -> Cart | None:
        nonlocal added
        added = await unit.carts.add_units(cart_id, units, now=now)
        return await unit.carts.read(cart_id) if added else None

    cart = await changed(unit, cart_id, add, by)
    if isinstance(cart, UserError):
        return cart
    return _filled(cart, lines, units, added)


def _units(lines: Sequence[Wanted]) -> dict[VariantId, int]:
    """What to add of each variant, as far as it can be; the rest is told by `_problems`."""
    units: dict[VariantId, int] = {}
    for each in lines:
        if each.variant_id is not None and 1 <= each.quantity <= QUANTITY_MAX:
            units[each.variant_id] = min(units.get(each.variant_id, 0) + each.quantity, QUANTITY_MAX)
    return units


def _filled(
    cart: Cart, lines: Sequence[Wanted], units: Mapping[VariantId, int], added: AbstractSet[VariantId]
) -> Cart | UserError:
    """The cart after the units went in; or everything that is wrong with the lines."""
    before = {
        line.variant_id: line.quantity - (units[line.variant_id] if line.variant_id in added else 0) for line in cart.lines
    }
    problems = _problems(lines, {line.variant_id: line for line in cart.lines}, before)
    if len(cart.lines) > LINES_MAX:
        problems.append(CartFull(path=("input", "lines"), limit=LINES_MAX))
    return Several(errors=tuple(problems)) if problems else cart


def _problems(lines: Sequence[Wanted], there: Mapping[VariantId, CartLine], before: Mapping[VariantId, int]) -> list[UserError]:
    """What is wrong with each wanted line, given the cart after and how many units there were before."""
    problems: list[UserError] = []
    asked: dict[VariantId | None, int] = {}
    for position, each in enumerate(lines):
        at: Path = ("input", "lines", str(position))
        asked[each.variant_id] = asked.get(each.variant_id, 0) + each.quantity
        line = there.get(each.variant_id) if each.variant_id is not None else None
        if each.quantity < 1 or asked[each.variant_id] > QUANTITY_MAX:
            problems.append(QuantityOutOfRange(path=(*at, "quantity"), minimum=1, maximum=QUANTITY_MAX))
        elif line is None or line.unit_price is None:
            problems.append(NotFound(path=(*at, "variant_id"), what="variant"))
        else:
            problems += _too_many(line, before[line.variant_id] + asked[line.variant_id], (*at, "quantity"))
    return problems


def _too_many(line: CartLine, quantity: int, at: Path) -> list[UserError]:
    if quantity > QUANTITY_MAX:
        return [QuantityOutOfRange(path=at, minimum=1, maximum=QUANTITY_MAX)]
    if line.free is not None and quantity > line.free:
        return [InsufficientStock(path=at, sku=line.sku, asked=quantity, available=max(line.free, 0))]
    return []


async def update_lines(
    unit: Unit, *, cart_id: CartId, quantities: Sequence[tuple[CartLineId | None, int]], by: Viewer, now: datetime
) -> Cart | UserError:
    """Sets the quantities of lines; 0 removes one. Accepts the lines' present prices. All or none."""
    cart = await open_cart(unit, cart_id, by)
    if isinstance(cart, UserError):
        return cart
    lines = {line.id: line for line in cart.lines}
    problems: list[UserError] = []
    changes: dict[VariantId, tuple[int, Money]] = {}
    for position, (line_id, quantity) in enumerate(quantities):
        at: Path = ("input", "lines", str(position))
        line = lines.get(line_id) if line_id is not None else None
        if line is None:
            problems.append(NotFound(path=(*at, "id"), what="line"))
        elif not 0 <= quantity <= QUANTITY_MAX:
            problems.append(QuantityOutOfRange(path=(*at, "quantity"), minimum=0, maximum=QUANTITY_MAX))
        else:
            problems += _cannot_have(line, quantity, (*at, "quantity"))
            changes[line.variant_id] = (quantity, line.unit_price or line.price_seen)
    if problems:
        return Several(errors=tuple(problems))
    await unit.carts.set_lines(cart.id, [(each, count, price) for each, (count, price) in changes.items()], now=now)
    return await unit.carts.read(cart.id)


def _cannot_have(line: CartLine, quantity: int, at: Path) -> list[UserError]:
    if quantity == 0:
        return []
    return [VariantUnavailable(path=at, sku=line.sku)] if line.unit_price is None else _too_many(line, quantity, at)


async def remove_lines(
    unit: Unit, *, cart_id: CartId, line_ids: Sequence[CartLineId | None], by: Viewer, now: datetime
) -> Cart | UserError:
    """Removes lines. All or none."""
    cart = await open_cart(unit, cart_id, by)
    if isinstance(cart, UserError):
        return cart
    lines = {line.id: line for line in cart.lines}
    unknown = [
        NotFound(path=("input", "line_ids", str(position)), what="line")
        for position, each in enumerate(line_ids)
        if each not in lines
    ]
    if unknown:
        return Several(errors=tuple(unknown))
    gone = [lines[each] for each in dict.fromkeys(line_ids) if each is not None]
    await unit.carts.set_lines(cart.id, [(line.variant_id, 0, line.price_seen) for line in gone], now=now)
    return await unit.carts.read(cart.id)


async def clear_cart(unit: Unit, *, cart_id: CartId, by: Viewer, now: datetime) -> Cart | UserError:
    """Takes everything out; address, delivery and coupon stay."""
    cart = await open_cart(unit, cart_id, by)
    if isinstance(cart, UserError):
        return cart
    await unit.carts.clear(cart.id, now=now)
    return await unit.carts.read(cart.id)


async def change_buyer(
    unit: Unit,
    *,
    cart_id: CartId,
    email: str | None,
    note: str | None,
    sms_phone: str | None,
    by: Viewer,
    now: datetime,
) -> Cart | UserError:
    """Sets the buyer's e-mail address, the number for text messages (both checked and normalised before; an empty number is
    none) and the note to the shop. None leaves one as it is.
    """
    if note is not None and len(note) > NOTE_LENGTH_MAX:
        return Invalid(path=("input", "note"), reason=f"A note has at most {NOTE_LENGTH_MAX} characters.")
    changes: dict[str, Any] = {name: value for name, value in (("email", email), ("note", note)) if value is not None}
    if sms_phone is not None:
        changes["sms_phone"] = sms_phone or None
    return await _change(unit, cart_id, changes, by, now)


async def change_addresses(
    unit: Unit, *, cart_id: CartId, shipping: Address | None, billing: Address | None, by: Viewer, now: datetime
) -> Cart | UserError:
    """Sets addresses (checked and normalised before); None leaves one as it is."""
    given = (("shipping_address", shipping), ("billing_address", billing))
    return await _change(unit, cart_id, {name: kept(value) for name, value in given if value is not None}, by, now)


async def _change(unit: Unit, cart_id: CartId, changes: dict[str, Any], by: Viewer, now: datetime) -> Cart | UserError:
    return await changed(unit, cart_id, lambda there: unit.carts.change(there, changes, now=now), by)


async def choose_delivery(
    unit: Unit, *, cart_id: CartId, method_id: ShippingMethodId | None, by: Viewer, now: datetime
) -> Cart | UserError:
    """Chooses a way of delivery of the cart's channel that reaches its destination."""
    cart = await _change(unit, cart_id, {"shipping_method_id": method_id}, by, now)
    if isinstance(cart, UserError):
        return cart
    method = cart.shipping_method
    if method is None or method.price.currency != cart.currency:
        return NotFound(path=("input", "delivery_option_id"), what="delivery option")
    if not method.reaches(cart.destination):
        return DeliveryUnavailable(path=("input", "delivery_option_id"), country=cart.destination)
    return cart


async def apply_coupon(unit: Unit, *, cart_id: CartId, code: str, by: Viewer, now: datetime) -> Cart | UserError:
    """Puts a coupon on the cart, in place of another; refuses one that could not be used now, with the reason."""
    cart = await open_cart(unit, cart_id, by)
    if isinstance(cart, UserError):
        return cart
    at: Path = ("input", "code")
    key = code_key(code)
    coupon = await unit.promotions.by_code(cart.channel_id, key) if 0 < len(key) <= CODE_LENGTH_MAX else None
    if coupon is None:
        return CouponUnknown(path=at)
    if (problem := why_not(coupon, goods=quote(cart, now=now).subtotal, now=now, at=at)) is not None:
        return problem
    if coupon.customer_limit is not None and cart.email is not None:
        uses = await unit.promotions.uses_of_customer(coupon.id, email_key(cart.email))
        if uses >= coupon.customer_limit:
            return CouponCustomerLimit(path=at, limit=coupon.customer_limit)
    return await _change(unit, cart.id, {"coupon_id": coupon.id}, by, now)


async def remove_coupon(unit: Unit, *, cart_id: CartId, by: Viewer, now: datetime) -> Cart | UserError:
    """Takes the coupon off the cart, if there is one."""
    return await _change(unit, cart_id, {"coupon_id": None}, by, now)
