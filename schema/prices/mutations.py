"""What staff do to prices; needs MANAGE_CATALOG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from domain.error import Invalid, NotFound, Path, UserError
from domain.ids import ChannelId, VariantId
from domain.money import currency_of
from domain.prices import actions
from domain.prices.model import Price
from domain.viewer import Permission
from persistence.channels.reads import ChannelView
from schema.catalog.loads import load_variants
from schema.catalog.types import Variant
from schema.context import Context
from schema.mutations import Answer, answered, deed
from schema.permissions import may
from schema.scalars import CurrencyCode, Decimal, amount_of


@strawberry.input(name="PriceInput", description="What a variant costs on a channel in a currency.")
class PriceInput:
    variant_id: strawberry.ID = strawberry.field(description="The variant.")
    amount: Decimal = strawberry.field(description="The price of one, with the currency's own number of digits at most.")
    compare_at: Decimal | None = strawberry.field(
        default=None, description="The price it is shown struck through against; null: none."
    )
    channel: str | None = strawberry.field(default=None, description="The channel's slug; by default the operation's.")
    currency: CurrencyCode | None = strawberry.field(default=None, description="The currency; by default the channel's own.")


@strawberry.input(name="VariantPricesSetInput", description="Prices to set; others stay as they are.")
class VariantPricesSetInput:
    prices: list[PriceInput] = strawberry.field(
        description=f"The prices, {actions.PRICES_AT_ONCE_MAX} at most; one per variant, channel and currency."
    )


@deed(
    "Sets prices of variants.",
    allow=may(Permission.MANAGE_CATALOG, by_channel=True),
    variants=(list[Variant], "The variants, as they are now, in the prices' order."),
)
async def variant_prices_set(
    context: Context,
    *,
    input: Annotated[VariantPricesSetInput, strawberry.argument(description="Which.")],
) -> Answer | UserError:
    place = await context.place()
    channels = await context.ports.places.channels(context.reader)
    prices: list[Price] = []
    for number, said in enumerate(input.prices):
        price = _price(context, said, [place.channel, *channels], at=("input", "prices", str(number)))
        if isinstance(price, UserError):
            return price
        prices.append(price)
    outcome = await context.act(actions.set_prices, prices=prices, by=context.viewer)
    if isinstance(outcome, UserError):
        return outcome
    variants = await load_variants(context, list(dict.fromkeys(outcome)))
    return answered(variants=[each for each in variants if each is not None])


def _price(context: Context, said: PriceInput, channels: Sequence[ChannelView], *, at: Path) -> Price | NotFound | Invalid:
    """The price that is meant; the first channel is the operation's."""
    channel = next((each for each in channels if said.channel in (None, each.slug)), None)
    if channel is None:
        return NotFound(path=(*at, "channel"), what="channel")
    variant_id = context.id_of("Variant", said.variant_id)
    if variant_id is None:
        return NotFound(path=(*at, "variant_id"), what="variant")
    currency = currency_of(said.currency or channel.currency)
    amount = amount_of(said.amount, currency)
    if amount is None:
        return Invalid(path=(*at, "amount"), reason=f"This is no amount of {currency}.")
    compare_at = amount_of(said.compare_at, currency) if said.compare_at is not None else None
    if said.compare_at is not None and compare_at is None:
        return Invalid(path=(*at, "compare_at"), reason=f"This is no amount of {currency}.")
    return Price(
        variant_id=VariantId(variant_id),
        channel_id=ChannelId(channel.id),
        currency=currency,
        amount=amount.minor,
        compare_at=compare_at.minor if compare_at is not None else None,
    )
