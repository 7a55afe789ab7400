"""Waiting for goods to be there again: the wish, and telling once, when they are. Whether they are is persistence's to see.

A wish takes no goods out of the shelf; who comes first buys.
"""

from __future__ import annotations

from uuid import UUID

from domain.error import Invalid
from domain.notices.events import GoodsReturned
from domain.notices.model import Medium, NoticeKind, StockWish
from domain.notices.preferences import Choice
from domain.unit import Unit

WISHES_MAX = 50
"""Goods that one address waits for at most, at a time."""
_CHOICE = Choice(kind=NoticeKind.BACK_IN_STOCK, medium=Medium.EMAIL)


async def wait_for_goods(unit: Unit, *, wish: StockWish) -> UUID | Invalid:
    """Keeps a wish; the one that is kept already, when there is one. Nobody learns what a foreign address has declined."""
    if await unit.waiting.is_available(wish.variant_id):
        return Invalid(path=("input", "variant_id"), reason="This is there: nobody has to wait for it.")
    if wish.is_own and await unit.preferences.declines(wish.email, _CHOICE):
        reason = "You have declined messages of this kind: say by `messagePreferencesUpdate` that you want them."
        return Invalid(path=("input", "email"), reason=reason)
    if await unit.waiting.count(wish.email) >= WISHES_MAX:
        return Invalid(path=("input", "email"), reason=f"This address waits for {WISHES_MAX} things already.")
    return await unit.waiting.add(wish)


async def tell_of_goods(unit: Unit, *, limit: int) -> int:
    """Ends wishes for goods that are there again, the oldest first, and announces each; how many."""
    fulfilled = await unit.waiting.take_fulfilled(limit=limit)
    for wish_id in fulfilled:
        unit.announce(GoodsReturned(wish_id=wish_id))
    return len(fulfilled)
