"""Which other providers one can log in at."""

from __future__ import annotations

from schema.context import Context
from schema.execution.fields import query
from schema.identities.types import AuthProvider, OfferedProvider
from schema.permissions import EVERYONE


@query(list[AuthProvider], "The other providers that one can log in at, in the order to offer them.", allow=EVERYONE)
async def auth_providers(context: Context) -> list[OfferedProvider]:
    return [OfferedProvider(name, each.label) for name, each in context.ports.identities.providers.items()]
