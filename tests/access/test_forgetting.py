"""Old tokens and sessions are forgotten, living ones never."""

from __future__ import annotations

from datetime import timedelta

from domain.access import actions
from tests.makers.access import REFRESH, Api, a_customer


async def test_tokens_are_forgotten_a_month_after_their_time_and_sessions_with_their_last_token(api: Api) -> None:
    ada, bob = await a_customer(api), await a_customer(api)
    began = api.clock.now
    await ada.logs_in()
    token = (await bob.logs_in())["refreshToken"]
    for _ in range(6):
        api.clock.advance(days=6)
        token = (await api.ask(REFRESH, input={"refreshToken": token}))["tokenRefresh"]["refreshToken"]

    async def left(person: object) -> tuple[int, int]:
        async with api.database.writing() as connection:
            row = await connection.fetchrow(
                "SELECT count(DISTINCT session.id), count(refresh_token.id) FROM session"
                " LEFT JOIN refresh_token ON session_id = session.id WHERE account_id = $1",
                person,
            )
        assert row is not None
        return row[0], row[1]

    assert await left(ada.id) == (1, 1)
    assert await left(bob.id) == (1, 7)
    await api.transact(actions.forget_old, now=began + timedelta(days=37))
    assert await left(ada.id) == (1, 1), "to the second, its month is not over"
    while await api.transact(actions.forget_old, now=began + timedelta(days=37, seconds=1)):
        pass
    assert await left(ada.id) == (0, 0)
    assert await left(bob.id) == (1, 6)
    assert (await api.ask(REFRESH, input={"refreshToken": token}))["tokenRefresh"]["userErrors"] == []
