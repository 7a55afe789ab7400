"""Staff changes an order after it was placed, or looks first what that would come to."""

from __future__ import annotations

from domain.customers.model import Address
from domain.edits import actions
from domain.edits.model import Added, Changed, Edit, Edited
from domain.error import Invalid, NotFound, UserError
from domain.idempotency import Claim, fingerprint
from domain.ids import OrderId, OrderLineId, ShippingMethodId, VariantId
from domain.money import Currency, Money
from domain.unit import Rehearsed
from domain.viewer import Permission, actor_name
from persistence.orders.reads import orders_of_holders
from schema.carts.costs import TotalTerm
from schema.context import Context
from schema.customers.addresses import checked_address
from schema.edits.inputs import OrderEditInput
from schema.edits.types import ChangeView, OrderChange
from schema.mutations import Answer, Keyed, answered, deed, keyed, moves_money
from schema.orders.types import Order
from schema.permissions import may
from schema.scalars import amount_of


@deed(
    "Changes an order of which nothing was sent in the lines that change: what it holds, where it goes, its discounts. It is "
    "priced as a checkout prices; what was agreed keeps its price, what is new costs what it costs now. Stock is taken and given "
    "back; what the order costs more is to be paid, what was paid too much goes back, above the shop's limit for one person once "
    "somebody else agrees (`refundApprove`), an invoice is taken back and written anew, and the buyer is "
    "written to. With `dryRun` all of that is worked out, and nothing is done.",
    allow=may(Permission.MANAGE_ORDERS, by_channel=True),
    change=(OrderChange, "What is otherwise, or would be."),
    explanation=(TotalTerm, "The tree that the new total is made of; null when a repeat of the same key is answered."),
    order=(Order, "The order as it is now."),
)
@moves_money
@keyed(Keyed.CLAIMED)
async def order_edit(context: Context, *, input: OrderEditInput) -> Answer | UserError:
    edit = await _edit(context, input)
    if isinstance(edit, UserError):
        return edit
    terms = actions.Terms(reservation_seconds=context.ports.reservation_seconds, limits=context.ports.payments.refund_limits)
    outcome: Edited | UserError
    if input.dry_run:
        rehearsed = await context.act(actions.rehearse_edit, edit=edit, terms=terms, by=context.viewer, now=context.now)
        outcome = rehearsed.outcome if isinstance(rehearsed, Rehearsed) else rehearsed
    else:
        outcome = await context.act(
            actions.edit_order,
            edit=edit,
            terms=terms,
            claim=_claim(context, edit),
            by=context.viewer,
            now=context.now,
        )
    if isinstance(outcome, UserError):
        return outcome
    order = (await orders_of_holders(context.reader, [outcome.order_id]))[0]
    return answered(change=ChangeView(outcome.told), explanation=outcome.explanation, order=order)


async def _edit(context: Context, said: OrderEditInput) -> Edit | UserError:
    """What was meant, with typed ids and a checked address."""
    order_id = context.id_of("Order", said.order_id)
    if order_id is None:
        return NotFound(path=("input", "order_id"), what="order")
    address: Address | None = None
    if said.shipping_address is not None:
        checked = checked_address(context.ports.addresses, said.shipping_address, at=("input", "shipping_address"))
        if isinstance(checked, UserError):
            return checked
        address = checked
    method_id = None
    if said.delivery_option_id is not None and (method_id := context.id_of("DeliveryOption", said.delivery_option_id)) is None:
        return NotFound(path=("input", "delivery_option_id"), what="delivery option")
    expected = await _expected(context, OrderId(order_id), said.expected_total)
    if isinstance(expected, UserError):
        return expected
    return Edit(
        order_id=OrderId(order_id),
        added=tuple(Added(_variant(context, each.variant_id), each.quantity) for each in said.add),
        changed=tuple(Changed(_line(context, each.line_id), each.quantity) for each in said.lines),
        address=address,
        method_id=ShippingMethodId(method_id) if method_id is not None else None,
        drops_discounts=said.drop_discounts,
        reason=said.reason.strip(),
        expected_total=expected,
        if_version=said.if_version,
    )


async def _expected(context: Context, order_id: OrderId, text: str | None) -> Money | UserError | None:
    """The total that was expected, in the order's currency."""
    if text is None:
        return None
    # Whether the order is the caller's to change is told by the action; here its currency alone is of interest.
    order = (await orders_of_holders(context.reader, [order_id]))[0]
    if order is None:
        return NotFound(path=("input", "order_id"), what="order")
    amount = amount_of(text, Currency(order.currency))
    reason = "This is no amount of the order's currency."
    return amount if amount is not None else Invalid(path=("input", "expected_total"), reason=reason)


def _variant(context: Context, text: str) -> VariantId | None:
    known = context.id_of("Variant", text)
    return VariantId(known) if known is not None else None


def _line(context: Context, text: str) -> OrderLineId | None:
    known = context.id_of("OrderLine", text)
    return OrderLineId(known) if known is not None else None


def _claim(context: Context, edit: Edit) -> Claim | None:
    if context.key is None:
        return None
    return Claim(
        actor=actor_name(context.viewer), mutation="orderEdit", key=context.key, fingerprint=fingerprint({"edit": repr(edit)})
    )
