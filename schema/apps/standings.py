"""Which app a caller is, from the token it shows: looked up by its hash, then remembered for a few seconds if it is good."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from domain.apps import rules, scopes
from domain.apps.actions import NOTED_EVERY_SECONDS
from domain.apps.model import TokenKind
from domain.ids import AccountId, AppId, ChannelId
from domain.staff.model import permissions_of
from domain.viewer import App
from persistence.apps.reads import AppStandingView, app_standing
from persistence.reader import Reader
from schema.transport.caller import Refused

_KEPT_MAX = 10_000
NoteUse = Callable[[UUID, datetime], Awaitable[None]]
"""Writes down that a token was used."""


async def _unnoted(_token_id: UUID, _now: datetime) -> None:
    """Notes nothing, where nobody looks."""


class AppStandings:
    """One statement for a token that was not seen for a while, none for others, and one more now and then to note its use.

    What is not good is not remembered: made-up tokens must not crowd out good ones.
    """

    def __init__(
        self,
        *,
        kept_seconds: float,
        note_use: NoteUse = _unnoted,
        takes_development: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kept_seconds = kept_seconds
        self._note_use = note_use
        self._takes_development = takes_development
        self._monotonic = monotonic
        self._kept: OrderedDict[bytes, tuple[float, AppStandingView]] = OrderedDict()
        self._noted: dict[UUID, float] = {}

    async def viewer(self, token_hash: bytes, reader: Reader, now: datetime) -> App:
        """The app behind a token. Raises `Refused` for one that is not good."""
        standing = await self._standing(token_hash, reader)
        if standing is None or (standing.kind == TokenKind.DEVELOPMENT.value and not self._takes_development):
            raise Refused("UNAUTHENTICATED", "The token is not valid.")
        if standing.expires_at is not None and now >= standing.expires_at:
            raise Refused("TOKEN_EXPIRED", "The token has expired.")
        await self._noted_use(standing.id, now)
        return _app(standing)

    def asker(self, token: str) -> AccountId | None:
        """Whose requests a token's are counted with, if it was good a moment ago: its app's. Asks nobody."""
        digest = rules.token_hash(token)
        known = self._kept.get(digest) if digest is not None else None
        return AccountId(known[1].app_id) if known is not None and self._monotonic() < known[0] else None

    async def _standing(self, token_hash: bytes, reader: Reader) -> AppStandingView | None:
        now = self._monotonic()
        known = self._kept.get(token_hash)
        if known is not None and now < known[0]:
            return known[1]
        standing = await app_standing(reader, token_hash)
        if standing is None:
            self._kept.pop(token_hash, None)
            return None
        self._kept[token_hash] = (now + self._kept_seconds, standing)
        self._kept.move_to_end(token_hash)
        if len(self._kept) > _KEPT_MAX:
            self._kept.popitem(last=False)
        return standing

    async def _noted_use(self, token_id: UUID, now: datetime) -> None:
        moment = self._monotonic()
        if moment < self._noted.get(token_id, 0.0):
            return
        if len(self._noted) > _KEPT_MAX:
            self._noted.clear()
        self._noted[token_id] = moment + NOTED_EVERY_SECONDS
        await self._note_use(token_id, now)


def _app(standing: AppStandingView) -> App:
    """What the token asks for, as far as the app may have it, and whoever gave it holds it themselves."""
    asked = scopes.expanded(standing.scopes) & scopes.expanded(standing.app_scopes)
    permissions, channels = scopes.permissions_in(asked), _channels(standing.app_channels)
    if standing.account_id is not None:
        held = permissions_of(standing.permissions or (), is_administrator=bool(standing.is_administrator))
        permissions &= held
        channels = _both(channels, _channels(standing.staff_channels))
    return App(
        id=AppId(standing.app_id),
        scopes=asked,
        permissions=permissions,
        channels=channels,
        on_behalf_of=AccountId(standing.account_id) if standing.account_id is not None else None,
        until=standing.expires_at,
    )


def _channels(ids: list[UUID] | None) -> frozenset[ChannelId] | None:
    return frozenset(map(ChannelId, ids)) if ids is not None else None


def _both(one: frozenset[ChannelId] | None, other: frozenset[ChannelId] | None) -> frozenset[ChannelId] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other
