"""Letters through the API and the development mailbox: for staff who may, paged without loss, harmless to look at."""

from __future__ import annotations

from uuid import UUID

from application import Api
from domain.ids import NoticeId, OrderId, new_id
from domain.notices.actions import queue
from domain.notices.model import NewNotice, NoticeKind
from domain.viewer import Permission
from gateways.settings import Mode
from persistence.unit import Transactions
from schema.ids import global_id
from tests.makers.people import a_customer_token, a_staff_token
from tests.shop import Shop
from tests.workers.world import an_order

LETTERS = """
query($where: MessageWhereInput, $first: Int, $after: String, $last: Int, $before: String) {
  messageDeliveries(where: $where, first: $first, after: $after, last: $last, before: $before) {
    totalCount
    nodes { id kind state recipient subject bodyText attempts failure sentAt order { number } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


async def a_letter(shop: Shop, *, order_id: UUID | None = None, subject: str = "Welcome", html: str = "<p>Welcome</p>") -> UUID:
    notice_id = NoticeId(new_id())
    notice = NewNotice(
        id=notice_id,
        cause=str(notice_id),
        kind=NoticeKind.WELCOME if order_id is None else NoticeKind.ORDER_CONFIRMED,
        recipient="ada@example.com",
        language="en",
        subject=subject,
        text="Welcome",
        html=html,
        message_id=f"<{notice_id}@vitrine.example>",
        order_id=OrderId(order_id) if order_id is not None else None,
    )
    await Transactions(shop.api.database, published=lambda _topics: None)(queue, notice=notice)
    return notice_id


def url_of(shop: Shop) -> str:
    url = shop.api.settings.database_url
    assert url is not None
    return url


async def test_staff_with_the_permission_read_letters_and_others_do_not(fresh_shop: Shop) -> None:
    order_id = await an_order(url_of(fresh_shop))
    await a_letter(fresh_shop, order_id=order_id)
    reader = await a_staff_token(fresh_shop, Permission.READ_NOTICES)
    page = (await fresh_shop.data(LETTERS, token=reader))["messageDeliveries"]
    assert page["totalCount"] == 1
    [letter] = page["nodes"]
    assert {name: letter[name] for name in ("kind", "state", "recipient", "subject", "attempts", "failure", "sentAt")} == {
        "kind": "ORDER_CONFIRMED",
        "state": "QUEUED",
        "recipient": "ada@example.com",
        "subject": "Welcome",
        "attempts": 0,
        "failure": None,
        "sentAt": None,
    }
    assert letter["order"] is None
    both = await a_staff_token(fresh_shop, Permission.READ_NOTICES, Permission.READ_ORDERS)
    assert (await fresh_shop.data(LETTERS, token=both))["messageDeliveries"]["nodes"][0]["order"] == {"number": 1001}

    for token, code in (
        (None, "UNAUTHENTICATED"),
        (await a_customer_token(fresh_shop), "PERMISSION_DENIED"),
        (await a_staff_token(fresh_shop, Permission.READ_ORDERS), "PERMISSION_DENIED"),
    ):
        body = await fresh_shop.ask(LETTERS, token=token)
        assert body["errors"][0]["extensions"]["code"] == code
        node = "query($id: ID!) { node(id: $id) { id } }"
        assert (await fresh_shop.data(node, {"id": letter["id"]}, token=token))["node"] is None


async def test_letters_are_paged_newest_first_both_ways_without_loss(fresh_shop: Shop) -> None:
    made = [global_id("Notice", each) for each in sorted([await a_letter(fresh_shop) for _ in range(7)])]
    await fresh_shop.rows.execute("UPDATE notice SET created_at = '2026-03-01 12:00Z'")  # all at once: the id decides
    token = await a_staff_token(fresh_shop, Permission.READ_NOTICES)
    seen: list[str] = []
    after = None
    while True:
        page = (await fresh_shop.data(LETTERS, {"first": 3, "after": after}, token=token))["messageDeliveries"]
        seen += [each["id"] for each in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == made[::-1]
    back = (await fresh_shop.data(LETTERS, {"last": 2, "before": after}, token=token))["messageDeliveries"]
    assert [each["id"] for each in back["nodes"]] == made[::-1][4:6]

    refused = await fresh_shop.ask(LETTERS, {"after": "bm9uc2Vuc2U"}, token=token)
    assert refused["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_letters_are_found_by_state_and_by_order(fresh_shop: Shop) -> None:
    order_id = await an_order(url_of(fresh_shop))
    about, other = await a_letter(fresh_shop, order_id=order_id), await a_letter(fresh_shop)
    await fresh_shop.rows.execute("UPDATE notice SET state = 'DEAD', failure = '550 gone' WHERE id = $1", other)
    token = await a_staff_token(fresh_shop, Permission.READ_NOTICES)

    async def found(**given: str) -> tuple[int, list[str]]:
        page = (await fresh_shop.data(LETTERS, {"where": given}, token=token))["messageDeliveries"]
        return page["totalCount"], [each["id"] for each in page["nodes"]]

    assert await found(state="DEAD") == (1, [global_id("Notice", other)])
    assert await found(orderId=global_id("Order", order_id)) == (1, [global_id("Notice", about)])
    assert await found(orderId=global_id("Notice", order_id)) == (0, [])
    assert await found(orderId="nonsense") == (0, [])


async def test_the_mailbox_shows_letters_and_runs_nothing_of_theirs(fresh_shop: Shop) -> None:
    empty = await fresh_shop.client.get("/mailbox")
    assert "There is none yet" in empty.text
    evil = "<script>alert(1)</script>"
    notice_id = await a_letter(fresh_shop, subject=evil, html=f"<p>Hello {evil}</p>")

    listing = await fresh_shop.client.get("/mailbox")
    assert listing.status_code == 200
    assert "&lt;script&gt;" in listing.text
    assert evil not in listing.text
    letter = await fresh_shop.client.get(f"/mailbox/letter?id={notice_id}")
    assert evil not in letter.text
    assert f"/mailbox/letter/html?id={notice_id}" in letter.text
    html = await fresh_shop.client.get(f"/mailbox/letter/html?id={notice_id}")
    assert html.text == f"<p>Hello {evil}</p>"
    policy = html.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "script-src" not in policy

    for wrong in (f"id={new_id()}", "id=nonsense", "id=", ""):
        for path in ("/mailbox/letter", "/mailbox/letter/html"):
            assert (await fresh_shop.client.get(f"{path}?{wrong}")).status_code == 404


async def test_the_mailbox_exists_in_development_only(fresh_shop: Shop) -> None:
    mailbox = {"/mailbox", "/mailbox/letter", "/mailbox/letter/html"}
    assert mailbox <= fresh_shop.api.paths
    production = Api(fresh_shop.api.settings.model_copy(update={"mode": Mode.PRODUCTION}))
    assert not mailbox & production.paths
