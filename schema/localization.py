"""Where an operation takes place, as it turned out."""

from __future__ import annotations

import strawberry

from schema.context import Context
from schema.execution.fields import plain, query, shows, via
from schema.permissions import EVERYONE
from schema.places import Place
from schema.scalars import CountryCode, CurrencyCode, LanguageCode


@strawberry.type(name="Localization", description="What an operation uses: said by `@inContext`, a header, or the channel.")
@shows(Place)
class Localization:
    """Shown from `schema.places.Place`."""

    channel: str = via("channel.slug", "The channel's slug.")
    channel_name: str = via("channel.name", "The channel's name.")
    currency: CurrencyCode = plain("The currency of prices and carts.")
    country: CountryCode = plain("The country of the buyer, as assumed until an address says otherwise.")
    language: LanguageCode = plain("The language of texts.")
    prices_include_tax: bool = via("channel.prices_include_tax", "Whether the channel's prices contain tax already.")
    return_days: int = via(
        "channel.return_days", "Days after goods arrived, or went out, in which buyers may ask to send them back."
    )
    currencies: list[CurrencyCode] = via("channel.currencies", "Every currency the channel sells in.")


@query(Localization, "Where this operation takes place.", allow=EVERYONE)
async def localization(context: Context) -> Place:
    return await context.place()
