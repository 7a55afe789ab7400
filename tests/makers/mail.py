"""A shop's worker and postman in one: does what is due and keeps the letters that were handed over, as their readers get them."""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.access.secrets import OneTimeSecrets
from domain.notices.model import Letter
from persistence.unit import Transactions, UnitOfWork
from tests.makers.people import PASSWORD
from tests.shop import Shop
from tests.workers.tools import Pigeons, tools_of
from workers.letters.slots import FillingPost
from workers.roster import ROUTES, TASKS
from workers.tasks import Tools, perform

REGISTER = "mutation($input: CustomerRegisterInput!) { customerRegister(input: $input) { email userErrors { code path } } }"
_NUMBERS = itertools.count(1)
_TOKEN = re.compile(r"[?]token=([A-Za-z0-9_-]{43})\b")


@dataclass(slots=True)
class Postman:
    """Whoever works for the shop in the background."""

    shop: Shop
    tools: Tools
    pigeons: Pigeons

    async def works(self) -> None:
        """Does all tasks that are due, and what follows from them."""
        while due := await self.tools.transact.work(_take):
            for each in due:
                await perform(each, tasks=TASKS, tools=self.tools)
        failed = await self.shop.rows.fetch(
            "SELECT actor, failure FROM outbox_task WHERE failure IS NOT NULL AND done_at IS NULL"
        )
        assert failed == [], failed

    async def letters(self, email: str) -> list[Letter]:
        """The letters that an address was sent since it was last asked for, the oldest first."""
        await self.works()
        found = [each for each in self.pigeons.carried if each.recipient == email]
        self.pigeons.carried = [each for each in self.pigeons.carried if each.recipient != email]
        return found

    async def secret(self, email: str) -> str:
        """The secret in the latest letter to an address that has one."""
        return secret_of([each for each in await self.letters(email) if "?token=" in each.text][-1])

    async def newcomer(self, **about: Any) -> str:
        """The address of somebody who has just registered with the usual password; their letter is still to come."""
        email = about.pop("email", f"newcomer-{next(_NUMBERS)}@mail.example")
        said = {"email": email, "password": PASSWORD, "firstName": "Ada", "lastName": "Byron", **about}
        answer = (await self.shop.data(REGISTER, {"input": said}))["customerRegister"]
        assert answer == {"email": email, "userErrors": []}
        return str(email)


def secret_of(letter: Letter) -> str:
    """The secret in a letter's link, the same in its text and its HTML."""
    found = _TOKEN.findall(letter.text)
    assert len(found) == 1, letter.text
    assert f"token={found[0]}" in letter.html
    return str(found[0])


@asynccontextmanager
async def a_postman(shop: Shop) -> AsyncIterator[Postman]:
    """The worker of a shop, with the shop's own keys."""
    secrets = OneTimeSecrets([key.encode() for key in shop.api.settings.secret_keys])
    pigeons = Pigeons()
    transact = Transactions(shop.api.database, published=lambda _topics: None)
    tools = tools_of(shop.api.database, transact, post=FillingPost(pigeons, secrets), secrets=secrets)
    yield Postman(shop, tools, pigeons)


async def _take(unit: UnitOfWork) -> list[UUID]:
    await unit.outbox.route(ROUTES)
    return [each.id for each in await unit.outbox.claim_due()]
