"""Staff changes an order after it was placed: one transaction, for real or only to see what it would come to.

Priced as a checkout prices, stock taken and given back to the unit, the difference owed or given back, the invoice written
anew, and all of it told in the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.carts.errors import TotalChanged
from domain.carts.model import Cart, Quote, kept_term
from domain.carts.rules import quote
from domain.checkout.actions import agreed_delivery, sold_line
from domain.customers.model import kept
from domain.edits import rules
from domain.edits.events import BY_EDIT, OrderEdited
from domain.edits.model import REASON_LENGTH_MAX, Agreed, Amended, Edit, Edited
from domain.error import Invalid, NotFound, Several, UserError, VersionConflict
from domain.fulfillments.rules import entries_of_change, states_by_goods
from domain.idempotency import Answered, Claim, Fresh
from domain.ids import OrderId, OrderLineId, VariantId
from domain.invoices.actions import correct_invoice
from domain.live import order_topic
from domain.money import Currency, Money, sum_of, zero
from domain.orders.events import OrderStatusChanged
from domain.orders.model import Entry, EventKind, Order, OrderStatus, States
from domain.orders.rules import payment_status
from domain.payments.actions.refunds import Back, give_back_of
from domain.payments.model import OPEN
from domain.stock.errors import InsufficientStock
from domain.unit import Rehearsed, Unit
from domain.viewer import Permission, Viewer, actor_name, holds_in

NOT_OWED = "The order was changed and costs less."
"""Why money goes back that had come in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How the shop edits: how long goods are kept that wait to be paid, and above which amounts two people give back."""

    reservation_seconds: int
    limits: Mapping[Currency, Money]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scene:
    """The order under its locks, what was agreed, and what of its money went or goes back."""

    order: Order
    agreed: Agreed
    gone_back: Money
    is_pending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What the order is from now on: priced, and line by line."""

    cart: Cart
    quoted: Quote
    demand: Mapping[VariantId, int]
    freed: Mapping[VariantId, int]
    amended: Amended
    surplus: Money


async def edit_order(
    unit: Unit, *, edit: Edit, terms: Terms, claim: Claim | None, by: Viewer, now: datetime
) -> Edited | UserError:
    """Changes an order of which nothing is sent in the lines that change, or says everything that keeps it from that.

    What is owed more waits to be paid; what came in and is owed no more goes back by the payments, and above the shop's limit
    that waits for a second person, with the order changed all the same. Under a claim it is done once.
    """
    if claim is not None:
        match await unit.idempotency.claim(claim):
            case Answered(outcome):
                return Edited(order_id=OrderId(UUID(outcome["order_id"])), told=outcome["told"], explanation=None)
            case Fresh():
                pass
            case reused:
                return reused
    done = await _edit(unit, edit, terms, by, now)
    if claim is not None and isinstance(done, Edited):
        await unit.idempotency.record(claim, {"order_id": str(done.order_id), "told": dict(done.told)})
    return done


async def rehearse_edit(unit: Unit, *, edit: Edit, terms: Terms, by: Viewer, now: datetime) -> Rehearsed[Edited] | UserError:
    """The same, of which nothing stays."""
    done = await _edit(unit, edit, terms, by, now)
    return done if isinstance(done, UserError) else Rehearsed(done)


async def _edit(unit: Unit, edit: Edit, terms: Terms, by: Viewer, now: datetime) -> Edited | UserError:
    scene = await _scene(unit, edit, by)
    if isinstance(scene, UserError):
        return scene
    plan = await _plan(unit, scene, edit, by, now)
    if isinstance(plan, UserError):
        return plan
    actor = actor_name(by)
    if plan.amended.coupon_code is None and scene.agreed.coupon_code is not None:
        await unit.promotions.give_back(scene.order.id)
    if (short := await _stocked(unit, scene, edit, plan, seconds=terms.reservation_seconds, actor=actor)) is not None:
        return short
    await unit.edits.amend(plan.amended)
    order, states = await _moved(unit, scene, plan)
    due = max((order.billed - order.captured).minor, 0)
    told = rules.told(scene.agreed, plan.amended, edit, due=due, back=plan.surplus.minor)
    seq = await _recorded(unit, scene.order, states, told, seconds=terms.reservation_seconds, actor=actor, now=now)
    unit.announce(OrderEdited(order_id=order.id, seq=seq, total=order.total.minor))
    if plan.surplus.minor > 0:
        back = Back(order_id=order.id, amount=plan.surplus, reason=NOT_OWED)
        limit = terms.limits.get(order.currency)
        refused = await give_back_of(unit, back=back, limit=limit, by=by, now=now, permission=Permission.MANAGE_ORDERS)
        if isinstance(refused, UserError):
            return refused
    await correct_invoice(unit, order_id=order.id, now=now)
    unit.hint(order_topic(order.id))
    return Edited(order_id=order.id, told=told, explanation=plan.quoted.explanation)


