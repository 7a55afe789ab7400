"""The API's limits as its callers meet them: over HTTP, sockets and two processes, with Redis and without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.viewer import Permission
from gateways.embedded.launcher import Embedded
from gateways.settings import Mode, Settings
from tests.conftest import Clone
from tests.limits.callers import STRICT, Apis, CallerAt, opened
from tests.makers.people import a_staff_token

HELLO = "{ __typename }"
CLEAR = 'mutation { cartClear(input: { cartId: "nobody\'s" }) { userErrors { code } } }'
TWO = 'mutation { a: cartClear(input: { cartId: "x" }) { __typename } b: cartClear(input: { cartId: "x" }) { __typename } }'
COUPON = """
mutation($cart: ID!) { cartCouponApply(input: { cartId: $cart, code: "GUESS" }) { userErrors { code } } }
"""


async def codes(caller: CallerAt, apis: Apis, document: str, times: int) -> list[str]:
    """The outcomes of so many operations, at one API and the other in turn."""
    return [await caller.code((apis.first, apis.second)[number % 2], document) for number in range(times)]


async def test_two_processes_share_one_count_and_the_ninth_operation_is_refused_by_either(apis: Apis, address: str) -> None:
    caller = CallerAt(address)
    assert await codes(caller, apis, HELLO, 8) == ["OK"] * 8
    for api in (apis.first, apis.second):
        answer = await caller.posts(api, HELLO)
        assert answer.status_code == 429
        assert answer.headers["content-type"].startswith(STRICT)
        [error] = answer.json()["errors"]
        assert "data" not in answer.json()
        assert error["extensions"]["code"] == "RATE_LIMITED"
        assert 1 <= error["extensions"]["retryAfter"] <= 60
        assert answer.headers["retry-after"] == str(error["extensions"]["retryAfter"])


async def test_a_client_that_takes_plain_json_hears_it_with_status_200_and_the_same_header(apis: Apis, address: str) -> None:
    caller = CallerAt(address)
    await codes(caller, apis, HELLO, 8)
    answer = await caller.posts(apis.first, HELLO, accept="application/json")
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (200, "RATE_LIMITED")
    assert 1 <= int(answer.headers["retry-after"]) <= 60


async def test_who_has_used_up_their_allowance_keeps_nobody_else_and_no_other_page(apis: Apis, address: str) -> None:
    caller = CallerAt(address)
    assert (await codes(caller, apis, HELLO, 9))[-1] == "RATE_LIMITED"
    assert await CallerAt("203.0.113.77").code(apis.first, HELLO) == "OK"
    for path in ("/health", "/health/live", "/health/ready", "/metrics"):
        assert await caller.gets(apis.first, path) == 200
    for _ in range(9):
        assert await caller.notifies(apis.first) == 400, "unsigned, which is all that is said however many come"


async def test_a_stream_is_refused_with_one_event(apis: Apis, address: str) -> None:
    caller = CallerAt(address)
    await codes(caller, apis, HELLO, 8)
    answer = await caller.posts(apis.first, HELLO, accept="text/event-stream")
    assert (answer.status_code, answer.text.count("event: next"), answer.text.count("event: complete")) == (200, 1, 1)
    assert '"code":"RATE_LIMITED"' in answer.text


async def test_documents_that_do_not_run_count_too(apis: Apis, address: str) -> None:
    caller = CallerAt(address)
    outcomes = [await caller.code(apis.first, "{ nothingOfTheKind }") for _ in range(9)]
    assert outcomes == ["GRAPHQL_VALIDATION_FAILED"] * 8 + ["RATE_LIMITED"]


async def test_a_forged_token_counts_for_the_address_that_it_came_from(apis: Apis, address: str) -> None:
    outcomes = [await CallerAt(address, token=f"forged.{number}").code(apis.first, HELLO) for number in range(9)]
    assert outcomes == ["UNAUTHENTICATED"] * 8 + ["RATE_LIMITED"]


async def test_aliases_count_one_by_one_and_a_refused_document_does_nothing(apis: Apis, address: str) -> None:
    caller = CallerAt(address)
    assert await codes(caller, apis, TWO, 3) == ["OK", "OK", "RATE_LIMITED"]
    assert await codes(caller, apis, CLEAR, 2) == ["OK", "RATE_LIMITED"]
    assert await caller.code(apis.first, HELLO) == "OK", "mutations are used up, operations are not"


async def test_a_socket_shares_the_count_of_its_address_and_stays_open(apis: Apis, address: str) -> None:
    caller = CallerAt(address)
    assert await codes(caller, apis, HELLO, 4) == ["OK"] * 4
    async with caller.socket(apis.second) as socket:
        assert [await socket.code(HELLO) for _ in range(6)] == ["OK"] * 4 + ["RATE_LIMITED"] * 2
        assert await caller.code(apis.first, HELLO) == "RATE_LIMITED"


async def test_the_signed_in_have_allowances_of_their_own(apis: Apis, address: str) -> None:
    token = await a_staff_token(apis.shop, Permission.READ_ORDERS)
    guest, signed_in, elsewhere = CallerAt(address), CallerAt(address, token), CallerAt("203.0.113.78", token)
    assert (await codes(guest, apis, HELLO, 9))[-1] == "RATE_LIMITED"
    assert await codes(signed_in, apis, HELLO, 8) == ["OK"] * 8
    assert await codes(elsewhere, apis, HELLO, 1) == ["RATE_LIMITED"]


async def test_who_asks_is_told_what_is_left(apis: Apis, address: str) -> None:
    caller = CallerAt(address)
    asking: dict[str, Any] = {"extensions": {"rateLimit": True}}
    told = (await caller.posts(apis.first, HELLO, **asking)).json()["extensions"]["rateLimit"]
    assert (told["limit"], told["remaining"]) == (1_600, 1_400), "the least that an operation counts for"
    assert 1 <= told["resetSeconds"] <= 60
    told = (await caller.posts(apis.second, TWO, **asking)).json()["extensions"]["rateLimit"]
    assert (told["limit"], told["remaining"]) == (5, 3)
    assert "extensions" not in (await caller.posts(apis.first, HELLO)).json()


async def test_what_an_operation_may_cost_is_counted_not_what_it_gives(apis: Apis, address: str) -> None:
    caller = CallerAt(address)
    asking: dict[str, Any] = {"extensions": {"rateLimit": True, "cost": True}}
    page = "query($first: Int) { products(first: $first) { nodes { variants { id } } } }"
    told = (await caller.posts(apis.first, page, variables={"first": 40}, **asking)).json()["extensions"]
    assert told["cost"]["requested"] == 1 + 40 * (1 + 20)
    assert (told["rateLimit"]["limit"], told["rateLimit"]["remaining"]) == (1_600, 1_600 - 841)
    assert await caller.code(apis.second, page, variables={"first": 40}) == "RATE_LIMITED"
    assert await caller.code(apis.second, page, variables={"first": 36}) == "OK"


async def test_coupon_codes_cannot_be_guessed_at_leisure(apis: Apis, address: str) -> None:
    shopper = apis.shop.shopper()
    await shopper.adds(await apis.shop.goods())
    caller = CallerAt(address)
    tried: dict[str, Any] = {"variables": {"cart": shopper.cart["id"]}}
    for api in (apis.first, apis.second, apis.first):
        answer = await caller.posts(api, COUPON, **tried)
        assert answer.json()["data"]["cartCouponApply"]["userErrors"] == [{"code": "COUPON_UNKNOWN"}]
    answer = await caller.posts(apis.second, COUPON, **tried)
    [error] = answer.json()["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["cartCouponApply"], "RATE_LIMITED")
    assert answer.headers["retry-after"] == str(error["extensions"]["retryAfter"])
    # Whoever else holds the cart is not locked out of it.
    answer = await CallerAt("203.0.113.79").posts(apis.first, COUPON, **tried)
    assert answer.json()["data"]["cartCouponApply"]["userErrors"] == [{"code": "COUPON_UNKNOWN"}]


async def test_an_api_whose_redis_is_killed_serves_on_with_half_the_allowance(
    clone: Clone, settings_on: Callable[[str], Settings], own_valkey: Embedded, address: str
) -> None:
    settings = settings_on(await clone()).model_copy(update={"redis_url": own_valkey.redis_url, "requests_per_minute": 8})
    async with opened(settings) as apis:
        caller = CallerAt(address)
        assert [await caller.code(apis.first, HELLO) for _ in range(2)] == ["OK"] * 2
        own_valkey.valkey.kill()
        assert [await caller.code(apis.first, HELLO) for _ in range(6)] == ["OK"] * 4 + ["RATE_LIMITED"] * 2
        assert await caller.gets(apis.first, "/health/ready") == 200
        assert "\nvitrine_limits_alone 1.0\n" in await caller.reads(apis.first, "/metrics")
        assert await CallerAt("203.0.113.80").code(apis.first, HELLO) == "OK"


async def test_development_allows_ten_times_what_production_does(settings_on: Callable[[str], Settings]) -> None:
    unset = settings_on("postgresql:///shop").model_copy(update={"requests_per_minute": None, "mutations_per_minute": None})
    assert (unset.requests_allowed, unset.cost_allowed, unset.mutations_allowed) == (6_000, 1_200_000, 1_200)
    production = unset.model_copy(update={"mode": Mode.PRODUCTION})
    assert (production.requests_allowed, production.cost_allowed, production.mutations_allowed) == (600, 120_000, 120)
    chosen = production.model_copy(update={"requests_per_minute": 7, "cost_per_minute": 50, "mutations_per_minute": 3})
    assert (chosen.requests_allowed, chosen.cost_allowed, chosen.mutations_allowed) == (7, 50, 3)
