"""What staff does to drafts: begins, changes, tries a change, throws away, and completes them into orders.

Each function is one change under the lock of the draft's cart. Whoever is limited to channels finds only their drafts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from domain.carts.errors import DeliveryUnavailable
from domain.carts.model import Cart, CartState
from domain.carts.rules import quote
from domain.checkout.actions import Agreement, place_order
from domain.customers.model import kept
from domain.drafts import rules
from domain.drafts.events import DraftCompleted, DraftCreated, DraftDeleted, DraftUpdated
from domain.drafts.model import Contents, Draft, DraftLine, DraftState, NewDraft, Reduction
from domain.error import NotFound, Path, UserError, VersionConflict
from domain.ids import CartId, DraftId, OrderId
from domain.money import Money
from domain.notices.model import NoticeKind
from domain.orders.model import Entry, EventKind, PaymentStatus
from domain.promotions.errors import CouponUnknown
from domain.promotions.model import CODE_LENGTH_MAX, Coupon, FixedAmount, Percentage, code_key
from domain.promotions.rules import why_not
from domain.unit import Rehearsed, Unit
from domain.viewer import Permission, Viewer, actor_name, holds_in

DELETED_KEPT = timedelta(days=30)
"""How long a draft that was thrown away can still be read."""
FORGOTTEN_AT_ONCE = 500
DRAFT: Path = ("input", "id")
BY_DRAFT = "draft"
"""The cause of an order that a draft became; its buyer is told by the draft's own fact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """How a draft is completed: at this total, and whether its buyer is sent a link to pay it.

    The goods are kept for `reservation_seconds`; an order that is not paid by then is called off.
    """

    expected_total: Money
    asks_payment: bool
    reservation_seconds: int


async def create_draft(unit: Unit, *, draft: NewDraft, contents: Contents, by: Viewer, now: datetime) -> DraftId | UserError:
    """Begins a draft on a channel, with what is known of it."""
    if not holds_in(by, Permission.MANAGE_ORDERS, draft.channel_id):
        return NotFound(path=("input",), what="channel")
    await unit.drafts.add(draft)
    held = await _held(unit, draft.id, by, if_version=None)
    filled = held if isinstance(held, UserError) else await _filled(unit, held, contents, by, now)
    if isinstance(filled, UserError):
        return filled
    unit.announce(DraftCreated(draft_order_id=draft.id))
    return draft.id


async def update_draft(
    unit: Unit, *, draft_id: DraftId, contents: Contents, by: Viewer, now: datetime, if_version: int | None = None
) -> DraftId | UserError:
    """Changes a draft. All that was said, or nothing."""
    changed = await _updated(unit, draft_id, contents, by=by, now=now, if_version=if_version)
    if isinstance(changed, UserError):
        return changed
    unit.announce(DraftUpdated(draft_order_id=draft_id))
    return draft_id


async def rehearse_update(
    unit: Unit, *, draft_id: DraftId, contents: Contents, by: Viewer, now: datetime, if_version: int | None = None
) -> Rehearsed[Draft] | UserError:
    """The draft as a change would leave it, with nothing written."""
    changed = await _updated(unit, draft_id, contents, by=by, now=now, if_version=if_version)
    return changed if isinstance(changed, UserError) else Rehearsed(changed)


async def delete_draft(
    unit: Unit, *, draft_id: DraftId, by: Viewer, now: datetime, if_version: int | None = None
) -> DraftId | UserError:
    """Throws a draft away. It stays readable for a month and never becomes an order; doing it again changes nothing."""
    draft = await _held(unit, draft_id, by, if_version=if_version)
    if isinstance(draft, UserError):
        return draft
    if draft.standing.state is DraftState.DELETED:
        return draft_id
    if (problem := rules.step_problem(draft.standing.state, DraftState.DELETED, DRAFT)) is not None:
        return problem
    await unit.drafts.close(draft_id, DraftState.DELETED, order_id=None, now=now)
    unit.announce(DraftDeleted(draft_order_id=draft_id))
    return draft_id


async def forget_deleted(unit: Unit, *, now: datetime) -> int:
    """Drops drafts that were thrown away long ago, with the buyers' data in them; how many, 0 when it is done."""
    return await unit.drafts.forget_deleted(before=now - DELETED_KEPT, count_max=FORGOTTEN_AT_ONCE)


