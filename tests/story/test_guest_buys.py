"""A guest buys something and watches the order live. Read it as the manual."""

from __future__ import annotations

from tests.story.street import Buyer, Street


async def test_a_guest_buys_and_watches_the_order_live_over_a_websocket(street: Street) -> None:
    guest = Buyer(street, email="guest@story.example")
    await guest.fills_a_cart(quantity=2)
    await guest.introduces_themselves()
    assert guest.cart["readiness"] == {"isReady": True, "missing": []}
    order = await guest.orders()

    async with street.watching(order["token"]) as watcher:
        await watcher.sees(lambda seen: len(seen) == 1)
        payment = await guest.pays(order, "tok_async_success:1s")
        assert payment["state"] == "PENDING"
        seen = await watcher.sees(lambda seen: any(each["paymentStatus"] == "PAID" for each in seen))

    assert [each["seq"] for each in seen] == list(range(1, len(seen) + 1))
    assert watcher.kinds[0] == "PLACED"
    assert watcher.kinds.count("PAYMENT_CAPTURED") == 1
    assert (seen[-1]["status"], seen[-1]["paymentStatus"]) == ("CONFIRMED", "PAID")
    letters = await street.letters("guest@story.example", count=2)
    assert len(letters) == 2
    assert all(str(order["number"]) in subject for subject in letters)


async def test_who_comes_back_sees_only_what_they_have_not_seen(street: Street) -> None:
    guest = Buyer(street, email="back@story.example")
    await guest.fills_a_cart()
    await guest.introduces_themselves()
    order = await guest.orders()
    await guest.pays(order, "tok_success")
    async with street.watching(order["token"]) as first:
        seen = await first.sees(lambda seen: any(each["paymentStatus"] == "PAID" for each in seen))
        last = seen[-1]["seq"]
    async with street.watching(order["token"], after=last - 1) as second:
        again = await second.sees(bool)
    assert again[0]["seq"] == last


async def test_a_declined_card_then_another_that_is_good(street: Street) -> None:
    guest = Buyer(street, email="declined@story.example")
    await guest.fills_a_cart()
    await guest.introduces_themselves()
    order = await guest.orders()

    declined = await guest.pays(order, "tok_decline", key="first card")
    assert (declined["state"], declined["failure"]["code"]) == ("FAILED", "card_declined")
    paid = await guest.pays(order, "tok_success", key="second card")
    assert paid["state"] == "CAPTURED"

    async with street.watching(order["token"]) as watcher:
        seen = await watcher.sees(lambda seen: bool(seen) and seen[-1]["paymentStatus"] == "PAID")
    assert [kind for kind in watcher.kinds if kind in {"PAYMENT_FAILED", "PAYMENT_CAPTURED"}] == [
        "PAYMENT_FAILED",
        "PAYMENT_CAPTURED",
    ]
    assert seen[-1]["paymentStatus"] == "PAID"
    assert len(await street.letters("declined@story.example", count=3)) == 3


async def test_a_challenge_is_answered_on_the_banks_page(street: Street) -> None:
    guest = Buyer(street, email="challenge@story.example")
    await guest.fills_a_cart()
    await guest.introduces_themselves()
    order = await guest.orders()
    payment = await guest.pays(order, "tok_challenge")
    assert payment["state"] == "REQUIRES_ACTION"
    page = await street.client.get(payment["nextAction"]["url"])
    assert page.status_code == 200
    answered = await street.client.post(payment["nextAction"]["url"], data={"code": "123456", "decision": "approve"})
    assert answered.status_code == 303
    async with street.watching(order["token"]) as watcher:
        await watcher.sees(lambda seen: bool(seen) and seen[-1]["paymentStatus"] == "PAID")
