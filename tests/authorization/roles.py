"""Everybody who may come: with nothing, with each permission or scope alone, with all, and with all but in no channel."""

from __future__ import annotations

from datetime import UTC, datetime

from domain.apps.scopes import ALL, IDENTITY, READ, WRITE, expanded, permissions_in
from domain.ids import AccountId, AppId, ChannelId, CustomerId, SessionId, new_id
from domain.viewer import GUEST, App, Customer, Permission, Staff, Viewer

_UNTIL = datetime(2199, 1, 1, tzinfo=UTC)
_NOWHERE: frozenset[ChannelId] = frozenset()


def _staff(*permissions: Permission, channels: frozenset[ChannelId] | None = None) -> Staff:
    return Staff(AccountId(new_id()), SessionId(new_id()), _UNTIL, frozenset(permissions), channels)


def _app(*scopes: str, channels: frozenset[ChannelId] | None = None) -> App:
    return App(AppId(new_id()), expanded(scopes), permissions_in(scopes), channels, until=_UNTIL)


ROLES: dict[str, Viewer] = {
    "guest": GUEST,
    "customer": Customer(CustomerId(new_id()), SessionId(new_id()), _UNTIL),
    "staff": _staff(),
    **{f"staff:{each.value}": _staff(each) for each in Permission},
    "staff@channel": _staff(*Permission, channels=_NOWHERE),
    "app": _app(),
    **{f"app:{each}": _app(each) for each in ALL if each not in {READ, WRITE}},
    "app@channel": _app(WRITE, *IDENTITY, channels=_NOWHERE),
}
"""`@channel` holds everything there is, but is limited to channels."""


def told(names: set[str]) -> str:
    """A set of roles in words: who is let in with nothing stands for all of their kind."""
    found: list[str] = [each for each in ("guest", "customer") if each in names]
    for kind in ("staff", "app"):
        of_kind = [each for each in ROLES if each == kind or each.startswith((f"{kind}:", f"{kind}@"))]
        if names.issuperset(of_kind):
            found.append(kind)
        else:
            found += [each for each in of_kind if each in names]
    return ", ".join(found) or "nobody"


def meant(words: str) -> set[str]:
    """The roles behind the words."""
    names: set[str] = set()
    for word in words.split(", "):
        if word in {"staff", "app"}:
            names |= {each for each in ROLES if each == word or each.startswith((f"{word}:", f"{word}@"))}
        elif word != "nobody":
            names.add(word)
    unknown = names - ROLES.keys()
    assert not unknown, f"the table names {unknown}, who are nobody"
    return names
