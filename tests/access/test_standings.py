"""How soon the end of a session, a closed account or a changed role is felt, here and in other processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from domain.access.errors import InvalidCredentials
from domain.access.model import LoggedIn
from domain.access.provider import Verified
from domain.ids import SessionId, new_id
from domain.viewer import GUEST, Customer, Guest, Machine, Permission, Staff
from gateways.identity.passwords import Argon2Hasher, HashCost, ZxcvbnJudge
from persistence.engine import Database
from persistence.reader import Reader
from persistence.statement import Question, V
from persistence.unit import Transactions
from schema.access.standings import KEPT_SECONDS
from schema.transport.caller import Caller, Refused
from tests.makers.access import (
    CHEAP,
    GOOD_PASSWORD,
    LOG_IN,
    Api,
    a_customer,
    access_of,
    an_administrator,
    an_api,
    an_email,
    logged_in,
    reading,
)

ME = "{ me { email } staffMe { email } }"
REVOKE_ALL = "mutation { tokensRevokeAll { sessionsEnded } }"


@pytest.fixture
async def elsewhere(database: Database, transact: Transactions, hasher: Argon2Hasher, judge: ZxcvbnJudge) -> AsyncIterator[Api]:
    """Another API process of the same shop."""
    async with an_api(database, transact, access_of(hasher, judge)) as made:
        yield made


async def test_a_session_ended_in_one_process_is_dead_in_another_within_ten_seconds(api: Api, elsewhere: Api) -> None:
    token = (await (await a_customer(api)).logs_in())["accessToken"]
    assert (await elsewhere.ask(ME, token=token))["me"] is not None
    await api.ask(REVOKE_ALL, token=token)
    assert await api.refused(ME, token=token) == "UNAUTHENTICATED"
    elsewhere.clock.advance(seconds=KEPT_SECONDS)
    assert await elsewhere.refused(ME, token=token) == "UNAUTHENTICATED"
    assert KEPT_SECONDS <= 10


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE account SET is_active = false WHERE id = $1",
        "UPDATE session SET revoked_at = now() WHERE account_id = $1",
        "DELETE FROM session WHERE account_id = $1",
        "DELETE FROM account WHERE id = $1",
    ],
)
async def test_whatever_ends_a_standing_is_felt_once_it_is_looked_up_anew(api: Api, change: str) -> None:
    ada = await a_customer(api)
    token = (await ada.logs_in())["accessToken"]
    assert (await api.ask(ME, token=token))["me"] is not None
    async with api.database.writing() as connection:
        await connection.execute(change, ada.id)
    api.clock.advance(seconds=KEPT_SECONDS)
    assert await api.refused(ME, token=token) == "UNAUTHENTICATED"


async def test_a_role_that_loses_a_permission_loses_it_within_ten_seconds(api: Api) -> None:
    grace = await an_administrator(api)
    await an_administrator(api)
    token = (await grace.logs_in())["accessToken"]
    await api.ask(ME, token=token)
    viewer = api.opened[-1].viewer
    assert isinstance(viewer, Staff)
    assert viewer.permissions == frozenset(Permission)
    role = new_id()
    async with api.database.writing() as connection:
        held = ["READ_ORDERS", "A_PERMISSION_OF_TOMORROW"]
        await connection.execute("INSERT INTO role (id, name, permissions) VALUES ($1, $2, $3)", role, str(role), held)
        await connection.execute("UPDATE staff SET role_id = $1 WHERE account_id = $2", role, grace.id)
    async with reading(api.database) as reader:
        assert await api.ports.standings.holds(reader, viewer)
        api.clock.advance(seconds=KEPT_SECONDS)
        assert not await api.ports.standings.holds(reader, viewer)
    await api.ask(ME, token=token)
    viewer = api.opened[-1].viewer
    assert isinstance(viewer, Staff)
    assert viewer.permissions == {Permission.READ_ORDERS}


async def test_an_open_sockets_viewer_holds_until_the_session_ends(api: Api) -> None:
    ada = await a_customer(api)
    token = (await ada.logs_in())["accessToken"]
    await api.ask(ME, token=token)
    viewer = api.opened[-1].viewer
    assert isinstance(viewer, Customer)
    assert viewer.until == api.clock.now + timedelta(minutes=10)
    async with reading(api.database) as reader:
        assert await api.ports.standings.holds(reader, viewer)
        assert await api.ports.standings.holds(reader, GUEST)
        assert await api.ports.standings.holds(reader, Machine("schedule"))
        await api.ask(REVOKE_ALL, token=token)
        assert not await api.ports.standings.holds(reader, viewer)


async def test_sessions_that_are_due_are_looked_up_together_while_somebody_comes_with_them(api: Api) -> None:
    people = [await a_customer(api) for _ in range(4)]
    tokens = [(await each.logs_in())["accessToken"] for each in people]

    async def statements(number: int) -> int:
        async with reading(api.database) as reader:
            await api.ports.standings(Caller(request_id="r", token=tokens[number]), reader, api.clock.now)
            return reader.statements

    assert [await statements(each) for each in range(4)] == [1, 1, 1, 1]
    for _ in range(3):
        api.clock.advance(seconds=KEPT_SECONDS + 5)
        assert [await statements(each) for each in range(3)] == [1, 0, 0]
    # The fourth was not here for too long to be looked up with the others.
    assert await statements(3) == 1
    async with api.database.writing() as connection:
        await connection.execute("UPDATE session SET revoked_at = now() WHERE account_id = $1", people[1].id)
    api.clock.advance(seconds=KEPT_SECONDS)
    assert await statements(0) == 1
    with pytest.raises(Refused):
        await statements(1)
    assert [await statements(each) for each in (2, 3)] == [0, 0]


class Slow(Reader):
    """A reader whose answers take a while to arrive."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.has_read, self.go_on = asyncio.Event(), asyncio.Event()

    async def rows(self, question: Question[V], **values: object) -> list[V]:
        found = await super().rows(question, **values)
        self.has_read.set()
        await self.go_on.wait()
        return found