async def complete_draft(
    unit: Unit, *, draft_id: DraftId, completion: Completion, by: Viewer, now: datetime, if_version: int | None = None
) -> OrderId | UserError:
    """Makes an order of a draft by the rules of every checkout. Completing again gives the same order."""
    draft = await _held(unit, draft_id, by, if_version=None)
    if isinstance(draft, UserError):
        return draft
    if draft.standing.order_id is not None:
        return draft.standing.order_id
    problem = rules.step_problem(draft.standing.state, DraftState.COMPLETED, DRAFT) or _stale(draft, if_version)
    if problem is not None:
        return problem
    done = {"state": CartState.COMPLETED.value}
    cart = await unit.carts.change(draft.standing.cart_id, done, now=now, within=CartState.DRAFT)
    order_id = await place_order(
        unit,
        cart or draft.cart,
        agreement=Agreement(expected_total=completion.expected_total, accept_changes=True),
        reservation_seconds=completion.reservation_seconds,
        by=by,
        now=now,
        cause=BY_DRAFT,
    )
    if isinstance(order_id, UserError):
        return rules.of_draft(order_id)
    await _note(unit, draft_id, order_id, asks_payment=completion.asks_payment, by=by, now=now)
    return order_id


async def _note(unit: Unit, draft_id: DraftId, order_id: OrderId, *, asks_payment: bool, by: Viewer, now: datetime) -> None:
    """Writes into both histories what became of what, and announces it."""
    order = await unit.orders.lock(order_id)
    if order is None:
        raise RuntimeError(f"order {order_id} is gone in the transaction that placed it")
    entry = Entry(kind=EventKind.DRAFT_COMPLETED, data={"draft": str(draft_id)})
    await unit.orders.record(order, order.states, [entry], actor=actor_name(by), now=now)
    await unit.drafts.close(draft_id, DraftState.COMPLETED, order_id=order_id, now=now)
    is_asked = asks_payment and order.states.payment is PaymentStatus.UNPAID
    letter = NoticeKind.PAYMENT_REQUESTED if is_asked else NoticeKind.ORDER_CONFIRMED
    unit.announce(DraftCompleted(draft_order_id=draft_id, order_id=order_id, letter=letter.value))


async def _held(unit: Unit, draft_id: DraftId, by: Viewer, *, if_version: int | None) -> Draft | UserError:
    """The draft under its cart's lock, if it is of a channel in which the caller works."""
    cart = await unit.carts.lock(CartId(draft_id))
    standing = await unit.drafts.find(draft_id)
    if cart is None or standing is None or not holds_in(by, Permission.MANAGE_ORDERS, cart.channel_id):
        return NotFound(path=DRAFT, what="draft order")
    draft = Draft(standing, cart)
    return _stale(draft, if_version) or draft


def _stale(draft: Draft, if_version: int | None) -> UserError | None:
    if if_version is None or if_version == draft.cart.version:
        return None
    return VersionConflict(path=("input", "if_version"), current=draft.cart.version)


async def _updated(
    unit: Unit, draft_id: DraftId, contents: Contents, *, by: Viewer, now: datetime, if_version: int | None
) -> Draft | UserError:
    draft = await _held(unit, draft_id, by, if_version=if_version)
    if isinstance(draft, UserError):
        return draft
    problem = rules.change_problem(draft.standing.state, DRAFT)
    return problem if problem is not None else await _filled(unit, draft, contents, by, now)


