"""What can be seen of log-ins at other providers: which there are, where one is sent, and one's own links."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from domain.identities.model import Started
from domain.viewer import Customer, Staff
from persistence.identities import reads
from persistence.identities.reads import IdentityView
from schema.context import Context
from schema.execution.fields import batch, plain, shows
from schema.node import Node, identity, loads_nodes
from schema.permissions import SIGNED_IN


@dataclass(frozen=True, slots=True)
class OfferedProvider:
    """A provider that log-ins are taken from."""

    name: str
    label: str


@strawberry.type(name="AuthProvider", description="Another provider that one can log in at.")
@shows(OfferedProvider)
class AuthProvider:
    """Shown from `OfferedProvider`."""

    name: str = plain("Its name for `socialLoginStart`.")
    label: str = plain("What people call it, for a button.")


@strawberry.type(name="SocialLoginJourney", description="Where to send the browser, and how it is known when it comes back.")
@shows(Started)
class SocialLoginJourney:
    """Shown from `Started`, to who begins it alone."""

    url: str = plain("The provider's page. It sends the browser back to `redirectUrl` with `code` and `state`.")
    browser_secret: str = plain(
        "Keep it in this browser alone (session storage, or a cookie), and give it back with code and state: so nobody can have "
        "somebody else's browser end a log-in that they began."
    )
    expires_at: datetime = plain("Until when it may come back, UTC.")


@strawberry.type(name="Identity", description="A log-in at another provider that opens one's account.")
@shows(IdentityView, allow=SIGNED_IN)
class Identity(Node):
    """Shown from `IdentityView`, to its owner alone."""

    id: strawberry.ID = identity("Identity")
    provider: str = plain("The provider's name.")
    email: str | None = plain("The address that the provider told last. It opens nothing by itself.")
    created_at: datetime = plain("When it was linked, UTC.")
    last_used_at: datetime = plain("When it last opened the account, UTC.")


async def _own(parents: Sequence[Any], context: Context) -> list[list[IdentityView]]:
    """For each parent that is the viewer their identities, for anybody else none."""
    viewer = context.viewer
    if not isinstance(viewer, (Customer, Staff)):
        return [[] for _ in parents]
    mine = (await reads.identities(context.reader, [viewer.id]))[0]
    return [mine if each.id == viewer.id else [] for each in parents]


def identities_field() -> Any:
    """The field `identities` of whoever can log in."""
    return batch(_own, "At which other providers you can log in; of others nothing is shown.", allow=SIGNED_IN, size=10)


@loads_nodes("Identity")
async def _nodes(context: Context, ids: Sequence[UUID]) -> list[IdentityView | None]:
    """One's own identities only."""
    viewer = context.viewer
    if not isinstance(viewer, (Customer, Staff)):
        return [None for _ in ids]
    found = {each.id: each for each in (await reads.identities(context.reader, [viewer.id]))[0]}
    return [found.get(each) for each in ids]
