"""The words of prices: what a variant costs on a channel in a currency."""

from __future__ import annotations

from dataclasses import dataclass

from domain.ids import ChannelId, VariantId
from domain.money import Currency

AMOUNT_MAX = 10**12
"""No price passes this many minor units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Minor units of `currency`. `compare_at` is the price it is shown struck through against, if any."""

    variant_id: VariantId
    channel_id: ChannelId
    currency: Currency
    amount: int
    compare_at: int | None = None
