"""Where an operation takes place: channel, currency, country and language, from what was wished and what the channel has."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from domain.money import Currency
from persistence.channels.reads import ACTIVE, ChannelView, active_channels
from persistence.reader import Reader
from schema.refusal import Refusal

KEPT_SECONDS = 5.0
"""How long channels are remembered at most, should a process not have heard that one was changed."""
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_LANGUAGE = re.compile(r"\s*([a-zA-Z]{2,3})(?:-[A-Za-z0-9-]+)?\s*(?:;\s*q=([0-9.]+)\s*)?\Z")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller asked for, unchecked; None where nothing was said. `language` reads like Accept-Language (RFC 9110)."""

    channel: str | None = None
    currency: str | None = None
    country: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """What is used: the channel, and currency, country (ISO 3166-1) and language (ISO 639) within it."""

    channel: ChannelView
    currency: Currency
    country: str
    language: str


class Places:
    """Chooses places. Remembers the channels for a few seconds, which is what most requests would read first."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._channels: list[ChannelView] = []
        self._until = 0.0
        self._changes = 0

    def forget(self, _topics: Collection[str] | None = None) -> None:
        """A channel was changed, or may have been."""
        self._changes += 1
        self._until = 0.0

    async def channels(self, reader: Reader) -> list[ChannelView]:
        """Every active channel, the default one first."""
        reader.depends_on(ACTIVE)
        if self._channels and self._monotonic() < self._until:
            return self._channels
        changes = self._changes
        channels = await active_channels(reader)
        if changes == self._changes:
            self._channels, self._until = channels, self._monotonic() + KEPT_SECONDS
        return channels

    async def asks_verification(self, reader: Reader, channel: str | None) -> bool:
        """Whether a log-in through this channel (None: the default one) is for verified addresses only.

        A channel that is not there asks for it as soon as any other does: to name none must not be a way in.
        """
        channels = await self.channels(reader)
        named = channels[:1] if channel is None else [each for each in channels if each.slug == channel]
        return any(each.requires_verification for each in named or channels)

    async def choose(self, reader: Reader, wish: Wish) -> Place:
        """The place for a wish; `Refusal` names what is not there."""
        channels = await self.channels(reader)
        channel = next((each for each in channels if wish.channel in (None, each.slug)), None)
        if channel is None:
            raise Refusal(
                "UNKNOWN_CHANNEL", "There is no such channel." if channels else "The shop has no channel yet: run `seed`."
            )
        currency = (wish.currency or channel.currency).upper()
        if currency not in channel.currencies:
            raise Refusal("UNKNOWN_CURRENCY", f"This channel sells in {', '.join(channel.currencies)}.")
        country = (wish.country or channel.country).upper()
        if _COUNTRY.match(country) is None:
            raise Refusal("UNKNOWN_COUNTRY", "A country is two letters, as in ISO 3166-1.")
        return Place(channel, Currency(currency), country, preferred_language(wish.language) or channel.language)


def preferred_language(accepted: str | None) -> str | None:
    """The most wanted language of an Accept-Language value (RFC 9110 section 12.5.4), without its region."""
    best: tuple[float, str] | None = None
    for part in (accepted or "").split(",")[:20]:
        match = _LANGUAGE.match(part)
        if match is None:
            continue
        try:
            quality = float(match.group(2) or 1)
        except ValueError:
            continue
        if quality > 0 and (best is None or quality > best[0]):
            best = (quality, match.group(1).lower())
    return best[1] if best else None
