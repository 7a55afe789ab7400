"""The endpoints of OAuth 2.0 and OpenID Connect that machines ask: tokens, revocation, introspection, people, keys, discovery."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from domain.apps import actions, scopes
from domain.apps.model import TokenKind
from edge.oauth.asking import Request as Asked
from edge.oauth.asking import basic_of
from edge.oauth.keys import KeyRing
from edge.oauth.protocol import AUTH_METHODS, Answer, Lifetimes, Protocol
from edge.oauth.tokens import ALGORITHM, Signer, claims_of
from persistence.failures import described
from persistence.unit import Transactions

TOKEN, REVOKE, INTROSPECT = "/oauth/token", "/oauth/revoke", "/oauth/introspect"
AUTHORIZE, USERINFO, KEYS = "/oauth/authorize", "/oauth/userinfo", "/oauth/jwks"
BODY_MAX = 16 * 1_024
FIELDS_MAX = 30
_KEPT_SECONDS = 3_600
_NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
_INVALID_GRANT = {"error": "invalid_grant"}


class BadForm(Exception):
    """The body is no form that is taken here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthEndpoints:
    """The routes for machines. `issuer` is our own address."""

    issuer: str
    transact: Transactions
    keys: KeyRing
    lifetimes: Lifetimes
    clock: Callable[[], datetime]

    def routes(self) -> Sequence[BaseRoute]:
        """Every route but the page that asks people."""
        return (
            Route(TOKEN, self.token, methods=["POST"]),
            Route(REVOKE, self.revoke, methods=["POST"]),
            Route(INTROSPECT, self.introspect, methods=["POST"]),
            Route(USERINFO, self.userinfo, methods=["GET", "POST"]),
            Route(KEYS, self.published_keys),
            Route("/.well-known/oauth-authorization-server", self.discovery),
            Route("/.well-known/openid-configuration", self.discovery),
        )

    async def token(self, request: Request) -> Response:
        """Exchanges a code, a refresh token or a client's own secret for tokens (RFC 6749 section 3.2)."""
        return await answering(self._token(request))

    async def _token(self, request: Request) -> Response:
        fields, asked = await _asked(request, TOKEN)
        now, transact = self.clock(), self._transact(request)
        code, shown = fields.get("code"), fields.get("refresh_token")
        facts = await transact(actions.look_up, client_id=_client_id(request, fields), code=code, token=shown)
        key = await self.keys.current(now) if facts.code is not None and scopes.OPENID in facts.code.grant.scopes else None
        protocol = Protocol(facts, signer=Signer(self.issuer, key), lifetimes=self.lifetimes, now=now)
        answer: Answer = protocol.create_token_response(asked)
        issue, client = protocol.issue, facts.client
        if answer.status != 200 or client is None or issue is None:
            return _told(answer)
        match fields.get("grant_type"):
            case "authorization_code":
                done = await transact(actions.redeem_code, client=client, code=code or "", issue=issue, now=now)
            case "refresh_token":
                done = await transact(actions.rotate, client=client, token=shown or "", issue=issue, now=now)
            case _:
                done = await transact(actions.issue_own, client=client, issue=issue, now=now)
        return _told(answer) if done else _json(400, _INVALID_GRANT)

    async def revoke(self, request: Request) -> Response:
        """Makes a token of the client's worth nothing (RFC 7009); one that is not known is no error."""
        return await answering(self._revoke(request))

    async def _revoke(self, request: Request) -> Response:
        fields, asked = await _asked(request, REVOKE)
        now, transact = self.clock(), self._transact(request)
        facts = await transact(actions.look_up, client_id=_client_id(request, fields), token=fields.get("token"))
        protocol = Protocol(facts, signer=Signer(self.issuer, None), lifetimes=self.lifetimes, now=now)
        answer: Answer = protocol.create_endpoint_response("revocation", asked)
        if protocol.revokes and facts.client is not None:
            await transact(actions.revoke, client=facts.client, token=fields["token"], now=now)
        return _told(answer)

    async def introspect(self, request: Request) -> Response:
        """Tells a client with a secret what a token of its own is worth (RFC 7662)."""
        return await answering(self._introspect(request))

    async def _introspect(self, request: Request) -> Response:
        fields, asked = await _asked(request, INTROSPECT)
        now = self.clock()
        facts = await self._transact(request)(actions.look_up, client_id=_client_id(request, fields), token=fields.get("token"))
        protocol = Protocol(facts, signer=Signer(self.issuer, None), lifetimes=self.lifetimes, now=now)
        return _told(protocol.create_endpoint_response("introspection", asked))

    async def userinfo(self, request: Request) -> Response:
        """Tells an app who the person behind its access token is (OpenID Connect Core 1.0 section 5.3)."""
        return await answering(self._userinfo(request))

    async def _userinfo(self, request: Request) -> Response:
        kind, _, text = request.headers.get("authorization", "").partition(" ")
        shown = text.strip() if kind.lower() == "bearer" else ""
        facts = await self._transact(request)(actions.look_up, client_id=None, token=shown)
        token, now = facts.token, self.clock()
        if (
            token is None
            or token.kind is not TokenKind.ACCESS
            or token.is_revoked
            or token.grant is None
            or token.grant.is_over
        ):
            return _unauthorized("invalid_token")
        app = await self._transact(request)(actions.look_up, client_id=str(token.app_id))
        if app.client is None or (token.expires_at is not None and now >= token.expires_at) or facts.owner is None:
            return _unauthorized("invalid_token")
        if scopes.OPENID not in token.scopes:
            return _unauthorized("insufficient_scope", status=403)
        return _json(200, claims_of(facts.owner, token.scopes))

    async def published_keys(self, request: Request) -> Response:
        """The public keys that id tokens are verified with (RFC 7517)."""
        del request
        return await answering(self._published_keys())

    async def _published_keys(self) -> Response:
        keys = await self.keys.all(self.clock())
        return _json(200, {"keys": [dict(each.public) for each in keys]}, {"cache-control": "public, max-age=300"})

    async def discovery(self, request: Request) -> Response:
        """What there is, for clients that find out by themselves (RFC 8414, OpenID Connect Discovery 1.0)."""
        del request
        return _json(200, self._described(), {"cache-control": f"public, max-age={_KEPT_SECONDS}"})

    def _described(self) -> dict[str, Any]:
        at = self.issuer
        return {
            "issuer": at,
            "authorization_endpoint": at + AUTHORIZE,
            "token_endpoint": at + TOKEN,
            "revocation_endpoint": at + REVOKE,
            "introspection_endpoint": at + INTROSPECT,
            "userinfo_endpoint": at + USERINFO,
            "jwks_uri": at + KEYS,
            "scopes_supported": list(scopes.ALL),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
            "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
            "introspection_endpoint_auth_methods_supported": list(AUTH_METHODS[:2]),
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "claims_supported": [
                "sub",
                "iss",
                "aud",
                "exp",
                "iat",
                "auth_time",
                "nonce",
                "name",
                "locale",
                "email",
                "email_verified",
            ],
            "prompt_values_supported": ["none", "login", "consent"],
        }

    def _transact(self, request: Request) -> Transactions:
        return self.transact.of_request(getattr(request.state, "request_id", None))


