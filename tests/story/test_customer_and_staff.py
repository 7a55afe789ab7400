"""A customer buys with a coupon, staff ship it; another calls an order off. Read it as the manual."""

from __future__ import annotations

from persistence.seed import DEMO_LOGINS
from tests.story.street import Buyer, Street

MOVE = """mutation($input: OrderTransitionInput!) { orderTransition(input: $input) {
    order { status fulfillmentStatus allowedTransitions { status fulfillmentStatus canCancel } } userErrors { code } } }"""
CANCEL = """mutation($input: OrderCancelInput!) { orderCancel(input: $input) {
    order { status cancelReason } userErrors { code message } } }"""
MINE = "{ me { orders(first: 3) { nodes { id number couponCode discount { amount } status } } } }"
LOGINS = {login.who: login for login in DEMO_LOGINS}


async def _logged_in(street: Street, who: str) -> str:
    return await street.logs_in(LOGINS[who].email, LOGINS[who].password)


async def test_a_customer_buys_with_a_coupon_and_staff_ship_it(street: Street) -> None:
    token, staff = await _logged_in(street, "customer"), await _logged_in(street, "staff")
    ada = Buyer(street, email=LOGINS["customer"].email, token=token)
    await ada.fills_a_cart(quantity=1)
    await ada.introduces_themselves()
    await ada.does("cartCouponApply", {"cartId": ada.cart["id"], "code": "WELCOME10"})
    order = await ada.orders()
    await ada.pays(order, "tok_success")

    mine = (await street.asks(MINE, token=token))["me"]["orders"]["nodes"][0]
    assert (mine["id"], mine["couponCode"], mine["status"]) == (order["id"], "WELCOME10", "CONFIRMED")

    async with street.watching(order["token"], after=order["events"][-1]["seq"]) as watcher:
        shipped = await street.asks(MOVE, {"input": {"orderId": order["id"], "fulfillmentStatus": "SHIPPED"}}, token=staff)
        assert shipped["orderTransition"] == {
            "order": {
                "status": "PROCESSING",
                "fulfillmentStatus": "SHIPPED",
                "allowedTransitions": {"status": [], "fulfillmentStatus": ["DELIVERED"], "canCancel": False},
            },
            "userErrors": [],
        }
        await watcher.sees(lambda seen: bool(seen) and seen[-1]["fulfillmentStatus"] == "SHIPPED")
        arrived = await street.asks(MOVE, {"input": {"orderId": order["id"], "fulfillmentStatus": "DELIVERED"}}, token=staff)
        assert arrived["orderTransition"]["order"]["status"] == "COMPLETED"
        await watcher.sees(lambda seen: seen[-1]["status"] == "COMPLETED")

    too_late = await street.asks(CANCEL, {"input": {"orderId": order["id"], "reason": "too late"}}, token=token)
    assert [error["code"] for error in too_late["orderCancel"]["userErrors"]] == ["ALREADY_SHIPPED"]


async def test_a_paid_order_is_called_off_and_the_money_goes_back_by_itself(street: Street) -> None:
    guest = Buyer(street, email="cancel@story.example")
    await guest.fills_a_cart()
    await guest.introduces_themselves()
    order = await guest.orders()
    await guest.pays(order, "tok_success")

    cancelled = await street.asks(CANCEL, {"input": {"orderToken": order["token"], "reason": "Changed my mind"}})
    assert cancelled["orderCancel"]["order"] == {"status": "CANCELLED", "cancelReason": "Changed my mind"}

    async with street.watching(order["token"]) as watcher:
        seen = await watcher.sees(lambda seen: bool(seen) and seen[-1]["paymentStatus"] == "REFUNDED")
    assert seen[-1]["status"] == "CANCELLED"
    assert watcher.kinds.count("REFUNDED") == 1
