"""Where an operation takes place, as it turned out."""

from __future__ import annotations

from collections.abc import Sequence

import strawberry

from schema.context import Context
from schema.execution.fields import batch, plain, query, shows
from schema.permissions import EVERYONE
from schema.places import Place
from schema.scalars import CountryCode, CurrencyCode, LanguageCode


def _slugs(places: Sequence[Place], context: Context) -> list[str]:
    del context
    return [each.channel.slug for each in places]


def _names(places: Sequence[Place], context: Context) -> list[str]:
    del context
    return [each.channel.name for each in places]


def _including(places: Sequence[Place], context: Context) -> list[bool]:
    del context
    return [each.channel.prices_include_tax for each in places]


def _currencies(places: Sequence[Place], context: Context) -> list[list[str]]:
    del context
    return [each.channel.currencies for each in places]


@strawberry.type(name="Localization", description="What an operation uses: said by `@inContext`, a header, or the channel.")
@shows(Place)
class Localization:
    """Shown from `schema.places.Place`."""

    channel: str = batch(_slugs, "The channel's slug.")
    channel_name: str = batch(_names, "The channel's name.")
    currency: CurrencyCode = plain("The currency of prices and carts.")
    country: CountryCode = plain("The country of the buyer, as assumed until an address says otherwise.")
    language: LanguageCode = plain("The language of texts.")
    prices_include_tax: bool = batch(_including, "Whether the channel's prices contain tax already.")
    currencies: list[CurrencyCode] = batch(_currencies, "Every currency the channel sells in.")


@query(Localization, "Where this operation takes place.", allow=EVERYONE)
async def localization(context: Context) -> Place:
    return await context.place()
