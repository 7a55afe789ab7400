"""Secrets that are mailed: good once, for one account, one purpose and a while; known to nobody but the letter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain.viewer import Permission
from tests.access.mailed import NEW_PASSWORD, confirms, deed, logs_in, resets, verifies, wrong
from tests.makers.mail import Postman, a_postman, secret_of
from tests.makers.people import PASSWORD, a_staff_token
from tests.shop import Shop

INVALID = [("MAILED_TOKEN_INVALID", "token")]
ME = "{ me { email emailVerified } }"
VERIFICATION = "mutation($input: ChannelVerificationSetInput!) { channelVerificationSet(input: $input) { isRequired userErrors { code } } }"


@pytest.fixture
async def post(shop: Shop) -> AsyncIterator[Postman]:
    """The shop's worker, with nothing left to do from before."""
    async with a_postman(shop) as postman:
        await postman.works()
        yield postman


async def asks_reset(post: Postman, email: str) -> str:
    """The secret of a letter by which a password can be set."""
    await deed(post.shop, "passwordResetRequest", "email", email=email)
    return await post.secret(email)


async def test_the_welcome_letter_verifies_the_address_once(shop: Shop, post: Postman) -> None:
    email = await post.newcomer()
    secret = await post.secret(email)
    token = (await logs_in(shop, email))["accessToken"]
    assert (await shop.data(ME, token=token))["me"]["emailVerified"] is False
    assert await verifies(shop, secret) == []
    assert (await shop.data(ME, token=token))["me"]["emailVerified"] is True
    assert await verifies(shop, secret) == INVALID


async def test_a_second_letter_replaces_the_first_and_who_is_verified_gets_none(shop: Shop, post: Postman) -> None:
    email = await post.newcomer()
    first = await post.secret(email)
    await deed(shop, "emailVerificationResend", "email", email=email)
    second = await post.secret(email)
    assert await verifies(shop, first) == INVALID
    assert await verifies(shop, second) == []
    await deed(shop, "emailVerificationResend", "email", email=email)
    assert await post.letters(email) == []


async def test_a_channel_may_let_in_only_verified_customers_and_tells_it_only_to_who_knows_the_password(
    fresh_shop: Shop,
) -> None:
    async with a_postman(fresh_shop) as post:
        staff = await a_staff_token(fresh_shop, Permission.MANAGE_SETTINGS)
        said = {"channel": fresh_shop.channel.slug, "isRequired": True}
        assert (await fresh_shop.data(VERIFICATION, {"input": said}, token=staff))["channelVerificationSet"][
            "isRequired"
        ] is True
        email = await post.newcomer()
        assert [each["code"] for each in (await logs_in(fresh_shop, email))["userErrors"]] == ["EMAIL_UNVERIFIED"]
        assert [each["code"] for each in (await logs_in(fresh_shop, email, "wrong"))["userErrors"]] == ["INVALID_CREDENTIALS"]
        assert await fresh_shop.rows.fetchval("SELECT count(*) FROM session s JOIN customer c ON c.id = s.account_id") == 0
        assert await verifies(fresh_shop, await post.secret(email)) == []
        assert (await logs_in(fresh_shop, email))["userErrors"] == []
        assert await a_staff_token(fresh_shop), "staff is not asked"


async def test_a_password_is_set_by_letter_once_and_every_session_ends(shop: Shop, post: Postman) -> None:
    email = await post.newcomer()
    tokens = await logs_in(shop, email)
    await post.works()
    secret = await asks_reset(post, email)
    assert await resets(shop, secret, "password") == [("PASSWORD_COMMON", "newPassword"), ("PASSWORD_GUESSABLE", "newPassword")]
    assert await resets(shop, secret) == [], "a weak password does not use the secret up"
    assert await resets(shop, secret, "another thing entirely, twice") == INVALID
    assert wrong(await logs_in(shop, email)) == [("INVALID_CREDENTIALS", "input")]
    assert (await logs_in(shop, email, NEW_PASSWORD))["userErrors"] == []
    refreshed = await deed(shop, "tokenRefresh", "accessToken", refreshToken=tokens["refreshToken"])
    assert wrong(refreshed) == [("REFRESH_TOKEN_INVALID", "refreshToken")]
    subjects = [each.subject for each in await post.letters(email)]
    assert subjects.count("Vitrine: your password was changed") == 1
    verified = await shop.rows.fetchval("SELECT email_verified_at IS NOT NULL FROM account WHERE email = $1", email)
    assert verified, "who reads the mailbox owns it"