async def test_a_session_that_ends_while_others_are_looked_up_is_dead_at_once(api: Api) -> None:
    ada, bob = await a_customer(api), await a_customer(api)
    tokens = [(await each.logs_in())["accessToken"] for each in (ada, bob)]
    for each in tokens:
        await api.ask(ME, token=each)
    api.clock.advance(seconds=KEPT_SECONDS)
    slow = Slow(api.database)
    looking = asyncio.create_task(api.ports.standings(Caller(request_id="r", token=tokens[1]), slow, api.clock.now))
    await slow.has_read.wait()
    async with api.database.writing() as connection:
        ended = "UPDATE session SET revoked_at = now() WHERE account_id = $1 RETURNING id"
        api.ports.standings.forget(SessionId(await connection.fetchval(ended, ada.id)))
    slow.go_on.set()
    assert isinstance(await looking, Customer)
    await slow.end()
    assert await api.refused(ME, token=tokens[0]) == "UNAUTHENTICATED"


async def test_a_token_for_another_account_than_its_sessions_is_refused(api: Api) -> None:
    ada, bob = await a_customer(api), await a_customer(api)
    await ada.logs_in()
    async with reading(api.database) as reader, api.database.writing() as connection:
        session = await connection.fetchval("SELECT id FROM session WHERE account_id = $1", ada.id)
        forged = api.ports.access.tokens.issued(bob.id, session, now=api.clock.now).text
        with pytest.raises(Refused):
            await api.ports.standings(Caller(request_id="r", token=forged), reader, api.clock.now)
        assert isinstance(await api.ports.standings(Caller(request_id="r"), reader, api.clock.now), Guest)


class Watched:
    """The real hasher, noting what it is to compare with, and waiting to be let on."""

    def __init__(self, hasher: Argon2Hasher) -> None:
        self._hasher = hasher
        self.compared: list[str | None] = []
        self.entered = asyncio.Event()
        self.go_on = asyncio.Event()

    async def hashed(self, password: str) -> str:
        return await self._hasher.hashed(password)

    async def verified(self, password: str, kept: str | None) -> Verified:
        self.compared.append(kept)
        self.entered.set()
        await self.go_on.wait()
        return await self._hasher.verified(password, kept)


