"""What buyers and staff do about goods that come back: ask, agree, receive, refund, exchange."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from domain.channels.actions import set_return_window
from domain.error import Invalid, NotFound, UserError
from domain.fulfillments.model import Units
from domain.ids import OrderId, OrderLineId, ReturnId, VariantId, WarehouseId
from domain.money import Currency
from domain.orders.actions import REASON_LENGTH_MAX
from domain.returns.actions import asking, exchanging, receiving, settling
from domain.returns.model import LINES_MAX, Arrived, Asked, Replaced
from domain.viewer import Permission
from persistence.orders.reads import OrderView, orders_of_holders
from persistence.payments.reads import refunds_of_requests
from persistence.payments.staff_reads import requests_by_id
from persistence.returns.reads import ReturnView, returns_by_id
from schema.context import Context
from schema.mutations import Answer, Keyed, answered, deed, keyed, moves_money
from schema.orders.types import Order
from schema.payments.claims import claim_of
from schema.payments.staff import THE_REFUNDS, THE_REQUEST
from schema.permissions import EVERYONE, may
from schema.returns.inputs import (
    ChannelReturnWindowSetInput,
    ReturnApproveInput,
    ReturnCancelInput,
    ReturnCompleteInput,
    ReturnDeclineInput,
    ReturnExchangeInput,
    ReturnExchangeLineInput,
    ReturnLineInput,
    ReturnReceiptInput,
    ReturnReceiveInput,
    ReturnRefundInput,
    ReturnRequestInput,
    ReturnUnitsInput,
)
from schema.returns.types import Return

ORDERS = may(Permission.MANAGE_ORDERS, by_channel=True)
THE_ORDER = (Order, "Its order as it is now.")
RETURN = {"return": (Return, "The return as it is now.")}
_MISSING = NotFound(path=("input", "return_id"), what="return")
S = TypeVar("S", ReturnLineInput, ReturnReceiptInput, ReturnUnitsInput, ReturnExchangeLineInput)
T = TypeVar("T")


@deed(
    "Asks to send goods back that were shipped, within the channel's time. Buyers ask for their own, by log-in or by the order's "
    "token, and wait for the shop; what staff with MANAGE_ORDERS asks for is approved at once, at any time.",
    allow=EVERYONE,
    order=THE_ORDER,
    **RETURN,
)
@keyed(Keyed.KEPT)
async def return_request(context: Context, *, input: ReturnRequestInput) -> Answer | UserError:
    by_token = context.ports.seal.open("order", input.order_token) if input.order_token is not None else None
    by_id = context.id_of("Order", input.order_id) if input.order_id is not None else None
    order_id = by_token or by_id
    if order_id is None:
        return NotFound(path=("input", "order_token" if input.order_token is not None else "order_id"), what="order")
    lines = _lines(context, input.lines, lambda line_id, each: Asked(line_id, each.quantity, each.reason))
    if isinstance(lines, UserError):
        return lines
    outcome = await context.act(
        asking.request_return,
        order_id=OrderId(order_id),
        lines=lines,
        note=input.note,
        holds_token=by_token is not None,
        by=context.viewer,
        now=context.now,
    )
    return await _with_return(context, outcome)


@deed(
    "Calls a return off before its goods were received. Buyers may their own, by log-in or by the order's token.",
    allow=EVERYONE,
    order=THE_ORDER,
    **RETURN,
)
@keyed(Keyed.KEPT)
async def return_cancel(context: Context, *, input: ReturnCancelInput) -> Answer | UserError:
    token, by, now = input.order_token, context.viewer, context.now
    opened = context.ports.seal.open("order", token) if token is not None else None
    token_of = OrderId(opened) if opened is not None else None
    return await _done(
        context,
        input.return_id,
        lambda known: context.act(asking.cancel_return, return_id=known, token_of=token_of, by=by, now=now),
    )


@deed(
    "Agrees to a return: the buyer is told to send the goods.",
    allow=ORDERS,
    order=THE_ORDER,
    **RETURN,
)
@keyed(Keyed.KEPT)
async def return_approve(context: Context, *, input: ReturnApproveInput) -> Answer | UserError:
    by, now = context.viewer, context.now
    return await _done(
        context, input.return_id, lambda known: context.act(asking.approve_return, return_id=known, by=by, now=now)
    )


@deed(
    "Does not agree to a return: the buyer is told why.",
    allow=ORDERS,
    order=THE_ORDER,
    **RETURN,
)
@keyed(Keyed.KEPT)
async def return_decline(context: Context, *, input: ReturnDeclineInput) -> Answer | UserError:
    by, now = context.viewer, context.now
    return await _done(
        context,
        input.return_id,
        lambda known: context.act(asking.decline_return, return_id=known, reason=input.reason, by=by, now=now),
    )


@deed(
    "Notes what of an approved return came back and is accepted, in what condition, and on whose shelf it is put. The rest stays "
    "the buyer's. What is accepted is refunded or exchanged next; when nothing is, the return is completed.",
    allow=ORDERS,
    order=THE_ORDER,
    **RETURN,
)
@keyed(Keyed.KEPT)
async def return_receive(context: Context, *, input: ReturnReceiveInput) -> Answer | UserError:
    return_id = context.id_of("Return", input.return_id)
    if return_id is None:
        return _MISSING
    for place, each in enumerate(input.lines):
        shelf = each.restock_warehouse_id
        if shelf is not None and context.id_of("Warehouse", shelf) is None:
            return NotFound(path=("input", "lines", str(place), "restock_warehouse_id"), what="warehouse")
    lines = _lines(
        context,
        input.lines,
        lambda line_id, each: Arrived(line_id, each.quantity, each.condition, _shelf(context, each.restock_warehouse_id)),
    )
    if isinstance(lines, UserError):
        return lines
    outcome = await context.act(
        receiving.receive_return, return_id=ReturnId(return_id), arrived=lines, by=context.viewer, now=context.now
    )
    return await _with_return(context, outcome)


@deed(
    "Gives money back for goods of a received return, and for the delivery when asked. Needs an idempotency key. Above the shop's "
    "limit for one person it is WAITING until somebody else agrees (`refundApprove`).",
    allow=ORDERS,
    order=THE_ORDER,
    refunds=THE_REFUNDS,
    request=THE_REQUEST,
    **RETURN,
)
@moves_money
@keyed(Keyed.REQUIRED)
async def return_refund(context: Context, *, input: ReturnRefundInput) -> Answer | UserError:
    if len(input.reason) > REASON_LENGTH_MAX:
        return Invalid(path=("input", "reason"), reason=f"A reason has at most {REASON_LENGTH_MAX} characters.")
    lines = _lines(context, input.lines or (), lambda line_id, each: Units(line_id, each.quantity))
    if isinstance(lines, UserError):
        return lines
    found = await _found(context, input.return_id)
    if isinstance(found, UserError):
        return found
    view, order = found
    said = {"return": view.id, "lines": lines, "shipping": input.shipping, "reason": input.reason}
    context.claim = claim_of(context, "returnRefund", said, guest="", key=context.key or "")
    refunding = settling.Refunding(
        return_id=ReturnId(view.id),
        lines=lines,
        shipping=input.shipping,
        reason=input.reason,
        whole_only=context.ports.payments.whole_refunds,
    )
    outcome = await context.act(
        settling.refund_return,
        refunding=refunding,
        limit=context.ports.payments.refund_limits.get(Currency(order.currency)),
        by=context.viewer,
        now=context.now,
    )
    if isinstance(outcome, UserError):
        return outcome
    request = (await requests_by_id(context.reader, [outcome]))[0]
    refunds = (await refunds_of_requests(context.reader, [outcome]))[0]
    return await _with_return(context, ReturnId(view.id), request=request, refunds=refunds)


@deed(
    "Sends other goods for goods of a received return: the same variant, or another of its product. They are set aside at once, as "
    "an order of their own that costs nothing, goes where the first one went, and is shipped like any other.",
    allow=ORDERS,
    order=THE_ORDER,
    replacement=(Order, "The order by which they are sent."),
    **RETURN,
)
@keyed(Keyed.KEPT)
async def return_exchange(context: Context, *, input: ReturnExchangeInput) -> Answer | UserError:
    return_id = context.id_of("Return", input.return_id)
    if return_id is None:
        return _MISSING
    for place, each in enumerate(input.lines):
        if each.variant_id is not None and context.id_of("Variant", each.variant_id) is None:
            return NotFound(path=("input", "lines", str(place), "variant_id"), what="variant of this product")
    lines = _lines(
        context, input.lines, lambda line_id, each: Replaced(line_id, each.quantity, _variant(context, each.variant_id))
    )
    if isinstance(lines, UserError):
        return lines
    outcome = await context.act(
        exchanging.exchange_return, return_id=ReturnId(return_id), replaced=lines, by=context.viewer, now=context.now
    )
    if isinstance(outcome, UserError):
        return outcome
    replacement = (await orders_of_holders(context.reader, [outcome]))[0]
    return await _with_return(context, ReturnId(return_id), replacement=replacement)


@deed(
    "Ends a received return of which nothing more is refunded or exchanged, as when the buyer was helped by other means.",
    allow=ORDERS,
    order=THE_ORDER,
    **RETURN,
)
@keyed(Keyed.KEPT)
async def return_complete(context: Context, *, input: ReturnCompleteInput) -> Answer | UserError:
    by, now = context.viewer, context.now
    return await _done(
        context, input.return_id, lambda known: context.act(settling.complete_return, return_id=known, by=by, now=now)
    )


@deed(
    "Says for how many days after goods arrived, or went out, buyers of a channel may ask to send them back; 0: not at all.",
    allow=may(Permission.MANAGE_SETTINGS),
    days=(int, "What is so from now on."),
)
async def channel_return_window_set(context: Context, *, input: ChannelReturnWindowSetInput) -> Answer | UserError:
    outcome = await context.act(set_return_window, slug=input.channel, days=input.days)
    if isinstance(outcome, UserError):
        return outcome
    context.ports.places.forget()
    return answered(days=input.days)


def _lines(context: Context, said: Sequence[S], meant: Callable[[OrderLineId, S], T]) -> tuple[T, ...] | UserError:
    """Lines in the domain's words, their ids read."""
    if len(said) > LINES_MAX:
        return Invalid(path=("input", "lines"), reason=f"At most {LINES_MAX} lines at once.")
    lines: list[T] = []
    for place, each in enumerate(said):
        line_id = context.id_of("OrderLine", each.line_id)
        if line_id is None:
            return NotFound(path=("input", "lines", str(place), "line_id"), what="order line")
        lines.append(meant(OrderLineId(line_id), each))
    return tuple(lines)


