"""Somebody with a browser who goes to the provider and comes back, through the API and over real HTTP."""

from __future__ import annotations

import itertools
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

from tests.factors.people import FAILURES, TOKENS, done
from tests.gateways.fake_issuer import ADA, BACK, FakeIssuer
from tests.makers.access import GOOD_PASSWORD, Api

JOURNEY = f"journey {{ url browserSecret expiresAt }} {FAILURES}"
START = f"mutation ($input: SocialLoginStartInput!) {{ socialLoginStart(input: $input) {{ {JOURNEY} }} }}"
COMPLETE = (
    "mutation ($input: SocialLoginCompleteInput!) { socialLoginComplete(input: $input) "
    f"{{ {TOKENS} challenge {{ secret methods }} {FAILURES} }} }}"
)
LINK_START = f"mutation ($input: IdentityLinkStartInput!) {{ identityLinkStart(input: $input) {{ {JOURNEY} }} }}"
LINK_COMPLETE = (
    "mutation ($input: IdentityLinkCompleteInput!) "
    f"{{ identityLinkComplete(input: $input) {{ identity {{ id provider email }} {FAILURES} }} }}"
)
UNLINK = f"mutation ($input: IdentityUnlinkInput!) {{ identityUnlink(input: $input) {{ identityId {FAILURES} }} }}"
MINE = "{ me { email emailVerified firstName lastName identities { id provider email } secondFactors { hasPassword } } }"
INVALID = [("SOCIAL_LOG_IN_INVALID", ["input"])]
_NUMBERS = itertools.count(1)


def somebody(**about: Any) -> dict[str, Any]:
    """A person at the provider whom nobody has met."""
    number = next(_NUMBERS)
    return {**ADA, "sub": f"person-{number}", "email": f"traveller{number}@mail.example", **about}


async def journey(api: Api, provider: str = "acme") -> dict[str, Any]:
    payload = await done(api, START, provider=provider, redirectUrl=BACK)
    assert payload["userErrors"] == []
    started: dict[str, Any] = payload["journey"]
    return started


async def goes(started: dict[str, Any]) -> dict[str, str]:
    """The browser goes where it is sent, and comes back with this."""
    async with httpx2.AsyncClient(trust_env=False) as browser:
        sent = await browser.get(started["url"])
    assert sent.status_code == 302, sent.text
    back = urlsplit(sent.headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == BACK
    return {**dict(parse_qsl(back.query)), "browserSecret": started["browserSecret"]}


async def logs_in(api: Api, issuer: FakeIssuer, person: dict[str, Any], provider: str = "acme") -> dict[str, Any]:
    """A whole log-in at the provider."""
    issuer.person = person
    return await done(api, COMPLETE, **await goes(await journey(api, provider)))


async def links(api: Api, issuer: FakeIssuer, token: str, person: dict[str, Any], **proof: Any) -> dict[str, Any]:
    """Somebody who is logged in links the provider."""
    issuer.person = person
    said = {"currentPassword": GOOD_PASSWORD, **proof}
    payload = await done(api, LINK_START, token, provider="acme", redirectUrl=BACK, **said)
    assert payload["userErrors"] == [], payload
    return await done(api, LINK_COMPLETE, token, **await goes(payload["journey"]))