async def _filled(unit: Unit, draft: Draft, contents: Contents, by: Viewer, now: datetime) -> Draft | UserError:
    """The draft with what was said written into it; or what is wrong with that."""
    if not holds_in(by, Permission.MANAGE_ORDER_PRICES, draft.cart.channel_id):
        refused = rules.own_prices_problem(draft.cart, contents)
        if refused is not None:
            return refused
    if (problem := rules.text_problem(contents)) is not None:
        return problem
    if contents.lines is not None and (failure := await _set_lines(unit, draft, contents.lines, now)) is not None:
        return failure
    coupon = await _coupon(unit, draft.cart, contents.coupon_code) if contents.coupon_code else None
    if isinstance(coupon, UserError):
        return coupon
    columns = _columns(contents) | ({"coupon_id": coupon.id} if coupon is not None else {})
    cart = await unit.carts.change(draft.standing.cart_id, columns, now=now, within=CartState.DRAFT)
    if contents.reduction is not None:
        await unit.drafts.set_reason(draft.standing.id, contents.reduction.reason)
    standing = await unit.drafts.find(draft.standing.id)
    if cart is None or standing is None:
        raise RuntimeError(f"draft {draft.standing.id} is gone under its own lock")
    refused = _cannot_have(cart, contents, now)
    return refused if refused is not None else Draft(standing, cart)


async def _set_lines(unit: Unit, draft: Draft, lines: Sequence[DraftLine], now: datetime) -> UserError | None:
    cart = draft.cart
    named = [line.variant_id for line in lines if line.variant_id is not None]
    sold = await unit.carts.sellable(named, channel_id=cart.channel_id, currency=cart.currency)
    if (problem := rules.lines_problem(lines, sold)) is not None:
        return problem
    wanted = [
        (line.variant_id, line.quantity, sold[line.variant_id].price, line.own_price)
        for line in lines
        if line.variant_id is not None
    ]
    gone = [line for line in cart.lines if line.variant_id not in sold]
    await unit.drafts.set_lines(draft.standing.id, wanted, gone=gone, now=now)
    return None


async def _coupon(unit: Unit, cart: Cart, code: str) -> Coupon | UserError:
    key = code_key(code)
    coupon = await unit.promotions.by_code(cart.channel_id, key) if 0 < len(key) <= CODE_LENGTH_MAX else None
    return coupon or CouponUnknown(path=("input", "coupon_code"))


def _columns(contents: Contents) -> dict[str, Any]:
    """What changes in the cart's own row, by column."""
    columns: dict[str, Any] = {
        "customer_id": contents.customer_id,
        "email": contents.email,
        "shipping_address": kept(contents.shipping_address) if contents.shipping_address is not None else None,
        "billing_address": kept(contents.billing_address) if contents.billing_address is not None else None,
        "shipping_method_id": contents.method_id,
        "note": contents.note,
    }
    columns = {name: value for name, value in columns.items() if value is not None}
    if contents.coupon_code == "":
        columns["coupon_id"] = None
    return columns | (_taken_off(contents.reduction) if contents.reduction is not None else {})


def _taken_off(reduction: Reduction) -> dict[str, Any]:
    benefit = reduction.benefit
    return {
        "reduction_basis_points": benefit.basis_points if isinstance(benefit, Percentage) else None,
        "reduction_amount": benefit.amount.minor if isinstance(benefit, FixedAmount) else None,
    }


def _cannot_have(cart: Cart, contents: Contents, now: datetime) -> UserError | None:
    """Whether the delivery or the coupon that was said is none for the draft as it is by now."""
    if contents.method_id is not None:
        at: Path = ("input", "delivery_option_id")
        method = cart.shipping_method
        if method is None or method.price.currency != cart.currency:
            return NotFound(path=at, what="delivery option")
        if not method.reaches(cart.destination):
            return DeliveryUnavailable(path=at, country=cart.destination)
    if contents.coupon_code and cart.coupon is not None:
        goods = quote(cart, now=now).subtotal
        return why_not(cart.coupon, goods=goods, now=now, at=("input", "coupon_code"))
    return None