async def _scene(unit: Unit, edit: Edit, by: Viewer) -> _Scene | UserError:
    order = await unit.orders.lock(edit.order_id)
    if order is None or not holds_in(by, Permission.MANAGE_ORDERS, order.channel_id):
        return NotFound(path=rules.ORDER, what="order")
    if edit.if_version is not None and order.version != edit.if_version:
        return VersionConflict(path=("input", "if_version"), current=order.version)
    if len(edit.reason) > REASON_LENGTH_MAX:
        return Invalid(path=("input", "reason"), reason=f"A reason has at most {REASON_LENGTH_MAX} characters.")
    payments, promised = await unit.payments.lock_all(order.id), await unit.payments.promised(order.id)
    none = zero(order.currency)
    # A promise whose provider has answered is in both sums.
    back = [Money(max(each.refunded.minor, promised.get(each.id, none).minor), order.currency) for each in payments]
    scene = _Scene(
        order=order,
        agreed=await unit.edits.agreed(order.id),
        gone_back=sum_of(back, order.currency),
        is_pending=any(each.state in OPEN for each in payments),
    )
    waiting = await unit.payments.waiting(order.id)
    return rules.order_problem(order, gone_back=scene.gone_back, waiting=waiting, lines=scene.agreed.lines) or scene


async def _plan(unit: Unit, scene: _Scene, edit: Edit, by: Viewer, now: datetime) -> _Plan | UserError:
    """The order priced anew, or what keeps it from being so."""
    order, agreed = scene.order, scene.agreed
    standings = await unit.fulfillments.standings(order.id)
    wanted = [each.variant_id for each in edit.added if each.variant_id is not None]
    offers = await unit.edits.offers(wanted, channel_id=order.channel_id, currency=order.currency)
    lines = rules.lines_after(agreed, edit, {each.line_id: each for each in standings}, offers)
    if isinstance(lines, UserError):
        return lines
    offered = await unit.edits.deliveries(order.channel_id, order.currency)
    method = rules.delivery_after(agreed, edit, offered)
    if isinstance(method, UserError):
        return method
    rate = rules.rate_agreed(agreed)
    if rate is None or rules.country_after(agreed, edit) != agreed.country:
        rate = await unit.edits.tax_rate(order.channel_id, rules.country_after(agreed, edit))
    base = await unit.carts.read(agreed.cart_id)
    if not holds_in(by, Permission.MANAGE_ORDER_PRICES, order.channel_id):
        refused = rules.own_prices_problem(agreed, base, edit)
        if refused is not None:
            return refused
    cart = replace(rules.priced_cart(agreed, base, edit, rate=rate, method=method), lines=lines)
    quoted = quote(cart, now=now)
    problem = rules.terms_problem(cart, edit, standings) or rules.discount_problem(cart, quoted, now)
    if problem is not None:
        return problem
    if edit.expected_total is not None and edit.expected_total != quoted.total:
        return TotalChanged(path=("input", "expected_total"), expected=edit.expected_total, current=quoted.total)
    return _planned(scene, edit, cart, quoted)