async def test_unknown_closed_and_known_accounts_cost_one_comparison_and_the_same_statements(
    api: Api, hasher: Argon2Hasher, judge: ZxcvbnJudge, database: Database, transact: Transactions
) -> None:
    ada, closed = await a_customer(api), await a_customer(api)
    async with database.writing() as connection:
        await connection.execute("UPDATE account SET is_active = false WHERE id = $1", closed.id)
    watched = Watched(hasher)
    watched.go_on.set()
    access = access_of(watched, judge)
    async with an_api(database, transact, access) as made:
        for email, password in ((an_email(), GOOD_PASSWORD), (ada.email, "wrong"), (closed.email, GOOD_PASSWORD)):
            answer = await made.ask(LOG_IN, input={"email": email, "password": password})
            assert answer["tokenCreate"]["userErrors"][0]["code"] == "INVALID_CREDENTIALS"
            assert made.opened[-1].transact.statements == 2
    assert [kept is None for kept in watched.compared] == [True, False, False]


async def test_a_password_changed_during_the_comparison_opens_no_session(
    api: Api, hasher: Argon2Hasher, judge: ZxcvbnJudge, transact: Transactions
) -> None:
    ada = await a_customer(api)
    watched = Watched(hasher)
    login = asyncio.create_task(
        logged_in(
            transact,
            access_of(watched, judge),
            email=ada.email,
            password=ada.password,
            now=datetime(2026, 3, 1, 12, 0, tzinfo=UTC),
        )
    )
    await watched.entered.wait()
    async with api.database.writing() as connection:
        new = await hasher.hashed("eleven blue herons whistle")
        await connection.execute("UPDATE account SET password_hash = $1 WHERE id = $2", new, ada.id)
    watched.go_on.set()
    assert isinstance(await login, InvalidCredentials)
    async with api.database.writing() as connection:
        assert await connection.fetchval("SELECT count(*) FROM session WHERE account_id = $1", ada.id) == 0


async def test_a_weaker_hash_is_replaced_at_the_next_log_in(api: Api, hasher: Argon2Hasher) -> None:
    ada = await a_customer(api)
    weaker = Argon2Hasher(type(CHEAP)(memory_kib=16, passes=1), at_once=1)
    async with api.database.writing() as connection:
        old = await weaker.hashed(ada.password)
        await connection.execute("UPDATE account SET password_hash = $1 WHERE id = $2", old, ada.id)
        await ada.logs_in()
        kept = await connection.fetchval("SELECT password_hash FROM account WHERE id = $1", ada.id)
    weaker.close()
    assert f"m={CHEAP.memory_kib}," in kept
    assert (await ada.logs_in())["accessToken"]


async def test_a_machine_that_hashes_as_much_as_it_can_says_so(
    judge: ZxcvbnJudge, database: Database, transact: Transactions
) -> None:
    # Dear enough that the first comparison is still under way when the last log-in comes.
    small = Argon2Hasher(HashCost(passes=12), at_once=1, waiting_max=0)
    async with an_api(database, transact, access_of(small, judge)) as made:
        login = {"email": an_email(), "password": "wrong"}
        answers = await asyncio.gather(*(made.post(LOG_IN, input=login) for _ in range(6)))
    small.close()
    codes = {each["errors"][0]["extensions"]["code"] for each in answers if "errors" in each}
    assert codes == {"OVERLOADED"}
    assert any("errors" not in each for each in answers)


async def test_what_a_device_calls_itself_is_kept_without_control_characters_and_cut(api: Api, transact: Transactions) -> None:
    ada = await a_customer(api)
    outcome = await logged_in(
        transact,
        api.ports.access,
        email=ada.email,
        password=ada.password,
        agent="Bell\x07\x00" + "x" * 1_000,
        now=api.clock.now,
    )
    assert isinstance(outcome, LoggedIn)
    async with api.database.writing() as connection:
        device = await connection.fetchval("SELECT user_agent FROM session WHERE id = $1", outcome.session.session_id)
    assert device == "Bell" + "x" * 496
