"""What happens to a guest's cart when its buyer logs in: it becomes theirs, or goes into the one they have."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from domain.carts.actions import open_cart
from domain.carts.model import LINES_MAX, Cart, CartState
from domain.customers.model import kept
from domain.error import UserError
from domain.ids import CartId, CustomerId
from domain.unit import Unit
from domain.viewer import Viewer


async def associate_cart(
    unit: Unit, *, cart_id: CartId, customer_id: CustomerId, email: str, by: Viewer, now: datetime
) -> Cart | UserError:
    """Gives a guest's cart to a customer who has logged in.

    Without an open cart of their own on the channel, the guest's becomes theirs. Otherwise it goes into theirs: of a
    variant in both, the larger quantity stays (so that doing it twice adds nothing); what the customer's cart lacks of
    addresses, delivery, coupon, note and number for text messages comes along; lines that find no room (200), or are not
    sold any more, are left out.
    """
    guest = await open_cart(unit, cart_id, by)
    if isinstance(guest, UserError):
        return guest
    if guest.customer_id is not None:
        return guest
    own_id = await unit.carts.open_of_customer(customer_id, guest.channel_id)
    own = await unit.carts.lock(own_id) if own_id is not None else None
    if own is None or own.state is not CartState.OPEN:
        await unit.carts.change(guest.id, {"customer_id": customer_id, "email": guest.email or email}, now=now)
        return await unit.carts.read(guest.id)
    there = {line.variant_id: line for line in own.lines}
    coming = [line for line in guest.lines if line.variant_id not in there or line.quantity > there[line.variant_id].quantity]
    room = LINES_MAX - len(there)
    fresh = [line for line in coming if line.variant_id not in there][:room]
    grown = [line for line in coming if line.variant_id in there]
    moved = {line.variant_id: line.quantity for line in (*grown, *fresh)}
    sold = await unit.carts.sellable(list(moved), channel_id=own.channel_id, currency=own.currency)
    await unit.carts.set_lines(own.id, [(each, moved[each], sold[each].price) for each in moved if each in sold], now=now)
    await unit.carts.change(own.id, _come_along(guest, own), now=now)
    await unit.carts.merge(guest.id, own.id, now=now)
    return await unit.carts.read(own.id)


def _come_along(guest: Cart, own: Cart) -> dict[str, Any]:
    """What the customer's own cart lacks and the guest's has. A price in another currency does not travel."""
    changes: dict[str, Any] = {}
    if own.shipping_address is None and guest.shipping_address is not None:
        changes["shipping_address"] = kept(guest.shipping_address)
    if own.billing_address is None and guest.billing_address is not None:
        changes["billing_address"] = kept(guest.billing_address)
    if own.shipping_method is None and guest.shipping_method is not None and guest.currency == own.currency:
        changes["shipping_method_id"] = guest.shipping_method.id
    if own.coupon is None and guest.coupon is not None:
        changes["coupon_id"] = guest.coupon.id
    if not own.note and guest.note:
        changes["note"] = guest.note
    if own.sms_phone is None and guest.sms_phone is not None:
        changes["sms_phone"] = guest.sms_phone
    return changes