async def test_of_many_who_show_one_secret_at_once_one_gets_in(shop: Shop, post: Postman) -> None:
    email = await post.newcomer()
    await post.works()
    secret = await asks_reset(post, email)
    passwords = [f"{NEW_PASSWORD} {number}" for number in range(6)]
    answers = await asyncio.gather(*(resets(shop, secret, each) for each in passwords))
    assert sorted(map(len, answers)) == [0, 1, 1, 1, 1, 1]
    assert (await logs_in(shop, email, passwords[answers.index([])]))["userErrors"] == []


async def test_no_secret_stands_in_for_another(shop: Shop, post: Postman) -> None:
    email = await post.newcomer()
    verification = await post.secret(email)
    reset = await asks_reset(post, email)
    token = (await logs_in(shop, email))["accessToken"]
    asked = await deed(shop, "emailChangeRequest", "email", token=token, email=f"new-{email}", password=PASSWORD)
    assert asked["userErrors"] == []
    await post.works()
    leave, take = await post.secret(email), await post.secret(f"new-{email}")
    for secret in (verification, leave, take):
        assert await resets(shop, secret) == INVALID
    for secret in (reset, leave, take):
        assert await verifies(shop, secret) == INVALID
    for secret in (verification, reset):
        assert await confirms(shop, secret) == INVALID
    for secret in (verification, reset, leave, take):
        refused = await deed(shop, "tokenRefresh", "accessToken", refreshToken=secret)
        assert wrong(refused) == [("REFRESH_TOKEN_INVALID", "refreshToken")]
        answer = await shop.ask(ME, token=secret)
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert await verifies(shop, verification) == [], "none of that used it up"


@pytest.mark.parametrize(
    "after",
    [
        "UPDATE one_time_token SET expires_at = now() - interval '1 second' WHERE account_id = $1",
        "UPDATE account SET password_hash = password_hash || 'x' WHERE id = $1",
        "UPDATE account SET email = 'x' || email, email_key = 'x' || email_key WHERE id = $1",
        "UPDATE account SET is_active = false WHERE id = $1",
    ],
)
async def test_a_secret_ends_with_its_time_and_with_what_it_was_bound_to(shop: Shop, post: Postman, after: str) -> None:
    email = await post.newcomer()
    await post.works()
    secret = await asks_reset(post, email)
    account_id = await shop.rows.fetchval("SELECT id FROM account WHERE email = $1", email)
    await shop.rows.execute(after, account_id)
    assert await resets(shop, secret) == INVALID


@pytest.mark.parametrize("secret", ["", "x", "A" * 43, "é" * 43, "A" * 44, "x" * 10_000, "\x00" * 43])
async def test_what_is_no_secret_is_refused_like_an_old_one(shop: Shop, secret: str) -> None:
    assert await resets(shop, secret) == INVALID
    assert await verifies(shop, secret) == INVALID
    assert await confirms(shop, secret) == INVALID


@pytest.mark.parametrize("mutation", ["passwordResetRequest", "emailVerificationResend"])
async def test_who_asks_by_an_address_learns_nothing_and_costs_the_same(shop: Shop, post: Postman, mutation: str) -> None:
    known, unknown = await post.newcomer(), "nobody-4711@mail.example"
    await post.works()
    counted = "SELECT (SELECT count(*) FROM outbox_event)"
    answers, written = [], []
    for email in (known, unknown):
        before = await shop.rows.fetchval(counted)
        answer = await deed(shop, mutation, "email", email=email)
        written.append(await shop.rows.fetchval(counted) - before)
        answers.append({**answer, "email": answer["email"].replace(email, "")})
    assert answers == [{"email": "", "userErrors": []}] * 2
    assert written == [1, 1]
    assert len(await post.letters(known)) == 2
    assert await post.letters(unknown) == []
    assert wrong(await deed(shop, mutation, "email", email="no address")) == [("EMAIL_INVALID", "email")]


