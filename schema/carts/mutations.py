"""What buyers do to carts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from domain.carts import actions
from domain.carts.actions import CART, Start, Wanted
from domain.carts.joining import associate_cart
from domain.carts.model import LINES_MAX
from domain.carts.model import Cart as KeptCart
from domain.carts.rules import missing, price_changes
from domain.error import Caution, Invalid, NotFound, Several, UserError
from domain.ids import CartId, CartLineId, ChannelId, CustomerId, ShippingMethodId, VariantId, new_id
from domain.stock.errors import InsufficientStock
from domain.viewer import Customer
from persistence.customers.reads import customers
from schema.carts.inputs import (
    CartAddressesUpdateInput,
    CartAssociateInput,
    CartBuyerUpdateInput,
    CartClearInput,
    CartCouponApplyInput,
    CartCouponRemoveInput,
    CartCreateInput,
    CartDeliverySelectInput,
    CartLineInput,
    CartLinesAddInput,
    CartLinesRemoveInput,
    CartLinesUpdateInput,
)
from schema.carts.types import Cart
from schema.context import Context
from schema.customers.addresses import AddressInput, checked_address
from schema.mutations import Answer, answered, deed
from schema.notices.numbers import sms_phone_of
from schema.permissions import CUSTOMER, EVERYONE
from schema.refusal import too_many

THE_CART = (Cart, "The cart as it is now.")


async def _act(
    context: Context, action: Callable[..., Awaitable[KeptCart | UserError]], cart_id: str, **given: Any
) -> Answer | UserError:
    """Runs an action on the cart behind a secret id, and answers with the cart as it is then."""
    known = context.cart_id(cart_id)
    if known is None:
        return NotFound(path=CART, what="cart")
    outcome = await context.act(action, cart_id=CartId(known), by=context.viewer, now=context.now, **given)
    return outcome if isinstance(outcome, UserError) else _told(context, outcome)


def _told(context: Context, cart: KeptCart) -> Answer:
    """The cart as its change left it, with what has changed under the buyer's hands as warnings."""
    return answered(cart=cart, warnings=_drift(cart, context))


def _drift(cart: KeptCart, context: Context) -> list[Caution]:
    short = [each for each in missing(cart, now=context.now) if isinstance(each, InsufficientStock)]
    return [Caution(code=each.code, message=each.message, path=each.path) for each in (*price_changes(cart), *short)]


def _wanted(context: Context, lines: Sequence[CartLineInput]) -> list[Wanted]:
    ids = [context.id_of("Variant", line.variant_id) for line in lines]
    return [Wanted(VariantId(each) if each is not None else None, line.quantity) for each, line in zip(ids, lines, strict=True)]


def _too_long(lines: Sequence[object], field: str = "lines") -> UserError | None:
    return Invalid(path=("input", field), reason=f"At most {LINES_MAX} at once.") if len(lines) > LINES_MAX else None


@deed(
    "Starts a cart on the operation's channel, in its currency. A customer who has an open one there gets that one.",
    allow=EVERYONE,
    cart=THE_CART,
)
async def cart_create(context: Context, *, input: CartCreateInput) -> Answer | UserError:
    if (problem := _too_long(input.lines)) is not None:
        return problem
    place = await context.place()
    start = Start(
        channel_id=ChannelId(place.channel.id), currency=place.currency, country=place.country, language=place.language
    )
    outcome = await context.act(
        actions.create_cart,
        cart_id=CartId(new_id()),
        start=start,
        lines=_wanted(context, input.lines),
        by=context.viewer,
        now=context.now,
    )
    return outcome if isinstance(outcome, UserError) else _told(context, outcome)


@deed("Puts units into a cart. All lines or none.", allow=EVERYONE, cart=THE_CART)
async def cart_lines_add(context: Context, *, input: CartLinesAddInput) -> Answer | UserError:
    if (problem := _too_long(input.lines)) is not None:
        return problem
    return await _act(context, actions.add_lines, input.cart_id, lines=_wanted(context, input.lines))


@deed(
    "Sets the quantities of lines; 0 removes one. Accepts the lines' present prices. All or none.",
    allow=EVERYONE,
    cart=THE_CART,
)
async def cart_lines_update(context: Context, *, input: CartLinesUpdateInput) -> Answer | UserError:
    if (problem := _too_long(input.lines)) is not None:
        return problem
    quantities = [(_line_id(context, line.id), line.quantity) for line in input.lines]
    return await _act(context, actions.update_lines, input.cart_id, quantities=quantities)


def _line_id(context: Context, text: str) -> CartLineId | None:
    line_id = context.id_of("CartLine", text)
    return CartLineId(line_id) if line_id is not None else None


