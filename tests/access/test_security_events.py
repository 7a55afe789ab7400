"""What touches the safety of an account is on record in the transaction that did it, for its owner and for staff, and mailed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.viewer import Permission
from schema.ids import global_id
from tests.access.mailed import NEW_PASSWORD, deed, logs_in, resets, verifies
from tests.makers.mail import Postman, a_postman
from tests.makers.people import PASSWORD, a_staff_token
from tests.shop import Shop

OWN = "{ me { securityEvents { kind count device address detail } } }"
ALL = """query($where: SecurityEventsWhereInput) { securityEvents(where: $where, first: 50) {
    totalCount nodes { id kind count device address } } }"""


@pytest.fixture
async def post(shop: Shop) -> AsyncIterator[Postman]:
    async with a_postman(shop) as postman:
        await postman.works()
        yield postman
        shop.client.headers.pop("user-agent", None)


async def own(shop: Shop, token: str) -> list[tuple[str, int]]:
    """Kinds and counts, the latest first, as the owner sees them."""
    events = (await shop.data(OWN, token=token))["me"]["securityEvents"]
    return [(each["kind"], each["count"]) for each in events]


async def subjects(post: Postman, email: str) -> list[str]:
    return [each.subject.removeprefix("Vitrine: ") for each in await post.letters(email)]


async def test_a_new_device_is_noted_and_mailed_and_the_first_and_known_ones_are_not(shop: Shop, post: Postman) -> None:
    email = await post.newcomer()
    shop.client.headers["user-agent"] = "Home/1.0"
    await logs_in(shop, email)
    token = (await logs_in(shop, email))["accessToken"]
    await post.letters(email)
    assert await own(shop, token) == []
    shop.client.headers["user-agent"] = "Elsewhere/2.0\x0b<b>"
    await logs_in(shop, email)
    await logs_in(shop, email)
    (event,) = (await shop.data(OWN, token=token))["me"]["securityEvents"]
    assert (event["kind"], event["device"], event["address"]) == ("NEW_DEVICE", "Elsewhere/2.0<b>", "127.0.0.1")
    letters = await post.letters(email)
    assert [each.subject for each in letters] == ["Vitrine: a log-in on a new device"]
    assert "Elsewhere" not in letters[0].text + letters[0].html, "what a stranger calls themselves is not put into our letters"


async def test_failed_log_ins_are_told_together_and_mailed_once(shop: Shop, post: Postman) -> None:
    email = await post.newcomer()
    token = (await logs_in(shop, email))["accessToken"]
    await post.letters(email)
    for _ in range(4):
        await logs_in(shop, email, "wrong")
    assert await own(shop, token) == []
    for _ in range(21):
        await logs_in(shop, email, "wrong")
    assert await own(shop, token) == [("LOG_INS_FAILED", 25), ("LOG_INS_FAILED", 5)]
    assert await subjects(post, email) == ["log-ins with a wrong password"]


async def test_attempts_on_an_address_that_nobody_has_are_seen_by_staff_without_it(shop: Shop, post: Postman) -> None:
    nobody = "nobody-0815@mail.example"
    for _ in range(5):
        await logs_in(shop, nobody, "wrong")
    await post.works()
    assert post.pigeons.carried == [] or all(each.recipient != nobody for each in post.pigeons.carried)
    staff = await a_staff_token(shop, Permission.READ_AUDIT)
    page = (await shop.data(ALL, {"where": {"kind": "LOG_INS_FAILED"}}, token=staff))["securityEvents"]
    assert page["nodes"][0]["count"] == 5
    kept = await shop.rows.fetch("SELECT e::text || f::text FROM security_event e, log_in_failure f")
    assert not any(nobody in row[0] for row in kept)


async def test_whatever_changes_an_accounts_safety_is_there_in_order(shop: Shop, post: Postman) -> None:
    email = await post.newcomer()
    assert await verifies(shop, await post.secret(email)) == []
    token = (await logs_in(shop, email))["accessToken"]
    said: dict[str, Any] = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    await deed(shop, "passwordChange", "changedAt", token=token, **said)
    await deed(shop, "passwordResetRequest", "email", email=email)
    assert await resets(shop, await post.secret(email), "nine purple boats drift") == []
    token = (await logs_in(shop, email, "nine purple boats drift"))["accessToken"]
    await shop.data("mutation { tokensRevokeAll { sessionsEnded } }", token=token)
    token = (await logs_in(shop, email, "nine purple boats drift"))["accessToken"]
    assert [kind for kind, _ in await own(shop, token)] == [
        "SESSIONS_ENDED",
        "PASSWORD_RESET",
        "PASSWORD_CHANGED",
        "EMAIL_VERIFIED",
    ]


async def test_only_the_owner_and_who_may_read_the_record_see_an_event(shop: Shop, post: Postman) -> None:
    ada, bob = await post.newcomer(), await post.newcomer()
    token, other = (await logs_in(shop, ada))["accessToken"], (await logs_in(shop, bob))["accessToken"]
    for _ in range(5):
        await logs_in(shop, ada, "wrong")
    account_id = await shop.rows.fetchval("SELECT id FROM account WHERE email = $1", ada)
    staff = await a_staff_token(shop, Permission.READ_AUDIT)
    where = {"accountId": global_id("Customer", account_id)}
    (event,) = (await shop.data(ALL, {"where": where}, token=staff))["securityEvents"]["nodes"]
    node = "query($id: ID!) { node(id: $id) { ... on SecurityEvent { kind } } }"
    assert (await shop.data(node, {"id": event["id"]}, token=token))["node"] == {"kind": "LOG_INS_FAILED"}
    assert (await shop.data(node, {"id": event["id"]}, token=staff))["node"] == {"kind": "LOG_INS_FAILED"}
    for stranger in (other, None, await a_staff_token(shop, Permission.MANAGE_STAFF)):
        assert (await shop.data(node, {"id": event["id"]}, token=stranger))["node"] is None
    assert await own(shop, other) == []
