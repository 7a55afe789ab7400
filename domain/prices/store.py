"""What prices and listings need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from domain.ids import ChannelId, ProductId, VariantId
from domain.money import Currency
from domain.prices.model import Price


class PricesStore(Protocol):
    """Prices, inside one transaction."""

    async def currencies_of(self, channel_ids: Iterable[ChannelId]) -> Mapping[ChannelId, tuple[Currency, ...]]:
        """The currencies of each channel that exists, its default one first."""

    async def products_of(self, variant_ids: Iterable[VariantId]) -> Mapping[VariantId, ProductId]:
        """The product of each variant that exists."""

    async def of_variants(
        self, variant_ids: Iterable[VariantId], *, channel_id: ChannelId, currency: Currency
    ) -> Mapping[VariantId, Price]:
        """The prices that there are on a channel in a currency."""

    async def save(self, prices: Sequence[Price]) -> None:
        """Writes prices, new or changed. The caller holds the products' locks and calls `relist` afterwards."""

    async def relist(self, product_ids: Iterable[ProductId]) -> None:
        """Writes the price spans of products anew, from their active variants; the caller holds the products' locks."""