def _planned(scene: _Scene, edit: Edit, cart: Cart, quoted: Quote) -> _Plan | UserError:
    order, agreed = scene.order, scene.agreed
    before = {each.id: each.quantity for each in agreed.lines}
    after = {OrderLineId(each.id): each for each in cart.lines}
    sold = [
        replace(sold_line(place, each, quoted.tax_basis_points), id=OrderLineId(each.line.id))
        for place, each in enumerate(quoted.lines)
    ]
    edited_back, surplus = rules.given_back(order.captured, scene.gone_back, total=quoted.total)
    address = cart.shipping_address if cart.requires_shipping or agreed.shipping_address is not None else None
    amended = Amended(
        order_id=order.id,
        country=cart.destination,
        shipping_address=kept(address) if address is not None else None,
        delivery=agreed_delivery(cart, quoted),
        coupon_code=cart.coupon.code if cart.coupon is not None else None,
        subtotal=quoted.subtotal.minor,
        discount=quoted.discount.minor,
        shipping=quoted.shipping.minor,
        tax_added=quoted.tax_added.minor,
        tax_total=quoted.tax_total.minor,
        total=quoted.total.minor,
        explanation=kept_term(quoted.explanation),
        edited_back=edited_back,
        lines=tuple(sold),
        gone=tuple(line_id for line_id in before if line_id not in after),
    )
    is_same = before == {line_id: each.quantity for line_id, each in after.items()} and edit.address in (
        None,
        agreed.shipping_address,
    )
    has_discounts = agreed.discount or agreed.coupon_code is not None
    if is_same and edit.method_id is None and not (edit.drops_discounts and has_discounts):
        return Invalid(path=("input",), reason="This changes nothing of the order.")
    demand, freed = rules.differences(agreed, cart.lines)
    return _Plan(cart=cart, quoted=quoted, demand=demand, freed=freed, amended=amended, surplus=surplus)


async def _stocked(unit: Unit, scene: _Scene, edit: Edit, plan: _Plan, *, seconds: int, actor: str) -> UserError | None:
    """Takes what is wanted more and gives back what is not, or says what is short; then the caller must roll back."""
    order_id = scene.order.id
    counted = await unit.edits.counted(plan.demand)
    demand = {variant_id: units for variant_id, units in plan.demand.items() if variant_id in counted}
    short = await unit.stock.reserve(order_id, demand, seconds=seconds)
    if short:
        skus = {each.variant_id: each.sku for each in plan.cart.lines}
        return Several(
            errors=tuple(
                InsufficientStock(
                    path=rules.place_of(edit, scene.agreed, each.variant_id),
                    sku=skus[each.variant_id],
                    asked=each.asked,
                    available=each.available,
                )
                for each in short
            )
        )
    if plan.freed:
        await unit.stock.put_back(order_id, plan.freed, actor=actor)
    return None


async def _moved(unit: Unit, scene: _Scene, plan: _Plan) -> tuple[Order, States]:
    """The order as it is now, and the states that follow from its money and its goods; its goods are kept accordingly."""
    before = scene.order
    order = replace(before, total=plan.quoted.total, edited_back=plan.amended.edited_back)
    money = payment_status(
        order, authorized=order.authorized, captured=order.captured, refunded=order.refunded, is_pending=scene.is_pending
    )
    states = replace(before.states, payment=money)
    if states.status is OrderStatus.PENDING and order.billed <= order.authorized:
        states = replace(states, status=OrderStatus.CONFIRMED)
    standings = await unit.fulfillments.standings(order.id)
    if any(each.sent for each in standings):
        states = states_by_goods(states, standings)
    return order, states


async def _recorded(
    unit: Unit, order: Order, states: States, told: Mapping[str, Any], *, seconds: int, actor: str, now: datetime
) -> int:
    """Writes the history, keeps the goods as the states say, and announces a step; the number of the edit's entry."""
    steps = entries_of_change(order.states, states)
    entries = [Entry(kind=EventKind.EDITED, data=dict(told)), *steps]
    last = await unit.orders.record(order, states, entries, actor=actor, now=now)
    if states.status is OrderStatus.PENDING:
        await unit.stock.extend(order.id, seconds=seconds)
    else:
        await unit.stock.allocate(order.id)
    if (states.status, states.fulfillment) != (order.states.status, order.states.fulfillment):
        unit.announce(
            OrderStatusChanged(
                order_id=order.id,
                seq=last,
                status=states.status.value,
                fulfillment_status=states.fulfillment.value,
                cause=BY_EDIT,
            )
        )
    return last - len(steps)