async def test_an_address_changes_once_both_mailboxes_have_confirmed(shop: Shop, post: Postman) -> None:
    old = await post.newcomer()
    new = f"new-{old}"
    tokens = await logs_in(shop, old)
    await post.works()
    refused = await deed(shop, "emailChangeRequest", "email", token=tokens["accessToken"], email=new, password="wrong")
    assert wrong(refused) == [("PASSWORD_WRONG", "password")]
    said = {"email": new, "password": PASSWORD}
    assert (await deed(shop, "emailChangeRequest", "email", token=tokens["accessToken"], **said))["email"] == new
    await post.works()
    leave, take = await post.secret(old), await post.secret(new)
    assert await confirms(shop, take) is False
    assert (await logs_in(shop, old))["userErrors"] == [], "one mailbox is not enough"
    assert await confirms(shop, take) == INVALID
    assert await confirms(shop, leave) is True
    assert wrong(await logs_in(shop, old)) == [("INVALID_CREDENTIALS", "input")]
    assert (await logs_in(shop, new))["userErrors"] == []
    refreshed = await deed(shop, "tokenRefresh", "accessToken", refreshToken=tokens["refreshToken"])
    assert wrong(refreshed) == [("REFRESH_TOKEN_INVALID", "refreshToken")]
    assert [each.subject for each in await post.letters(old)][-1] == "Vitrine: your e-mail address was changed"


async def test_a_wish_for_an_address_that_has_an_account_is_told_to_its_owner_alone(shop: Shop, post: Postman) -> None:
    ada, bob = await post.newcomer(), await post.newcomer()
    token = (await logs_in(shop, ada))["accessToken"]
    await post.letters(bob)
    asked = await deed(shop, "emailChangeRequest", "email", token=token, email=bob, password=PASSWORD)
    assert asked == {"email": bob, "userErrors": []}
    assert [each.subject for each in await post.letters(bob)] == ["Vitrine: you have an account already"]
    assert await confirms(shop, await post.secret(ada)) is False, "the other half never comes"
    assert (await logs_in(shop, bob))["userErrors"] == []


async def test_an_address_that_was_taken_meanwhile_is_not_given_twice(shop: Shop, post: Postman) -> None:
    ada = await post.newcomer()
    wanted = f"wanted-{ada}"
    token = (await logs_in(shop, ada))["accessToken"]
    await post.works()
    await deed(shop, "emailChangeRequest", "email", token=token, email=wanted, password=PASSWORD)
    await post.works()
    leave, take = await post.secret(ada), await post.secret(wanted)
    await post.newcomer(email=wanted)
    assert await confirms(shop, leave) is False
    assert await confirms(shop, take) == [("EMAIL_TAKEN", "token")]
    assert (await logs_in(shop, ada))["userErrors"] == []


async def test_a_newer_wish_replaces_an_older_one(shop: Shop, post: Postman) -> None:
    ada = await post.newcomer()
    token = (await logs_in(shop, ada))["accessToken"]
    await post.works()
    secrets: list[tuple[str, str]] = []
    for new in (f"first-{ada}", f"second-{ada}"):
        await deed(shop, "emailChangeRequest", "email", token=token, email=new, password=PASSWORD)
        await post.works()
        secrets.append((await post.secret(ada), await post.secret(new)))
    (old_leave, old_take), (leave, take) = secrets
    assert await confirms(shop, old_take) == INVALID
    assert await confirms(shop, old_leave) == INVALID
    assert await confirms(shop, leave) is False
    assert await confirms(shop, take) is True


async def test_the_secret_is_in_the_letter_and_nowhere_else(shop: Shop, post: Postman) -> None:
    email = await post.newcomer()
    await post.works()
    await deed(shop, "passwordResetRequest", "email", email=email)
    letter = (await post.letters(email))[-1]
    secret = secret_of(letter)
    tables = await shop.rows.fetch("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
    for (table,) in tables:
        found = await shop.rows.fetchval(f'SELECT count(*) FROM "{table}" t WHERE position($1 IN t::text) > 0', secret)
        assert found == 0, table
    staff = await a_staff_token(shop, Permission.READ_NOTICES)
    seen: Any = await shop.data("{ messageDeliveries(first: 20) { nodes { bodyText bodyHtml } } }", token=staff)
    assert secret not in str(seen)
    assert "vitrine-secret." in str(seen), "staff sees where it was"
