"""The figures on the metrics page are those of the shop."""

from __future__ import annotations

from tests.shop import Shop


def _series(page: str) -> dict[str, float]:
    lines = [line for line in page.splitlines() if line and not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


async def test_operations_statements_and_the_outbox_are_counted(fresh_shop: Shop) -> None:
    before = _series((await fresh_shop.client.get("/metrics")).text)
    order = await fresh_shop.shopper().orders((await fresh_shop.goods(), 1))
    named = "query WatchOrder($t: String!) { orderByToken(token: $t) { number } }"
    await fresh_shop.data(named, {"t": order["token"]})
    for _ in range(2):
        await fresh_shop.data("query SomebodysOwnName { __typename }")

    page = await fresh_shop.client.get("/metrics")
    after = _series(page.text)

    assert page.status_code == 200
    assert after["vitrine_sql_statements_total"] > before["vitrine_sql_statements_total"] + 10
    known = 'vitrine_graphql_operations_total{code="OK",kind="query",name="WatchOrder",transport="http"}'
    assert after[known] == before.get(known, 0) + 1
    assert "SomebodysOwnName" not in page.text
    found = 'vitrine_cache_lookups_total{outcome="hit"}'
    assert after[found] > before.get(found, 0), "a document that comes twice is prepared once"
    assert after["vitrine_outbox_parked"] == 0
    assert after["vitrine_queue_quick_messages"] >= 0
    assert after["vitrine_open_sockets"] == 0
