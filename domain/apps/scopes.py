"""What apps may ask for: scopes (RFC 6749 section 3.3), each standing for a permission or for telling who somebody is. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from domain.apps.model import SCOPES_LENGTH_MAX
from domain.viewer import STOREFRONT, Permission, scope_of

READ = "read"
"""Short for every scope that reads."""
WRITE = "write"
"""Short for every scope there is about the shop, reading and writing."""
OPENID = "openid"
OFFLINE = "offline_access"
"""Asks for a refresh token (OpenID Connect Core 1.0 section 11)."""
IDENTITY = (OPENID, "profile", "email", OFFLINE)
"""What tells an app who somebody is; no permission comes with it."""
BY_SCOPE = {scope_of(each): each for each in Permission}
ALL: tuple[str, ...] = (READ, WRITE, STOREFRONT, *sorted(BY_SCOPE), *IDENTITY)
_WORD = re.compile(r"[!#-\[\]-~]+\Z")


def parsed(text: str) -> tuple[str, ...] | None:
    """The scopes of a list with blanks, each once; None when it is none of ours."""
    if len(text) > SCOPES_LENGTH_MAX:
        return None
    words = tuple(dict.fromkeys(text.split(" "))) if text else ()
    return words if all(_WORD.match(each) and each in ALL for each in words) else None


def expanded(scopes: Iterable[str]) -> frozenset[str]:
    """The scopes with the short ones written out; names that this version does not know stand for nothing."""
    found: set[str] = set()
    for scope in scopes:
        if scope == WRITE:
            found |= {*BY_SCOPE, STOREFRONT}
        elif scope == READ:
            found |= {each for each in BY_SCOPE if each.endswith(":read")}
        elif scope in ALL:
            found.add(scope)
    return frozenset(found)


def within(asked: Iterable[str], most: Collection[str]) -> bool:
    """Whether all that is asked for is contained in the most that may be given."""
    return expanded(asked) <= expanded(most)


def permissions_in(scopes: Iterable[str]) -> frozenset[Permission]:
    """The permissions that scopes ask for."""
    return frozenset(BY_SCOPE[each] for each in expanded(scopes) if each in BY_SCOPE)


_SAID = {
    READ: "Everything that scopes which read are for.",
    WRITE: "Everything that scopes of the shop are for, reading and writing.",
    STOREFRONT: "Do what everybody may: carts, checkout, paying.",
    OPENID: "Learn who has logged in: an id that stays the same.",
    "profile": "Learn their name and language.",
    "email": "Learn their e-mail address.",
    OFFLINE: "Go on while they are away.",
}


def said(scope: str) -> str:
    """What a scope is good for, in a sentence for people."""
    if scope in _SAID:
        return _SAID[scope]
    things, _, verb = scope.partition(":")
    return f"{'See' if verb == 'read' else 'Change'} {things.replace('_', ' ')}, as far as the person may."
