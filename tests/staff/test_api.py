"""Staff and roles through the API: who may give what to whom, and that an administrator is always left."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from domain.viewer import Permission
from tests.makers.people import PASSWORD, a_customer_token, a_staff_token
from tests.shop import Shop
from tests.staff.people import LOG_IN, Manager, an_administrator, log_in

VIEWER = "{ viewer { kind permissions scopes channels } }"
STAFF_ME = "{ staffMe { id email } }"


@pytest.fixture
async def boss(shop: Shop) -> Manager:
    return await an_administrator(shop)


async def _limited(shop: Shop, *permissions: Permission, channels: tuple[str, ...]) -> Manager:
    ids = [await shop.rows.fetchval("SELECT id FROM channel WHERE slug = $1", slug) for slug in channels]
    return Manager(shop, await a_staff_token(shop, *permissions, channels=ids))


async def test_a_member_is_made_with_a_role_and_holds_what_the_role_holds(shop: Shop, boss: Manager) -> None:
    role = await boss.a_role(Permission.READ_ORDERS, Permission.READ_STOCK, requiresSecondFactor=False)
    member = await boss.a_member(role, channels=["web"], name="Lin Chen")
    assert member["name"] == "Lin Chen"
    assert member["isActive"] is True
    assert member["channels"] == ["web"]
    assert member["permissions"] == ["READ_ORDERS", "READ_STOCK"]
    assert member["role"]["id"] == role
    held = await shop.data(VIEWER, token=await log_in(shop, member["email"]))
    assert held["viewer"] == {
        "kind": "STAFF",
        "permissions": ["READ_ORDERS", "READ_STOCK"],
        "scopes": [],
        "channels": ["web"],
    }


async def test_the_viewer_tells_everybody_who_they_are(shop: Shop, boss: Manager) -> None:
    nobody: dict[str, object] = {"permissions": [], "scopes": [], "channels": None}
    assert (await shop.data(VIEWER))["viewer"] == {"kind": "GUEST", **nobody}
    customer = await a_customer_token(shop)
    assert (await shop.data(VIEWER, token=customer))["viewer"] == {"kind": "CUSTOMER", **nobody}
    assert (await shop.data("{ me { permissions } }", token=customer))["me"] == {"permissions": []}
    held = (await shop.data(VIEWER, token=boss.token))["viewer"]
    assert held["permissions"] == sorted(each.value for each in Permission)
    assert held["channels"] is None


async def test_nobody_gives_permissions_that_they_do_not_hold(shop: Shop, boss: Manager) -> None:
    clerk = Manager(shop, await a_staff_token(shop, Permission.MANAGE_STAFF, Permission.READ_ORDERS))
    wanted = {"name": "Too much", "permissions": ["READ_ORDERS", "MANAGE_PAYMENTS", "READ_CUSTOMERS"]}
    payload = await clerk.does("roleCreate", wanted)
    assert payload["role"] is None
    [failure] = payload["userErrors"]
    assert failure["code"] == "PERMISSIONS_NOT_HELD"
    assert failure["path"] == ["input", "permissions"]
    assert failure["permissions"] == ["MANAGE_PAYMENTS", "READ_CUSTOMERS"]
    richer, own = await boss.a_role(Permission.MANAGE_PAYMENTS), await clerk.a_role(Permission.READ_ORDERS)
    new = {"email": "new@example.com", "name": "New", "everyChannel": True}
    assert await clerk.refused("staffCreate", {**new, "roleId": richer}) == ("PERMISSIONS_NOT_HELD", ["input", "roleId"])
    assert await clerk.refused("roleUpdate", {"id": own, "permissions": ["MANAGE_STOCK"]}) == (
        "PERMISSIONS_NOT_HELD",
        ["input", "permissions"],
    )
    member = await boss.a_member(own)
    assert await clerk.refused("staffUpdate", {"id": member["id"], "roleId": richer}) == (
        "PERMISSIONS_NOT_HELD",
        ["input", "roleId"],
    )
    assert await shop.rows.fetchval("SELECT count(*) FROM account WHERE email = 'new@example.com'") == 0


async def test_nobody_takes_or_changes_what_they_do_not_hold(shop: Shop, boss: Manager) -> None:
    clerk = Manager(shop, await a_staff_token(shop, Permission.MANAGE_STAFF))
    richer = await boss.a_role(Permission.MANAGE_PAYMENTS)
    member = await boss.a_member(richer)
    poorer = await clerk.a_role()
    at_id = ("PERMISSIONS_NOT_HELD", ["input", "id"])
    assert await clerk.refused("staffUpdate", {"id": member["id"], "roleId": poorer}) == at_id
    assert await clerk.refused("staffUpdate", {"id": member["id"], "name": "Renamed"}) == at_id
    assert await clerk.refused("staffDeactivate", {"id": member["id"]}) == at_id
    assert await clerk.refused("roleUpdate", {"id": richer, "permissions": []}) == at_id
    assert await clerk.refused("roleDelete", {"id": richer}) == at_id
    held = await shop.data(VIEWER, token=await log_in(shop, member["email"]))
    assert held["viewer"]["permissions"] == ["MANAGE_PAYMENTS"]


async def test_who_is_limited_to_channels_manages_only_who_works_there(shop: Shop, boss: Manager) -> None:
    await shop.rows.execute(
        "INSERT INTO channel SELECT gen_random_uuid(), 'elsewhere', 'Elsewhere', currency, currencies, country, language, "
        "prices_include_tax, false, true, now() FROM channel WHERE slug = 'web' ON CONFLICT DO NOTHING"
    )
    role = await boss.a_role(Permission.READ_ORDERS)
    lead = await _limited(shop, Permission.MANAGE_STAFF, Permission.READ_ORDERS, channels=("web",))
    everywhere, there = await boss.a_member(role), await boss.a_member(role, channels=["web"])
    assert await lead.refused("staffDeactivate", {"id": everywhere["id"]}) == ("NOT_FOUND", ["input", "id"])
    new = {"email": "limits@example.com", "name": "New", "roleId": role}
    assert await lead.refused("staffCreate", {**new, "everyChannel": True}) == ("CHANNELS_NOT_HELD", ["input", "channels"])
    assert await lead.refused("staffUpdate", {"id": there["id"], "everyChannel": True}) == (
        "CHANNELS_NOT_HELD",
        ["input", "channels"],
    )
    assert (await lead.does("staffUpdate", {"id": there["id"], "name": "Known"}))["staff"]["name"] == "Known"
    made = (await lead.does("staffCreate", {**new, "channels": ["web"]}))["staff"]
    assert made["channels"] == ["web"]
    listed = await shop.data("{ staff(first: 100) { totalCount nodes { id } } }", token=lead.token)
    seen = {each["id"] for each in listed["staff"]["nodes"]}
    assert {there["id"], made["id"]} <= seen
    assert everywhere["id"] not in seen
    assert listed["staff"]["totalCount"] == len(seen)
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert (await shop.data(node, {"id": there["id"]}, token=lead.token))["node"] is not None
    assert (await shop.data(node, {"id": everywhere["id"]}, token=lead.token))["node"] is None
    answer = await shop.ask('mutation { roleDelete(input: { id: "x" }) { deletedId } }', token=lead.token)
    assert answer["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"


async def test_a_limit_without_channels_is_a_limit_to_none(shop: Shop, boss: Manager) -> None:
    role = await boss.a_role(Permission.READ_ORDERS, Permission.READ_CUSTOMERS)
    member = await boss.a_member(role, channels=[])
    assert member["channels"] == []
    token = await log_in(shop, member["email"])
    order = await shop.shopper().orders((await shop.goods(stock=5), 1))
    assert (await shop.data("{ orders { totalCount nodes { id } } }", token=token))["orders"] == {"totalCount": 0, "nodes": []}
    found = await shop.data("query($id: ID!) { order(id: $id) { id } }", {"id": order["id"]}, token=token)
    assert found["order"] is None


async def test_where_somebody_works_must_be_said_and_be_there(shop: Shop, boss: Manager) -> None:
    role = await boss.a_role()
    new = {"email": "where@example.com", "name": "New", "roleId": role}
    assert await boss.refused("staffCreate", new) == ("INVALID", ["input", "channels"])
    assert await boss.refused("staffCreate", {**new, "everyChannel": True, "channels": []}) == (
        "INVALID",
        ["input", "channels"],
    )
    assert await boss.refused("staffCreate", {**new, "channels": ["web", "moon"]}) == ("NOT_FOUND", ["input", "channels", "1"])
    assert await boss.refused("staffCreate", {**new, "everyChannel": True, "name": " "}) == ("INVALID", ["input", "name"])
    assert await boss.refused("staffCreate", {**new, "everyChannel": True, "email": "x"}) == (
        "EMAIL_INVALID",
        ["input", "email"],
    )
    member = await boss.a_member(role)
    taken = {**new, "everyChannel": True, "email": member["email"].upper()}
    assert await boss.refused("staffCreate", taken) == ("EMAIL_TAKEN", ["input", "email"])


async def test_a_role_keeps_its_name_to_itself_and_stays_while_somebody_has_it(shop: Shop, boss: Manager) -> None:
    role, other = await boss.a_role(name="Packers of boxes"), await boss.a_role()
    assert await boss.refused("roleCreate", {"name": "Packers of boxes", "permissions": []}) == (
        "NAME_TAKEN",
        ["input", "name"],
    )
    assert await boss.refused("roleUpdate", {"id": other, "name": "Packers of boxes"}) == ("NAME_TAKEN", ["input", "name"])
    same = await boss.does("roleUpdate", {"id": role, "name": "Packers of boxes", "requiresSecondFactor": True})
    assert same["role"]["requiresSecondFactor"] is True
    await boss.a_member(role)
    payload = await boss.does("roleDelete", {"id": role})
    assert payload["userErrors"][0]["code"] == "ROLE_IN_USE"
    assert payload["userErrors"][0]["members"] == 1
    assert (await boss.does("roleDelete", {"id": other}))["deletedId"] == other
    assert await boss.refused("roleDelete", {"id": other}) == ("NOT_FOUND", ["input", "id"])


async def test_the_administrators_role_holds_everything_and_never_changes(shop: Shop, boss: Manager) -> None:
    roles = (await shop.data("{ roles { id isAdministrator permissions } }", token=boss.token))["roles"]
    [fixed] = [each for each in roles if each["isAdministrator"]]
    assert fixed["permissions"] == sorted(each.value for each in Permission)
    assert await boss.refused("roleUpdate", {"id": fixed["id"], "permissions": []}) == ("ROLE_FIXED", ["input", "id"])
    assert await boss.refused("roleDelete", {"id": fixed["id"]}) == ("ROLE_FIXED", ["input", "id"])
    new = {"email": "limited-boss@example.com", "name": "New", "roleId": fixed["id"], "channels": ["web"]}
    assert await boss.refused("staffCreate", new) == ("ROLE_FIXED", ["input", "channels"])


async def test_staff_are_found_by_name_address_role_and_activity(shop: Shop, boss: Manager) -> None:
    role = await boss.a_role()
    ann = await boss.a_member(role, name="Ann 100%", email="ann_b@example.com")
    bob = await boss.a_member(role, name="Bob", email="annxb@example.com")
    await boss.does("staffDeactivate", {"id": bob["id"]})
    document = "query($where: StaffWhereInput) { staff(where: $where, first: 50) { totalCount nodes { name } } }"

    async def found(**where: object) -> list[str]:
        data = (await shop.data(document, {"where": {"roleId": role, **where}}, token=boss.token))["staff"]
        assert data["totalCount"] == len(data["nodes"])
        return [each["name"] for each in data["nodes"]]

    assert await found() == ["Ann 100%", "Bob"]
    assert await found(search="100%") == ["Ann 100%"]
    assert await found(search="ann_b") == ["Ann 100%"]
    assert await found(search="BOB") == ["Bob"]
    assert await found(isActive=True) == ["Ann 100%"]
    assert await found(isActive=False) == ["Bob"]
    assert await found(roleId=ann["id"]) == []


async def test_who_is_deactivated_is_out_at_once_in_this_process_and_comes_back_only_by_a_new_log_in(
    shop: Shop, boss: Manager
) -> None:
    member = await boss.a_member(await boss.a_role())
    token = await log_in(shop, member["email"])
    assert (await boss.does("staffDeactivate", {"id": member["id"]}))["staff"]["isActive"] is False
    assert (await boss.does("staffDeactivate", {"id": member["id"]}))["userErrors"] == []
    kept = await shop.rows.fetch(
        "SELECT revoked_because FROM session JOIN account ON account.id = account_id WHERE email = $1", member["email"]
    )
    assert [row[0] for row in kept] == ["DEACTIVATED"]
    refused = (await shop.data(LOG_IN, {"input": {"email": member["email"], "password": PASSWORD}}))["tokenCreate"]
    assert [each["code"] for each in refused["userErrors"]] == ["INVALID_CREDENTIALS"]
    assert (await boss.does("staffActivate", {"id": member["id"]}))["staff"]["isActive"] is True
    answer = await shop.ask(STAFF_ME, token=token)
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert (await shop.data(STAFF_ME, token=await log_in(shop, member["email"])))["staffMe"]["id"] == member["id"]


async def test_the_last_administrator_cannot_be_deactivated_or_demoted(fresh_shop: Shop) -> None:
    boss = await an_administrator(fresh_shop)
    me = (await fresh_shop.data(STAFF_ME, token=boss.token))["staffMe"]["id"]
    role = await boss.a_role()
    last = ("LAST_ADMINISTRATOR", ["input", "id"])
    assert await boss.refused("staffDeactivate", {"id": me}) == last
    assert await boss.refused("staffUpdate", {"id": me, "roleId": role}) == last
    assert await boss.refused("staffUpdate", {"id": me, "roleId": role, "channels": ["web"]}) == last
    assert (await boss.does("staffUpdate", {"id": me, "name": "The boss"}))["staff"]["name"] == "The boss"
    second = await an_administrator(fresh_shop)
    assert (await second.does("staffUpdate", {"id": me, "roleId": role}))["staff"]["permissions"] == []


REMOVALS = (
    "UPDATE account SET is_active = false WHERE id = $1",
    "UPDATE staff SET is_limited = true WHERE account_id = $1",
    "UPDATE staff SET role_id = (SELECT id FROM role WHERE NOT is_administrator) WHERE account_id = $1",
    "DELETE FROM staff WHERE account_id = $1",
    "DELETE FROM account WHERE id = $1",
    "UPDATE role SET is_administrator = false WHERE $1::uuid IS NOT NULL AND is_administrator",
)


async def test_the_database_itself_keeps_the_last_administrator(fresh_shop: Shop) -> None:
    boss = await an_administrator(fresh_shop)
    await boss.a_role()
    account_id = await fresh_shop.rows.fetchval("SELECT account_id FROM staff")
    for removal in REMOVALS:
        with pytest.raises(asyncpg.RestrictViolationError, match="administrator"):
            await fresh_shop.rows.execute(removal, account_id)
    assert await fresh_shop.rows.fetchval("SELECT count(*) FROM staff") == 1


async def test_of_two_administrators_who_remove_each_other_at_once_one_stays(fresh_shop: Shop) -> None:
    for _ in range(5):
        pair = [await an_administrator(fresh_shop) for _ in range(2)]
        ids = [(await fresh_shop.data(STAFF_ME, token=each.token))["staffMe"]["id"] for each in pair]
        await asyncio.gather(*(each.does("staffDeactivate", {"id": ids[1 - place]}) for place, each in enumerate(pair)))
        active = await fresh_shop.rows.fetchval("SELECT count(*) FROM account JOIN staff ON account_id = id WHERE is_active")
        assert active == 1
        await fresh_shop.rows.execute("ALTER TABLE account DISABLE TRIGGER account_keeps_an_administrator")
        await fresh_shop.rows.execute("UPDATE account SET is_active = false")
        await fresh_shop.rows.execute("ALTER TABLE account ENABLE TRIGGER account_keeps_an_administrator")


async def test_two_statements_that_remove_two_administrators_at_once_leave_one(fresh_shop: Shop) -> None:
    """The trigger's own lock, without the action's: each would have seen the other's administrator still there."""
    for _ in range(2):
        await an_administrator(fresh_shop)
    ids = [row[0] for row in await fresh_shop.rows.fetch("SELECT account_id FROM staff")]
    outcomes = await asyncio.gather(
        *(fresh_shop.rows.execute("UPDATE account SET is_active = false WHERE id = $1", each) for each in ids),
        return_exceptions=True,
    )
    assert sorted(isinstance(each, asyncpg.RestrictViolationError) for each in outcomes) == [False, True]


