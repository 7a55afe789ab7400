"""Who is calling, as the transport sees it: headers and addresses, nothing verified yet.

Whether a token is good is the context's business; it says no by raising `Refused`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from starlette.types import Scope

if TYPE_CHECKING:
    from schema.transport.cookies import Jar

_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/=-]{1,4096})\Z", re.IGNORECASE)
_KEY = re.compile(r"[\x21-\x7e]{1,255}\Z")
_PLACE = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_LANGUAGES_MAX = 500
_AGENT_MAX = 500


class Refused(Exception):
    """The caller may not go on: `code` and `message` go into the answer as they are (UNAUTHENTICATED, TOKEN_EXPIRED...)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Caller:
    """One request, or one operation on a socket. Absent headers are None; none of them has been checked but for form."""

    request_id: str
    address: str | None = None
    token: str | None = field(default=None, repr=False)
    idempotency_key: str | None = None
    user_agent: str | None = None
    language: str | None = None
    channel: str | None = None
    currency: str | None = None
    country: str | None = None
    jar: Jar | None = field(default=None, repr=False, compare=False)
    """Where the session's tokens are kept for who has it in cookies."""


def headers_of(scope: Scope) -> dict[str, str]:
    """The request's headers by lower-case name; of a repeated one the first counts."""
    headers: dict[str, str] = {}
    raw: Iterable[tuple[bytes, bytes]] = scope["headers"]
    for name, value in raw:
        headers.setdefault(name.decode("latin-1").lower(), value.decode("latin-1").strip())
    return headers


def request_id_of(scope: Scope) -> str:
    """The id that the outer layer left in the scope's state, else a new one."""
    state = scope.get("state")
    known = state.get("request_id") if isinstance(state, Mapping) else None
    return known if isinstance(known, str) else uuid.uuid4().hex


def caller_of(scope: Scope, headers: Mapping[str, str], request_id: str) -> Caller:
    """The caller of a request; Refused when a header that decides something is malformed."""
    client = scope.get("client")
    return with_headers(Caller(request_id=request_id, address=client[0] if client else None), headers)


def with_headers(caller: Caller, headers: Mapping[str, str]) -> Caller:
    """The caller with what the headers (or a socket's `connection_init` payload, spelt alike) add; Refused when malformed."""
    return replace(
        caller,
        token=_token(headers.get("authorization")) or caller.token,
        idempotency_key=_well_formed(headers, "idempotency-key", _KEY) or caller.idempotency_key,
        user_agent=headers.get("user-agent", "")[:_AGENT_MAX] or caller.user_agent,
        language=headers.get("accept-language", "")[:_LANGUAGES_MAX] or caller.language,
        channel=_well_formed(headers, "x-channel", _PLACE) or caller.channel,
        currency=_well_formed(headers, "x-currency", _PLACE) or caller.currency,
        country=_well_formed(headers, "x-country", _PLACE) or caller.country,
    )


def _token(authorization: str | None) -> str | None:
    if not authorization:
        return None
    match = _BEARER.match(authorization)
    if match is None:
        raise Refused("UNAUTHENTICATED", "The Authorization header must read: Bearer, a blank, the token.")
    return match.group(1)


def _well_formed(headers: Mapping[str, str], name: str, form: re.Pattern[str]) -> str | None:
    value = headers.get(name)
    if not value:
        return None
    if form.match(value) is None:
        raise Refused("BAD_HEADER", f"The header {name} is malformed.")
    return value
