"""One look and one rendering for all who watch the same, and each of them hears everything once."""

from __future__ import annotations

import pytest

from schema.transport import renderings
from tests.live.sockets import sockets, watch
from tests.shop import Shop

CANCEL = "mutation($t: String!) { orderCancel(input: {orderToken: $t}) { userErrors { code } } }"
SOCKETS = 300


@pytest.fixture
def kept_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow machine takes longer than a second for hundreds of sockets."""
    monkeypatch.setattr(renderings, "KEPT_SECONDS", 600.0)


async def _order(shop: Shop) -> str:
    order = await shop.shopper().orders((await shop.goods(), 1))
    return str(order["token"])


async def _cancel(shop: Shop, token: str) -> None:
    assert await shop.data(CANCEL, {"t": token}) == {"orderCancel": {"userErrors": []}}


@pytest.mark.usefixtures("kept_for_long")
async def test_an_event_is_rendered_once_and_looked_up_once_for_three_hundred_sockets(fresh_shop: Shop) -> None:
    shop, token = fresh_shop, await _order(fresh_shop)
    made, feeds = shop.api.graphql.renderings, shop.api.supplies.order_feeds
    async with sockets(shop.api, SOCKETS) as opened:
        await watch(opened, token)
        assert [await each.entry() for each in opened] == [{"seq": 1, "kind": "PLACED", "status": "PENDING"}] * SOCKETS
        assert made.rendered == 1
        before = feeds.looks
        await _cancel(shop, token)
        assert [await each.entry() for each in opened] == [{"seq": 2, "kind": "CANCELLED", "status": "CANCELLED"}] * SOCKETS
        assert made.rendered == 2
        assert made.shared == 2 * (SOCKETS - 1)
        assert feeds.looks - before <= 2

        assert [each.waiting() for each in opened] == [[]] * SOCKETS
    assert shop.api.graphql.websockets.subscriptions == 0


async def test_who_comes_back_goes_on_where_they_were(shop: Shop) -> None:
    token = await _order(shop)
    await _cancel(shop, token)
    async with sockets(shop.api, 3) as opened:
        for after, each in enumerate(opened):
            await watch([each], token, after=after)
        assert [(await opened[0].entry())["seq"], (await opened[0].entry())["seq"]] == [1, 2]
        assert (await opened[1].entry())["seq"] == 2
        assert opened[2].waiting() == []