async def test_who_was_demoted_meanwhile_gives_nothing_any_more(shop: Shop, boss: Manager) -> None:
    """The standing of a session is remembered for seconds; what may be given is looked up under the lock."""
    role = await boss.a_role(Permission.MANAGE_STAFF, Permission.READ_ORDERS)
    member = await boss.a_member(role)
    clerk = Manager(shop, await log_in(shop, member["email"]))
    await clerk.a_role(Permission.READ_ORDERS)
    await boss.does("staffUpdate", {"id": member["id"], "roleId": await boss.a_role()})
    code, _ = await clerk.refused("roleCreate", {"name": "After the fact", "permissions": ["READ_ORDERS"]})
    assert code == "PERMISSIONS_NOT_HELD"


async def test_who_is_made_a_member_is_mailed_a_link_and_what_changes_for_them_is_on_record(shop: Shop, boss: Manager) -> None:
    member = await boss.a_member(await boss.a_role())
    account_id = await shop.rows.fetchval("SELECT id FROM account WHERE email = $1", member["email"])
    asked = "SELECT count(*) FROM outbox_event WHERE kind = 'PasswordResetRequested' AND aggregate_id = $1"
    assert await shop.rows.fetchval(asked, account_id) == 1
    await boss.does("staffUpdate", {"id": member["id"], "name": "Only a name"})
    await boss.does("staffUpdate", {"id": member["id"], "roleId": await boss.a_role(name="Record keepers")})
    for mutation in ("staffDeactivate", "staffDeactivate", "staffActivate", "staffActivate"):
        await boss.does(mutation, {"id": member["id"]})
    noted = await shop.rows.fetch("SELECT kind, detail FROM security_event WHERE account_id = $1 ORDER BY id", account_id)
    assert [tuple(row) for row in noted] == [
        ("ROLE_CHANGED", "Record keepers"),
        ("ACCOUNT_DEACTIVATED", ""),
        ("ACCOUNT_REACTIVATED", ""),
    ]
