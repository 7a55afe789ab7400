"""Decides what a secret of an app looks like, where answers may be sent, and what tokens and codes are still worth. Pure."""

from __future__ import annotations

import enum
import hashlib
import hmac
import re
import secrets
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from domain.apps import scopes
from domain.apps.model import REDIRECT_URIS_MAX, URI_LENGTH_MAX, Client, Code, Token, TokenKind
from domain.error import Invalid, Path
from domain.ids import AppId

PREFIXES = {
    TokenKind.ACCESS: "vta_",
    TokenKind.REFRESH: "vtr_",
    TokenKind.KEY: "vtk_",
    TokenKind.DEVELOPMENT: "vtd_",
}
"""How the tokens of each kind begin, so that people, and scanners for leaked secrets, know what they look at."""
CODE = "vtc_"
CLIENT_SECRET = "vts_"  # noqa: S105 - how a secret begins, not one
HINT_LENGTH = 10
"""Characters of a token that are kept to tell it by: the prefix, and 36 of its 256 random bits."""
_TOKEN = re.compile(r"vt[akrd]_[A-Za-z0-9_-]{43}\Z")
_CODE = re.compile(r"vtc_[A-Za-z0-9_-]{43}\Z")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+\Z")
_PRINTABLE = re.compile(r"[!-~]+\Z")


def app_id_of(client_id: str) -> AppId | None:
    """The app behind a `client_id`, in its canonical spelling only."""
    try:
        found = UUID(client_id)
    except ValueError:
        return None
    return AppId(found) if str(found) == client_id else None


def new_secret(prefix: str) -> str:
    """A fresh secret of 256 random bits: they need no salt and no slow hash."""
    return prefix + secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """SHA-256 of a secret: all that is kept of it."""
    return hashlib.sha256(secret.encode()).digest()


def token_hash(text: str) -> bytes | None:
    """The hash of a token that an app shows; None for what was never one."""
    return hash_of(text) if _TOKEN.match(text) else None


def code_hash(text: str) -> bytes | None:
    """The hash of an authorization code; None for what was never one."""
    return hash_of(text) if _CODE.match(text) else None


def is_secret_of(client: Client, secret: str) -> bool:
    """Whether a secret is the client's; compared in the same time wherever it differs."""
    return client.secret_hash is not None and hmac.compare_digest(client.secret_hash, hash_of(secret))


def redirect_problem(uris: tuple[str, ...], *, at: Path) -> Invalid | None:
    """What is wrong with the addresses that answers are to be sent to (RFC 9700 section 2.1, RFC 8252 section 7)."""
    if len(uris) > REDIRECT_URIS_MAX:
        return Invalid(path=at, reason=f"Name {REDIRECT_URIS_MAX} addresses at most.")
    for place, uri in enumerate(uris):
        if not _is_redirect(uri):
            reason = "Use https, http on this very machine, or an app's own scheme with a dot in it; without a fragment."
            return Invalid(path=(*at, str(place)), reason=reason)
    return None


def _is_redirect(uri: str) -> bool:
    if len(uri) > URI_LENGTH_MAX or not _PRINTABLE.match(uri) or "#" in uri or "*" in uri:
        return False
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None:
        return False
    if parts.scheme == "https":
        return bool(host)
    if parts.scheme == "http":
        return host in _LOOPBACK
    return bool(_PRIVATE_SCHEME.match(parts.scheme)) and not host


def may_redirect(client: Client, uri: str) -> bool:
    """Whether an answer may go there: exactly as registered, but for the port of a program on the person's own machine."""
    return any(uri == each or _same_but_port(each, uri) for each in client.redirect_uris)


def _same_but_port(registered: str, asked: str) -> bool:
    try:
        known, given = urlsplit(registered), urlsplit(asked)
        _ = given.port
    except ValueError:
        return False
    is_local = known.scheme == "http" and known.hostname in _LOOPBACK and "@" not in given.netloc
    return is_local and known._replace(netloc="") == given._replace(netloc="") and known.hostname == given.hostname


class Worth(enum.Enum):
    """What a code or a refresh token that is shown is worth."""

    GOOD = "GOOD"
    NOTHING = "NOTHING"
    STOLEN = "STOLEN"
    """It was used before, so two have it: nobody goes on with this consent (RFC 9700 sections 2.1.1 and 4.14.2)."""


def code_worth(code: Code, client: Client, *, now: datetime) -> Worth:
    """What an authorization code is worth to a client."""
    if code.grant.app_id != client.id or code.grant.is_over or not client.is_active:
        return Worth.NOTHING
    if code.is_used:
        return Worth.STOLEN
    return Worth.GOOD if now < code.expires_at else Worth.NOTHING


def refresh_worth(token: Token, client: Client, *, now: datetime) -> Worth:
    """What a refresh token is worth to a client."""
    if token.kind is not TokenKind.REFRESH or token.app_id != client.id or not client.is_active:
        return Worth.NOTHING
    if token.grant is None or token.grant.is_over or token.is_revoked:
        return Worth.NOTHING
    if token.is_used:
        return Worth.STOLEN
    return Worth.GOOD if token.expires_at is None or now < token.expires_at else Worth.NOTHING


def scope_problem(asked: tuple[str, ...], most: frozenset[str] | None, *, at: Path) -> Invalid | None:
    """What is wrong with a list of scopes: a name that is none, or more than may be given."""
    for place, scope in enumerate(asked):
        if scope not in scopes.ALL:
            return Invalid(path=(*at, str(place)), reason="There is no such scope; `scopes` lists them all.")
        if most is not None and not scopes.within((scope,), most):
            return Invalid(path=(*at, str(place)), reason="The app itself was not given this scope.")
    return None
