"""What is said about returns."""

from __future__ import annotations

import strawberry

import schema.returns.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.channels.actions import RETURN_DAYS_MAX
from domain.orders.actions import REASON_LENGTH_MAX
from domain.returns.model import LINES_MAX, NOTE_LENGTH_MAX, ReturnCondition, ReturnReason, ReturnState

_THE_RETURN = "The return."


@strawberry.input(name="ReturnWhereInput", description="Which returns. All that is said must hold.")
class ReturnWhereInput:
    state: ReturnState | None = strawberry.field(default=None, description="In this state.")
    order_id: strawberry.ID | None = strawberry.field(default=None, description="Of this order.")


@strawberry.input(name="ReturnLineInput", description="Units of an order's line that are to come back.")
class ReturnLineInput:
    line_id: strawberry.ID = strawberry.field(description="The order's line.")
    quantity: int = strawberry.field(description="Units of it: at most `returnableQuantity` of the line.")
    reason: ReturnReason = strawberry.field(description="Why they come back.")


@strawberry.input(name="ReturnRequestInput", description="Goods to send back. Say `orderId` or, as a guest, `orderToken`.")
class ReturnRequestInput:
    order_id: strawberry.ID | None = strawberry.field(default=None, description="The order.")
    order_token: str | None = strawberry.field(default=None, description="The order's secret token.")
    lines: list[ReturnLineInput] = strawberry.field(description=f"What comes back, 1 to {LINES_MAX} lines.")
    note: str = strawberry.field(default="", description=f"A word to the shop, at most {NOTE_LENGTH_MAX} characters.")


@strawberry.input(name="ReturnCancelInput", description="A return to call off. Guests say `orderToken` too.")
class ReturnCancelInput:
    return_id: strawberry.ID = strawberry.field(description=_THE_RETURN)
    order_token: str | None = strawberry.field(default=None, description="The secret token of its order.")


@strawberry.input(name="ReturnApproveInput", description="A return to agree to.")
class ReturnApproveInput:
    return_id: strawberry.ID = strawberry.field(description=_THE_RETURN)


@strawberry.input(name="ReturnDeclineInput", description="A return not to agree to.")
class ReturnDeclineInput:
    return_id: strawberry.ID = strawberry.field(description=_THE_RETURN)
    reason: str = strawberry.field(description=f"Why, for the buyer to read, 1 to {REASON_LENGTH_MAX} characters.")


@strawberry.input(name="ReturnReceiptInput", description="Units that came back in one condition and are accepted.")
class ReturnReceiptInput:
    line_id: strawberry.ID = strawberry.field(description="The order's line; it may be named again for other units.")
    quantity: int = strawberry.field(description="Units of it.")
    condition: ReturnCondition = strawberry.field(description="In what condition they are.")
    restock_warehouse_id: strawberry.ID | None = strawberry.field(
        default=None, description="The warehouse on whose shelf they are put, to be sold again; none when not said."
    )


@strawberry.input(name="ReturnReceiveInput", description="What of an approved return came back and is accepted.")
class ReturnReceiveInput:
    return_id: strawberry.ID = strawberry.field(description=_THE_RETURN)
    lines: list[ReturnReceiptInput] = strawberry.field(
        description=f"What is accepted, at most {LINES_MAX} lines; what is not named is not accepted."
    )


@strawberry.input(name="ReturnUnitsInput", description="Units of a return.")
class ReturnUnitsInput:
    line_id: strawberry.ID = strawberry.field(description="The order's line.")
    quantity: int = strawberry.field(description="Units of it.")


@strawberry.input(name="ReturnRefundInput", description="Goods of a received return that money goes back for.")
class ReturnRefundInput:
    return_id: strawberry.ID = strawberry.field(description=_THE_RETURN)
    lines: list[ReturnUnitsInput] | None = strawberry.field(
        default=None, description="Accepted units; all that are left when not said."
    )
    shipping: bool = strawberry.field(default=False, description="Whether what is left of the delivery's cost goes back too.")
    reason: str = strawberry.field(
        default="", description=f"What the refund and its credit note say, at most {REASON_LENGTH_MAX} characters."
    )


@strawberry.input(name="ReturnExchangeLineInput", description="Accepted units that other goods are sent for.")
class ReturnExchangeLineInput:
    line_id: strawberry.ID = strawberry.field(description="The order's line.")
    quantity: int = strawberry.field(description="Units of it.")
    variant_id: strawberry.ID | None = strawberry.field(
        default=None, description="Another variant of the same product; the same variant when not said."
    )


@strawberry.input(name="ReturnExchangeInput", description="Goods of a received return that other goods are sent for.")
class ReturnExchangeInput:
    return_id: strawberry.ID = strawberry.field(description=_THE_RETURN)
    lines: list[ReturnExchangeLineInput] = strawberry.field(description=f"What is exchanged, 1 to {LINES_MAX} lines.")


@strawberry.input(name="ReturnCompleteInput", description="A received return of which nothing more is refunded or exchanged.")
class ReturnCompleteInput:
    return_id: strawberry.ID = strawberry.field(description=_THE_RETURN)


@strawberry.input(name="ChannelReturnWindowSetInput", description="How long buyers of a channel may ask to send goods back.")
class ChannelReturnWindowSetInput:
    channel: str = strawberry.field(description="The channel's slug.")
    days: int = strawberry.field(
        description=f"Days after the goods arrived, or went out as long as that is not known: 0 to {RETURN_DAYS_MAX}."
    )
