"""What staff does with invoices."""

from __future__ import annotations

import strawberry

from domain.error import NotFound, UserError
from domain.ids import ChannelId, OrderId
from domain.invoices import actions
from domain.invoices.model import InvoiceSettings as Wanted
from domain.viewer import Permission
from persistence.invoices.reads import invoices_by_id, settings_of_channel
from schema.context import Context
from schema.invoices.types import SETTINGS, Invoice, InvoiceSettings
from schema.mutations import Answer, answered, deed
from schema.permissions import may


@strawberry.input(name="InvoiceCreateInput", description="Which order an invoice is written over.")
class InvoiceCreateInput:
    order_id: strawberry.ID = strawberry.field(description="The order.")


@strawberry.input(name="InvoiceSettingsUpdateInput", description="How the operation's channel writes invoices from now on.")
class InvoiceSettingsUpdateInput:
    seller: list[str] = strawberry.field(description="Who sells, in one to eight lines, the name first.")
    tax_id: str = strawberry.field(default="", description="The seller's VAT id or tax number.")
    footer: str = strawberry.field(default="", description="What stands at the foot of every page.")
    invoice_prefix: str = strawberry.field(default="INV-", description="What numbers of invoices begin with.")
    credit_note_prefix: str = strawberry.field(default="CN-", description="What numbers of credit notes begin with.")
    is_automatic: bool = strawberry.field(
        default=True, description="Whether invoices are written when orders are paid, and credit notes when money went back."
    )


@deed(
    "Writes the invoice of an order, once: a second time answers with the first. It has its number at once, and is printed soon after.",
    allow=may(Permission.MANAGE_ORDERS, by_channel=True),
    invoice=(Invoice, "The order's invoice."),
)
async def invoice_create(context: Context, *, input: InvoiceCreateInput) -> Answer | UserError:
    order_id = context.id_of("Order", input.order_id)
    if order_id is None:
        return NotFound(path=("input", "order_id"), what="order")
    outcome = await context.act(actions.issue_invoice, order_id=OrderId(order_id), by=context.viewer, now=context.now)
    if isinstance(outcome, UserError):
        return outcome
    return answered(invoice=(await invoices_by_id(context.reader, [outcome]))[0])


@deed(
    "Says how the operation's channel writes invoices. What was written before stays as it is; numbers go on.",
    allow=SETTINGS,
    invoice_settings=(InvoiceSettings, "The settings as they are now."),
)
async def invoice_settings_update(context: Context, *, input: InvoiceSettingsUpdateInput) -> Answer | UserError:
    channel_id = ChannelId((await context.place()).channel.id)
    wanted = Wanted(
        seller=tuple(input.seller),
        tax_id=input.tax_id,
        footer=input.footer,
        invoice_prefix=input.invoice_prefix,
        credit_note_prefix=input.credit_note_prefix,
        is_automatic=input.is_automatic,
    )
    outcome = await context.act(actions.set_settings, channel_id=channel_id, settings=wanted)
    if isinstance(outcome, UserError):
        return outcome
    return answered(invoice_settings=await settings_of_channel(context.reader, channel_id))
