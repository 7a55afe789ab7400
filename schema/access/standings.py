"""Who a caller is, from their access token: verified, then looked up, then remembered for a few seconds.

A session that ends, here or in another process, is worth nothing within the time that is remembered.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, takewhile
from uuid import UUID

from domain.access.model import Claims, TokenRefused
from domain.access.provider import AccessTokens
from domain.apps.rules import token_hash
from domain.ids import AccountId, ChannelId, CustomerId, SessionId
from domain.staff.model import permissions_of
from domain.viewer import GUEST, Customer, Staff, Viewer
from persistence.access import reads
from persistence.access.reads import StandingView
from persistence.reader import Reader
from schema.apps.standings import AppStandings
from schema.transport.caller import Caller, Refused

KEPT_SECONDS = 10.0
"""An ended session, a changed role or a closed account counts everywhere after this time at the latest: with what sockets
wait before they look again, less than half a minute."""
BUSY_SECONDS = 30.0
"""Who was here within this time is looked up again together with others: open sockets ask every now and then for as long as
they are open."""
TOGETHER_MAX = 500
_KEPT_MAX = 10_000


@dataclass(slots=True)
class _Kept:
    """What a session was worth, good `until` then; `asked_at` is when somebody last came with it."""

    standing: StandingView | None
    until: float
    asked_at: float


class Standings:
    """`schema.context.Identify`. One statement for a session that was not seen for a while, none for others.

    That statement looks up all others that are due as well, so that thousands of open sockets need a few a second.
    """

    def __init__(
        self,
        tokens: AccessTokens,
        *,
        apps: AppStandings | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._tokens = tokens
        self._apps = apps or AppStandings(kept_seconds=KEPT_SECONDS, monotonic=monotonic)
        self._monotonic = monotonic
        self._kept: OrderedDict[UUID, _Kept] = OrderedDict()
        """Those that are due first come first."""

    async def __call__(self, caller: Caller, reader: Reader, now: datetime) -> Viewer:
        """The viewer behind a caller; a guest without a token. Raises `Refused` for a token that is not good."""
        if caller.token is None:
            return GUEST
        if (digest := token_hash(caller.token)) is not None:
            return await self._apps.viewer(digest, reader, now)
        claims = self._tokens.read(caller.token, now=now)
        if claims is TokenRefused.EXPIRED:
            raise Refused("TOKEN_EXPIRED", "The access token has expired. Get a new one with `tokenRefresh`.")
        if isinstance(claims, TokenRefused):
            raise Refused("UNAUTHENTICATED", "The access token is not valid.")
        viewer = _viewer(claims, await self._standing(reader, claims.session_id))
        if viewer is None:
            raise Refused("UNAUTHENTICATED", "The session has ended. Please log in again.")
        return viewer

    def account_of(self, caller: Caller, now: datetime) -> AccountId | None:
        """Whose token the caller shows, by its signature alone, or of an app that was here a moment ago; None without a good one.

        Asks nobody, so it costs little.
        """
        if caller.token is None:
            return None
        if token_hash(caller.token) is not None:
            return self._apps.asker(caller.token)
        claims = self._tokens.read(caller.token, now=now)
        return claims.account_id if isinstance(claims, Claims) else None

    async def holds(self, reader: Reader, viewer: Viewer) -> bool:
        """Whether a viewer decided earlier (of an open socket, say) is still as good; their token's time aside."""
        if not isinstance(viewer, (Customer, Staff)):
            return True
        claims = Claims(account_id=AccountId(viewer.id), session_id=viewer.session, expires_at=viewer.until)
        return _viewer(claims, await self._standing(reader, viewer.session)) == viewer

    def forget(self, session_id: SessionId) -> None:
        """Looks the session up anew the next time: it was ended here."""
        self._kept.pop(session_id, None)

    async def _standing(self, reader: Reader, session_id: UUID) -> StandingView | None:
        now = self._monotonic()
        known = self._kept.get(session_id)
        if known is not None:
            known.asked_at = now
            if now < known.until:
                return known.standing
        wanted = [session_id, *self._due(session_id, now)]
        # Reckoned from before the question: an answer may be as old as the asking.
        found = await reads.standings(reader, wanted)
        for each in wanted:
            before = self._kept.pop(each, None)
            if before is None and (each != session_id or known is not None):
                # It was ended here while the question was under way, whose answer may be of before.
                continue
            self._kept[each] = _Kept(found.get(each), now + KEPT_SECONDS, now if before is None else before.asked_at)
        while len(self._kept) > _KEPT_MAX:
            self._kept.popitem(last=False)
        return found.get(session_id)

    def _due(self, but: UUID, now: float) -> list[UUID]:
        """Sessions to look up again together with another: those that came lately; the rest are forgotten."""
        longest = islice(self._kept.items(), TOGETHER_MAX)
        over = dict(takewhile(lambda each: each[1].until <= now, longest))
        gone = [each for each, known in over.items() if now - known.asked_at > BUSY_SECONDS]
        for each in gone:
            del self._kept[each]
        return [each for each in over.keys() - gone if each != but]


def _viewer(claims: Claims, standing: StandingView | None) -> Viewer | None:
    """Staff before customers."""
    if standing is None or standing.account_id != claims.account_id:
        return None
    if standing.permissions is not None:
        held = permissions_of(standing.permissions, is_administrator=bool(standing.is_administrator))
        if standing.lacks_second_factor:
            return Staff(claims.account_id, claims.session_id, claims.expires_at, frozenset(), frozenset(), must_enroll=True)
        channels = frozenset(map(ChannelId, standing.channel_ids)) if standing.channel_ids is not None else None
        return Staff(claims.account_id, claims.session_id, claims.expires_at, held, channels)
    if standing.is_customer:
        return Customer(CustomerId(claims.account_id), claims.session_id, claims.expires_at)
    return None
