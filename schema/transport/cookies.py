"""Sessions of browsers in cookies: tokens that no script can read, for storefronts that ask for it request by request.

A cookie counts only beside the header `X-Session: cookie`, which no other site's page can send without being let in by
CORS first, and only from an allowed Origin: what a browser adds by itself proves nothing (OWASP, Cross-Site Request Forgery
Prevention: custom request headers). A handshake of a socket cannot have headers; there the Origin must be named and allowed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

from starlette.types import Scope

from schema.transport.caller import Caller, Refused

HEADER = "x-session"
REFRESH_PATH = "/graphql/session"
"""The only path that the refresh token is sent to: the same endpoint, without the access token."""
_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,4096}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cookies:
    """How cookies are set. `same_site` is Strict, Lax or None; without `is_secure` (plain HTTP, in development) they have no prefix."""

    same_site: str
    is_secure: bool
    origins: frozenset[str] = frozenset()

    @property
    def access_name(self) -> str:
        """`__Host-` ties a cookie to this host, so that no neighbouring host can plant one."""
        return "__Host-vitrine-access" if self.is_secure else "vitrine-access"

    @property
    def refresh_name(self) -> str:
        return "__Secure-vitrine-refresh" if self.is_secure else "vitrine-refresh"

    def applied(self, caller: Caller, scope: Scope, headers: Mapping[str, str], *, can_answer: bool = False) -> Caller:
        """The caller with the tokens of their cookies, if they say that their session is in cookies. Raises `Refused`.

        `can_answer`: the answer may set cookies; else tokens are told as to anybody.
        """
        origin, host = headers.get("origin"), headers.get("host", "")
        if scope["type"] == "websocket":
            is_asked = origin is not None and caller.token is None
        else:
            is_asked = headers.get(HEADER, "").lower() == "cookie"
        if not is_asked:
            return caller
        if origin is not None and not is_own_origin(origin, host, self.origins):
            raise Refused("ORIGIN_REFUSED", "A session in cookies cannot be used from pages of this origin.")
        given = _cookies(scope)
        at_refresh = scope.get("path") == REFRESH_PATH
        token = None if at_refresh else _well_formed(given.get(self.access_name))
        jar = Jar(self, refresh_token=_well_formed(given.get(self.refresh_name)) if at_refresh else None)
        return replace(caller, token=caller.token or token, jar=jar if can_answer else None)

    def set_access(self, token: str, *, expires_at: datetime, now: datetime) -> str:
        """The header that sets the access token until it expires."""
        return self._set(self.access_name, token, "/", int((expires_at - now).total_seconds()))

    def set_refresh(self, token: str, *, expires_at: datetime, now: datetime) -> str:
        """The header that sets the refresh token until it expires."""
        return self._set(self.refresh_name, token, REFRESH_PATH, int((expires_at - now).total_seconds()))

    def _set(self, name: str, value: str, path: str, seconds: int) -> str:
        secure = "; Secure" if self.is_secure else ""
        return f"{name}={value}; Path={path}; Max-Age={max(0, seconds)}; HttpOnly; SameSite={self.same_site}{secure}"

    def dropped(self) -> list[str]:
        """The headers that take both cookies away."""
        return [self._set(self.access_name, "", "/", 0), self._set(self.refresh_name, "", REFRESH_PATH, 0)]


@dataclass(slots=True)
class Jar:
    """The cookies of one request: the refresh token that came, and the headers that its answer will set."""

    cookies: Cookies
    refresh_token: str | None = field(default=None, repr=False)
    headers: list[str] = field(default_factory=list, repr=False)

    def keep(
        self, *, access: str, access_expires_at: datetime, refresh: str, refresh_expires_at: datetime, now: datetime
    ) -> None:
        """Puts the tokens of a session into cookies."""
        self.headers = [
            self.cookies.set_access(access, expires_at=access_expires_at, now=now),
            self.cookies.set_refresh(refresh, expires_at=refresh_expires_at, now=now),
        ]

    def drop(self) -> None:
        """Takes both cookies away."""
        self.headers = self.cookies.dropped()


def is_own_origin(origin: str, host: str, origins: frozenset[str]) -> bool:
    """Whether a browser's Origin (RFC 6454) is a listed one or this host itself; `null` never is."""
    if origin in origins:
        return True
    parts = urlsplit(origin)
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and parts.netloc.lower() == host.lower()


def _cookies(scope: Scope) -> dict[str, str]:
    """The request's cookies (RFC 6265, section 5.4). A name that comes twice is nobody's: one of the two was planted."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for name, value in scope["headers"]:
        if name.lower() != b"cookie":
            continue
        for pair in value.decode("latin-1").split(";"):
            key, equals, text = pair.strip().partition("=")
            if equals and key in found:
                twice.add(key)
            elif equals:
                found[key] = text
    return {name: value for name, value in found.items() if name not in twice}


def _well_formed(value: str | None) -> str | None:
    return value if value is not None and _TOKEN.match(value) else None