@deed("Takes lines out of a cart. All or none.", allow=EVERYONE, cart=THE_CART)
async def cart_lines_remove(context: Context, *, input: CartLinesRemoveInput) -> Answer | UserError:
    if (problem := _too_long(input.line_ids, "line_ids")) is not None:
        return problem
    return await _act(
        context, actions.remove_lines, input.cart_id, line_ids=[_line_id(context, each) for each in input.line_ids]
    )


@deed("Takes everything out of a cart; address, delivery and coupon stay.", allow=EVERYONE, cart=THE_CART)
async def cart_clear(context: Context, *, input: CartClearInput) -> Answer | UserError:
    return await _act(context, actions.clear_cart, input.cart_id)


@deed("Says who buys, and what they want to tell the shop.", allow=EVERYONE, cart=THE_CART)
async def cart_buyer_update(context: Context, *, input: CartBuyerUpdateInput) -> Answer | UserError:
    email = None
    if input.email is not None and (email := context.ports.access.emails.normalised(input.email)) is None:
        return Invalid(path=("input", "email"), reason="This is no e-mail address.")
    phone = sms_phone_of(context, input.sms_phone, at=("input", "sms_phone"))
    if isinstance(phone, UserError):
        return phone
    return await _act(context, actions.change_buyer, input.cart_id, email=email, note=input.note, sms_phone=phone)


@deed("Says where the goods go and whom the bill is for; checked by the rules of the country.", allow=EVERYONE, cart=THE_CART)
async def cart_addresses_update(
    context: Context,
    *,
    input: CartAddressesUpdateInput,
) -> Answer | UserError:
    given: dict[str, AddressInput | None] = {"shipping": input.shipping, "billing": input.billing}
    checked = {
        name: checked_address(context.ports.addresses, said, at=("input", name)) if said is not None else None
        for name, said in given.items()
    }
    problems = [error for each in checked.values() if isinstance(each, Several) for error in each.errors]
    if problems:
        return Several(errors=tuple(problems))
    return await _act(context, actions.change_addresses, input.cart_id, **checked)


@deed("Chooses how the goods come.", allow=EVERYONE, cart=THE_CART)
async def cart_delivery_select(
    context: Context,
    *,
    input: CartDeliverySelectInput,
) -> Answer | UserError:
    method_id = context.id_of("DeliveryOption", input.delivery_option_id)
    return await _act(
        context,
        actions.choose_delivery,
        input.cart_id,
        method_id=ShippingMethodId(method_id) if method_id is not None else None,
    )


@deed("Puts a coupon on the cart, in place of another; each limit of a coupon has its own code.", allow=EVERYONE, cart=THE_CART)
async def cart_coupon_apply(context: Context, *, input: CartCouponApplyInput) -> Answer | UserError:
    known = context.cart_id(input.cart_id)
    if known is None:
        return NotFound(path=CART, what="cart")
    # Codes can be guessed; a try costs the cart and the address that it came from, whatever becomes of it.
    attempts = context.ports.access.throttle
    if (throttled := await attempts.attempt("coupon", account=str(known), address=context.caller.address)) is not None:
        raise too_many(throttled)
    return await _act(context, actions.apply_coupon, input.cart_id, code=input.code)


@deed("Takes the coupon off the cart.", allow=EVERYONE, cart=THE_CART)
async def cart_coupon_remove(
    context: Context,
    *,
    input: CartCouponRemoveInput,
) -> Answer | UserError:
    return await _act(context, actions.remove_coupon, input.cart_id)


@deed(
    "Makes a guest's cart the caller's, after logging in. If they have an open one on the channel, it goes into that: of "
    "a variant in both, the larger quantity stays; what theirs lacks of addresses, delivery, coupon and note comes along.",
    allow=CUSTOMER,
    cart=THE_CART,
)
async def cart_associate(context: Context, *, input: CartAssociateInput) -> Answer | UserError:
    if not isinstance(context.viewer, Customer):
        return NotFound(path=CART, what="cart")
    return await _associate(context, input.cart_id, context.viewer.id)


async def _associate(context: Context, cart_id: str, customer_id: CustomerId) -> Answer | UserError:
    """Gives a cart to a customer; who is staff alone has no carts."""
    customer = (await customers(context.reader, [customer_id]))[0]
    known = context.cart_id(cart_id)
    if customer is None or known is None:
        return NotFound(path=CART, what="cart")
    outcome = await context.act(
        associate_cart,
        cart_id=CartId(known),
        customer_id=customer_id,
        email=customer.email,
        by=context.viewer,
        now=context.now,
    )
    return outcome if isinstance(outcome, UserError) else _told(context, outcome)


async def bring_cart(context: Context, cart_id: str, customer_id: CustomerId) -> Answer:
    """What logging in does with the guest's cart: a cart that cannot come along is a warning, the log-in stands."""
    outcome = await _associate(context, cart_id, customer_id)
    if isinstance(outcome, UserError):
        return answered(warnings=[Caution(code=outcome.code, message=outcome.message, path=outcome.path)])
    return outcome
