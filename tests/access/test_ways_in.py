"""A new password by letter takes the account back from whoever opened it with somebody else's address, and from nobody else."""

from __future__ import annotations

from typing import Any

import pyotp

from domain.ids import new_id
from tests.access.mailed import NEW_PASSWORD, deed, logs_in, resets, verifies
from tests.factors.authenticator import Authenticator
from tests.factors.people import BEGIN, CONFIRM, ENROLL
from tests.factors.test_passkeys import LOG_IN, LOG_IN_START, REGISTER, START
from tests.makers.mail import Postman, a_postman
from tests.makers.people import PASSWORD
from tests.shop import Shop

LINKED = (
    "INSERT INTO identity (id, account_id, provider, subject) SELECT $2, id, 'acme', md5(email) FROM account WHERE email = $1"
)
EVENTS = "SELECT kind, count FROM security_event e JOIN account a ON a.id = e.account_id WHERE a.email = $1 AND e.kind LIKE $2"


async def _done(shop: Shop, document: str, token: str | None = None, **said: Any) -> dict[str, Any]:
    [payload] = (await shop.data(document, {"input": said}, token=token)).values()
    assert isinstance(payload, dict)
    return payload


class Squatter:
    """Who knows the first password of an account, and leaves other ways into it: a passkey, an app, a linked provider."""

    def __init__(self, shop: Shop, email: str) -> None:
        self.shop = shop
        self.email = email
        self.key = Authenticator(page=shop.api.settings.passkey_pages[0])

    async def settles(self) -> None:
        token = (await logs_in(self.shop, self.email))["accessToken"]
        secret = (await _done(self.shop, ENROLL, token, currentPassword=PASSWORD))["enrollment"]["secret"]
        ceremony = (await _done(self.shop, START, token, currentPassword=PASSWORD))["ceremony"]
        made = {"ceremony": ceremony["secret"], "credential": self.key.creates(ceremony["options"])}
        assert (await _done(self.shop, REGISTER, token, passkey=made, name="Key"))["userErrors"] == []
        code = pyotp.TOTP(secret).now()
        assert (await _done(self.shop, CONFIRM, token, code=code))["userErrors"] == []
        await self.shop.rows.execute(LINKED, self.email, new_id())

    async def comes_back(self) -> list[str]:
        """The codes that a log-in by the passkey is refused with."""
        begun = (await self.shop.data(LOG_IN_START))["passkeyLogInStart"]["ceremony"]
        answer = {"ceremony": begun["secret"], "credential": self.key.signs(begun["options"])}
        return [each["code"] for each in (await _done(self.shop, LOG_IN, passkey=answer))["userErrors"]]

    async def ways_left(self) -> dict[str, int]:
        found = {}
        for table in ("identity", "passkey", "totp", "recovery_code"):
            asked = f"SELECT count(*) FROM {table} t JOIN account a ON a.id = t.account_id WHERE a.email = $1"
            found[table] = await self.shop.rows.fetchval(asked, self.email)
        return found


async def _by_letter(post: Postman, email: str) -> None:
    await post.works()
    await deed(post.shop, "passwordResetRequest", "email", email=email)
    assert await resets(post.shop, await post.secret(email)) == []


async def test_whose_address_was_taken_by_a_stranger_gets_an_account_that_only_they_can_enter(shop: Shop) -> None:
    async with a_postman(shop) as post:
        email = await post.newcomer()
        squatter = Squatter(shop, email)
        await squatter.settles()
        assert await squatter.comes_back() == []
        await _by_letter(post, email)
        assert await squatter.ways_left() == {"identity": 0, "passkey": 0, "totp": 0, "recovery_code": 0}
        assert await squatter.comes_back() == ["PASSKEY_REFUSED"]
        owner = await _done(shop, BEGIN, email=email, password=NEW_PASSWORD)
        assert owner["challenge"] is None
        assert owner["accessToken"] is not None
        noted = {row["kind"]: row["count"] for row in await shop.rows.fetch(EVENTS, email, "%REMOVED")}
        noted |= {row["kind"]: row["count"] for row in await shop.rows.fetch(EVENTS, email, "%UNLINKED")}
        assert noted == {"FACTOR_REMOVED": 2, "IDENTITY_UNLINKED": 1}


async def test_who_has_shown_the_address_to_be_theirs_keeps_factors_and_is_reminded_of_them(shop: Shop) -> None:
    async with a_postman(shop) as post:
        email = await post.newcomer()
        assert await verifies(shop, await post.secret(email)) == []
        owner = Squatter(shop, email)
        await owner.settles()
        await _by_letter(post, email)
        assert await owner.ways_left() == {"identity": 1, "passkey": 1, "totp": 1, "recovery_code": 10}
        begun = await _done(shop, BEGIN, email=email, password=NEW_PASSWORD)
        assert begun["accessToken"] is None, "whoever reads the mailbox has not shown the second factor"
        assert begun["challenge"]["methods"] == ["PASSKEY", "TOTP", "RECOVERY_CODE"]
        [told] = [each for each in await post.letters(email) if each.subject == "Vitrine: your password was changed"]
        assert "Passkeys and log-ins at other providers" in told.text


async def test_a_second_letter_takes_nothing_that_was_added_after_the_first(shop: Shop) -> None:
    async with a_postman(shop) as post:
        email = await post.newcomer()
        await _by_letter(post, email)
        await shop.rows.execute(LINKED, email, new_id())
        await _by_letter(post, email)
        assert (await Squatter(shop, email).ways_left())["identity"] == 1
