"""From cart to order and on, through the API."""

from __future__ import annotations

import asyncio

from domain.viewer import Permission
from tests.makers.people import a_customer_token, a_staff_token
from tests.shop import Shop

READ = "query($id: ID!) { order(id: $id) { id number } node(id: $id) { id } }"
BY_TOKEN = "query($token: String!) { orderByToken(token: $token) { id status lines { productName sku quantity unitPrice { amount } } } }"
MOVE = """mutation($input: OrderTransitionInput!) { orderTransition(input: $input) {
    order { status fulfillmentStatus version allowedTransitions { status fulfillmentStatus canCancel } }
    userErrors { code path ... on InvalidTransition { current asked allowed } ... on VersionConflict { currentVersion: current } } } }"""
CANCEL = """mutation($input: OrderCancelInput!) { orderCancel(input: $input) {
    order { status cancelReason events { seq kind } } userErrors { code path } } }"""


async def test_completing_a_cart_makes_an_order_that_is_reserved_and_waits_to_be_paid(shop: Shop) -> None:
    goods = await shop.goods(price=1999, stock=5)
    shopper = shop.shopper()
    order = await shopper.orders((goods, 2))

    assert (order["status"], order["paymentStatus"], order["fulfillmentStatus"]) == ("PENDING", "UNPAID", "UNFULFILLED")
    assert order["total"] == {"gross": {"amount": "44.88"}, "tax": {"amount": "7.16"}}
    assert order["events"] == [
        {"seq": 1, "kind": "PLACED", "status": "PENDING", "paymentStatus": "UNPAID", "fulfillmentStatus": "UNFULFILLED"}
    ]
    assert await shop.stock(goods) == (5, 2)


async def test_completing_again_gives_the_same_order_and_reserves_nothing_more(shop: Shop) -> None:
    goods = await shop.goods(stock=5)
    shopper = shop.shopper()
    order = await shopper.orders((goods, 1))
    again = await shopper.completes()
    keyed = await shopper.completes(key="another-key")
    assert again["order"]["id"] == keyed["order"]["id"] == order["id"]
    assert await shop.stock(goods) == (5, 1)
    refused = await shopper.adds(goods)
    assert [each["code"] for each in refused["userErrors"]] == ["CART_COMPLETED"]


async def test_a_key_used_with_other_arguments_conflicts(shop: Shop) -> None:
    shopper = shop.shopper()
    await shopper.orders((await shop.goods(), 1))
    await shopper.completes(key="key-1")
    conflict = await shopper.completes(key="key-1", acceptChanges=True)
    assert [each["code"] for each in conflict["userErrors"]] == ["IDEMPOTENCY_CONFLICT"]


async def test_everything_that_is_missing_is_told_at_once_and_nothing_changes(shop: Shop) -> None:
    goods = await shop.goods(stock=5)
    shopper = shop.shopper()
    await shopper.adds(goods)
    refused = await shopper.completes()
    assert refused["order"] is None
    assert {tuple(each["path"]) for each in refused["userErrors"]} == {
        ("cart", "email"),
        ("cart", "shippingAddress"),
        ("cart", "delivery"),
    }
    assert await shop.stock(goods) == (5, 0)


async def test_a_price_that_changed_since_the_buyer_saw_it_must_be_accepted(shop: Shop) -> None:
    goods = await shop.goods(price=1000)
    shopper = shop.shopper()
    await shopper.adds(goods)
    await shopper.introduces_themselves()
    await shop.rows.execute("UPDATE price SET amount = 1200 WHERE variant_id = $1", goods.variant_id)

    refused = await shopper.completes()
    assert [(each["code"], each["seen"]["amount"], each["current"]["amount"]) for each in refused["userErrors"]] == [
        ("PRICE_CHANGED", "10.00", "12.00")
    ]
    assert await shop.stock(goods) == (10, 0)
    done = await shopper.completes(acceptChanges=True)
    assert done["order"]["total"]["gross"]["amount"] == "16.90"