async def answering(answer: Any) -> Response:
    """The answer; what a client can only try again is worded as the protocol has it."""
    try:
        response: Response = await answer
    except BadForm as bad:
        return _json(400, {"error": "invalid_request", "error_description": str(bad)})
    except ClientDisconnect:
        return _json(400, {"error": "invalid_request"})
    except Exception as trouble:
        if described(trouble) is None:
            raise
        return _json(503, {"error": "temporarily_unavailable"}, {"retry-after": "5"})
    return response


async def form_of(request: Request) -> list[tuple[str, str]]:
    """The fields of a form, bounded. Raises BadForm; a field that is there twice is refused (RFC 6749 section 3.1)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise BadForm("Send application/x-www-form-urlencoded.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX:
            raise BadForm("The body is too large.")
    return fields_of(bytes(body))


def fields_of(raw: bytes) -> list[tuple[str, str]]:
    """The fields of a form or a query string. Raises BadForm for what cannot be read or kept."""
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX)
    except ValueError:
        raise BadForm("This cannot be read.") from None
    if len({name for name, _ in pairs}) != len(pairs):
        raise BadForm("A parameter is there twice.")
    if any("\x00" in value for _, value in pairs):
        raise BadForm("This cannot be read.")
    return pairs


async def _asked(request: Request, path: str) -> tuple[dict[str, str], Asked]:
    pairs = await form_of(request)
    asked = Asked("POST", path, pairs, request.headers.get("authorization"))
    return {name: value for name, value in pairs if value}, asked


def _client_id(request: Request, fields: Mapping[str, str]) -> str | None:
    """Who the client says it is; one that says it twice must say the same, as Authlib asks for the one it means to check."""
    named = basic_of(request.headers.get("authorization", ""))
    return named if named is not None else fields.get("client_id")


def _told(answer: Answer) -> Response:
    return _json(answer.status, answer.body, dict(answer.headers))


def _unauthorized(error: str, *, status: int = 401) -> Response:
    """RFC 6750 section 3."""
    return _json(status, {"error": error}, {"www-authenticate": f'Bearer error="{error}"'})


def _json(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    plain = {name.lower(): value for name, value in (headers or {}).items() if name.lower() != "content-type"}
    return Response(orjson.dumps(body), status, headers={**_NO_STORE, **plain}, media_type="application/json")