def _shelf(context: Context, said: str | None) -> WarehouseId | None:
    known = context.id_of("Warehouse", said) if said is not None else None
    return WarehouseId(known) if known is not None else None


def _variant(context: Context, said: str | None) -> VariantId | None:
    known = context.id_of("Variant", said) if said is not None else None
    return VariantId(known) if known is not None else None


async def _done(context: Context, said: str, act: Callable[[ReturnId], Awaitable[ReturnId | UserError]]) -> Answer | UserError:
    """What a step about the return with this id comes to."""
    return_id = context.id_of("Return", said)
    return await _with_return(context, await act(ReturnId(return_id))) if return_id is not None else _MISSING


async def _found(context: Context, said: str) -> tuple[ReturnView, OrderView] | UserError:
    """A return and its order; whether they are the caller's to deal with is asked under the lock."""
    return_id = context.id_of("Return", said)
    view = (await returns_by_id(context.reader, [return_id]))[0] if return_id is not None else None
    order = (await orders_of_holders(context.reader, [view.order_id]))[0] if view is not None else None
    return (view, order) if view is not None and order is not None else _MISSING


async def _with_return(context: Context, outcome: ReturnId | UserError, **more: object) -> Answer | UserError:
    if isinstance(outcome, UserError):
        return outcome
    view = (await returns_by_id(context.reader, [outcome]))[0]
    orders = await orders_of_holders(context.reader, [view.order_id] if view is not None else [])
    return Answer({"return": view, "order": orders[0] if orders else None, **more})