async def test_an_expected_total_that_is_not_the_total_is_refused_with_the_new_one(shop: Shop) -> None:
    shopper = shop.shopper()
    await shopper.adds(await shop.goods(price=1000))
    await shopper.introduces_themselves()
    refused = await shopper.completes(expectedTotal="10.00")
    assert [(each["code"], each["current"]["amount"]) for each in refused["userErrors"]] == [("TOTAL_CHANGED", "14.90")]
    nonsense = await shopper.completes(expectedTotal="14.901")
    assert [(each["code"], each["path"]) for each in nonsense["userErrors"]] == [("INVALID", ["input", "expectedTotal"])]
    done = await shopper.completes(expectedTotal="14.90")
    assert done["userErrors"] == []


async def test_an_order_keeps_what_was_agreed_when_the_catalogue_changes(shop: Shop) -> None:
    goods = await shop.goods(price=1000)
    order = await shop.shopper().orders((goods, 2))
    before = await shop.data(BY_TOKEN, {"token": order["token"]})
    await shop.rows.execute("UPDATE product SET name = 'Renamed' WHERE id = $1", goods.product_id)
    await shop.rows.execute("UPDATE price SET amount = 1 WHERE variant_id = $1", goods.variant_id)
    assert await shop.data(BY_TOKEN, {"token": order["token"]}) == before
    assert before["orderByToken"]["lines"][0]["unitPrice"] == {"amount": "10.00"}


async def test_an_order_that_costs_nothing_is_paid_from_the_start(shop: Shop) -> None:
    code = await shop.coupon(basis_points=10_000)
    shopper = shop.shopper()
    await shopper.adds(await shop.goods(price=1000, requires_shipping=False))
    await shopper.introduces_themselves()
    await shopper.does("cartCouponApply", {"cartId": shopper.cart["id"], "code": code})
    order = (await shopper.completes())["order"]
    assert (order["status"], order["paymentStatus"], order["total"]["gross"]["amount"]) == ("CONFIRMED", "PAID", "0.00")


async def test_an_order_of_somebody_else_is_answered_like_one_that_is_not_there(shop: Shop) -> None:
    owner, stranger = await a_customer_token(shop), await a_customer_token(shop)
    order = await shop.shopper(token=owner).orders((await shop.goods(), 1))
    made_up = shop.channel.standard_delivery
    nothing = {"order": None, "node": None}
    assert (await shop.data(READ, {"id": order["id"]}, token=owner))["order"]["number"] == order["number"]
    assert await shop.data(READ, {"id": order["id"]}, token=stranger) == nothing
    assert (await shop.data(READ, {"id": made_up}, token=stranger))["order"] is None
    guest = await shop.ask(READ, {"id": order["id"]})
    assert guest["data"] == nothing
    assert [error["extensions"]["code"] for error in guest["errors"]] == ["UNAUTHENTICATED"]
    forged = order["token"][:-3] + "AAA"
    assert (await shop.data(BY_TOKEN, {"token": forged}))["orderByToken"] is None
    refused = await shop.data(CANCEL, {"input": {"orderId": order["id"], "reason": "mine now"}}, token=stranger)
    assert refused["orderCancel"]["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "orderId"]}]


async def test_cancelling_gives_back_stock_and_coupon_exactly_once(shop: Shop) -> None:
    goods = await shop.goods(stock=3)
    code = await shop.coupon(usage_limit=1)
    shopper = shop.shopper()
    await shopper.adds(goods, 2)
    await shopper.introduces_themselves()
    await shopper.does("cartCouponApply", {"cartId": shopper.cart["id"], "code": code})
    order = (await shopper.completes())["order"]
    said = {"input": {"orderToken": order["token"], "reason": "Changed my mind"}}

    answers = await asyncio.gather(*(shop.data(CANCEL, said) for _ in range(5)))

    payloads = [each["orderCancel"] for each in answers]
    assert sum(1 for each in payloads if each["order"] is not None) == 1
    assert {each["userErrors"][0]["code"] for each in payloads if each["order"] is None} == {"INVALID_TRANSITION"}
    assert await shop.stock(goods) == (3, 0)
    assert await shop.rows.fetchval("SELECT uses FROM coupon WHERE code = $1", code) == 0
    read = await shop.data(
        "query($t: String!) { orderByToken(token: $t) { cancelReason events { seq kind } } }", {"t": order["token"]}
    )
    assert read["orderByToken"] == {
        "cancelReason": "Changed my mind",
        "events": [{"seq": 1, "kind": "PLACED"}, {"seq": 2, "kind": "CANCELLED"}],
    }


async def test_staff_cannot_ship_what_is_not_paid_and_are_told_what_is_allowed(shop: Shop) -> None:
    staff = await a_staff_token(shop, Permission.MANAGE_ORDERS, Permission.READ_ORDERS)
    goods = await shop.goods(stock=5)
    order = await shop.shopper().orders((goods, 1))

    unpaid = await shop.data(MOVE, {"input": {"orderId": order["id"], "fulfillmentStatus": "SHIPPED"}}, token=staff)
    assert [each["code"] for each in unpaid["orderTransition"]["userErrors"]] == ["NOT_PAID"]
    wrong = await shop.data(MOVE, {"input": {"orderId": order["id"], "status": "COMPLETED"}}, token=staff)
    assert wrong["orderTransition"]["userErrors"] == [
        {
            "code": "INVALID_TRANSITION",
            "path": ["input", "status"],
            "current": "PENDING",
            "asked": "COMPLETED",
            "allowed": ["CANCELLED"],
        }
    ]
    stale = await shop.data(MOVE, {"input": {"orderId": order["id"], "status": "CANCELLED", "ifVersion": 7}}, token=staff)
    assert stale["orderTransition"]["userErrors"] == [
        {"code": "VERSION_CONFLICT", "path": ["input", "ifVersion"], "currentVersion": 1}
    ]
    assert await shop.stock(goods) == (5, 1)


async def test_only_staff_with_the_permission_moves_orders(shop: Shop) -> None:
    order = await shop.shopper().orders((await shop.goods(), 1))
    said = {"input": {"orderId": order["id"], "status": "CANCELLED"}}
    for token, code in (
        (None, "UNAUTHENTICATED"),
        (await a_customer_token(shop), "PERMISSION_DENIED"),
        (await a_staff_token(shop, Permission.READ_ORDERS), "PERMISSION_DENIED"),
    ):
        answer = await shop.ask(MOVE, said, token=token)
        assert [error["extensions"]["code"] for error in answer["errors"]] == [code]


async def test_staff_list_orders_newest_first_and_page_without_loss(fresh_shop: Shop) -> None:
    staff = await a_staff_token(fresh_shop, Permission.READ_ORDERS)
    goods = await fresh_shop.goods(stock=100)
    numbers = [(await fresh_shop.shopper().orders((goods, 1)))["number"] for _ in range(5)]
    asked = """query($after: String) { orders(first: 2, after: $after) {
        totalCount nodes { number lines { sku } } pageInfo { hasNextPage endCursor } } }"""
    seen: list[int] = []
    after = None
    while True:
        page = (await fresh_shop.data(asked, {"after": after}, token=staff))["orders"]
        assert page["totalCount"] == 5
        seen += [node["number"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == numbers[::-1] == [1005, 1004, 1003, 1002, 1001]
    found = await fresh_shop.data(
        "query($w: OrderWhereInput) { orders(where: $w) { nodes { number } } }", {"w": {"number": 1003}}, token=staff
    )
    assert found["orders"]["nodes"] == [{"number": 1003}]
    bad = await fresh_shop.ask(asked, {"after": "nonsense"}, token=staff)
    assert [error["extensions"]["code"] for error in bad["errors"]] == ["BAD_USER_INPUT"]
