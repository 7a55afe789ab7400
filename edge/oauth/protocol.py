"""OAuth 2.0 and OpenID Connect by Authlib's grants, run on facts that were read before and deciding on what is written after.

Authlib's server side neither awaits nor stores: it checks a request (client, grant, redirect, PKCE, scopes) and words the
answer. Whether a code or a token is still good is the domain's to say, in the transaction that uses it up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, grants
from authlib.oauth2.rfc6749.errors import InvalidRequestError, OAuth2Error
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oidc.core import OpenIDCode

from domain.apps import rules, scopes
from domain.apps.actions import Facts
from domain.apps.model import Issue, Owner, Token, TokenKind
from edge.oauth.adapters import BASIC, NONE, POST, KnownClient, KnownCode, KnownToken
from edge.oauth.asking import Request
from edge.oauth.tokens import Signer, claims_of

AUTH_METHODS = (BASIC, POST, NONE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an endpoint answers, unless the domain says no to what it promises."""

    status: int
    body: Mapping[str, Any]
    headers: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """How long what is issued is good, in seconds."""

    access: int
    refresh: int


class _CodeGrant(grants.AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def query_authorization_code(self, code: str, client: KnownClient) -> KnownCode | None:
        """A used one too: what that means is decided under its lock."""
        del code
        kept = self.server.facts.code
        return KnownCode(kept) if kept is not None and kept.grant.app_id == client.client.id else None

    def delete_authorization_code(self, authorization_code: KnownCode) -> None:
        """Left to the transaction."""

    def authenticate_user(self, authorization_code: KnownCode) -> Owner | None:
        del authorization_code
        owner: Owner | None = self.server.facts.owner
        return owner if owner is not None and owner.is_active else None


class _RefreshGrant(grants.RefreshTokenGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> KnownToken | None:
        """A used one too, as with codes; none of a person whose account was closed."""
        del refresh_token
        kept: Token | None = self.server.facts.token
        owner: Owner | None = self.server.facts.owner
        is_good = kept is not None and kept.kind is TokenKind.REFRESH and owner is not None and owner.is_active
        return KnownToken(kept, self.server.now) if kept is not None and is_good else None

    def authenticate_user(self, refresh_token: KnownToken) -> Owner | None:
        del refresh_token
        owner: Owner | None = self.server.facts.owner
        return owner

    def revoke_old_credential(self, refresh_token: KnownToken) -> None:
        """Left to the transaction."""


class _OwnGrant(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = (BASIC, POST)


class _Pkce(CodeChallenge):
    """PKCE (RFC 7636) of every client, with S256 alone (RFC 9700 section 2.1.1)."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_challenge(self, grant: _CodeGrant, redirect_uri: str) -> None:
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Send a code_challenge with the code_challenge_method S256.")
        super().validate_code_challenge(grant, redirect_uri)


class _IdTokens(OpenIDCode):
    """Adds the id token. Nonces are the client's to compare; a code, and with it its nonce, is good once."""

    def exists_nonce(self, nonce: str, request: Request) -> bool:
        del nonce, request
        return False

    def encode_id_token(self, token: Mapping[str, Any], request: Request) -> str:
        server = request.client.server
        claims = {"aud": str(request.client.client.id), **self.get_authorization_code_claims(request.authorization_code)}
        told = claims_of(request.user, token["scope"].split())
        signed: str = server.signer.id_token({**told, **claims}, access_token=token["access_token"], now=server.now)
        return signed


class _Revocation(RevocationEndpoint):
    CLIENT_AUTH_METHODS = AUTH_METHODS

    def query_token(self, token_string: str, token_type_hint: str | None) -> KnownToken | None:
        del token_string, token_type_hint
        kept = self.server.facts.token
        return KnownToken(kept, self.server.now) if kept is not None else None

    def revoke_token(self, token: KnownToken, request: Request) -> None:
        """Left to the transaction, which is told so."""
        del token, request
        self.server.revokes = True


class _Introspection(IntrospectionEndpoint):
    CLIENT_AUTH_METHODS = (BASIC, POST)

    def query_token(self, token_string: str, token_type_hint: str | None) -> KnownToken | None:
        del token_string, token_type_hint
        kept = self.server.facts.token
        return KnownToken(kept, self.server.now) if kept is not None else None

    def check_permission(self, token: KnownToken, client: KnownClient, request: Request) -> bool:
        """An app learns of its own tokens alone."""
        del request
        return token.check_client(client)

    def introspect_token(self, token: KnownToken) -> dict[str, Any]:
        told: dict[str, Any] = {
            "active": True,
            "client_id": str(token.token.app_id),
            "scope": " ".join(token.token.scopes),
            "token_type": "refresh_token" if token.token.kind is TokenKind.REFRESH else "Bearer",
            "iat": int(token.token.created_at.timestamp()),
            "iss": self.server.signer.issuer,
        }
        if token.token.grant is not None:
            told["sub"] = str(token.token.grant.account_id)
        if token.token.expires_at is not None:
            told["exp"] = int(token.token.expires_at.timestamp())
        return told


class Protocol(AuthorizationServer):
    """One request's run. Afterwards `issue` is what to write before answering, `revokes` whether a token is to be ended."""

    def __init__(self, facts: Facts, *, signer: Signer, lifetimes: Lifetimes, now: datetime) -> None:
        super().__init__(scopes_supported=scopes.ALL)
        self.facts = facts
        self.signer = signer
        self.now = now
        self.issue: Issue | None = None
        self.revokes = False
        self._lifetimes = lifetimes
        self.register_grant(_CodeGrant, [_Pkce(required=True), _IdTokens()])
        self.register_grant(_RefreshGrant)
        self.register_grant(_OwnGrant)
        self.register_endpoint(_Revocation)
        self.register_endpoint(_Introspection)
        self.register_token_generator("default", self._generated)

    def query_client(self, client_id: str) -> KnownClient | None:
        client = self.facts.client
        if client is None or str(client.id) != client_id:
            return None
        return KnownClient(client, self)

    def _generated(
        self, *, client: KnownClient, grant_type: str, scope: str | None, include_refresh_token: bool, **_rest: Any
    ) -> dict[str, Any]:
        """The answer's tokens; without `scope`, a client on its own gets all it may have, but for what is about people."""
        asked = scopes.parsed(scope or "") or tuple(sorted(client.client.scopes - set(scopes.IDENTITY)))
        if not asked or not scopes.within(asked, client.client.scopes):
            raise _refused_scope()
        goes_on = include_refresh_token and (grant_type == "refresh_token" or scopes.OFFLINE in asked)
        access = rules.new_secret(rules.PREFIXES[TokenKind.ACCESS])
        refresh = rules.new_secret(rules.PREFIXES[TokenKind.REFRESH]) if goes_on else None
        self.issue = Issue(
            access=access,
            refresh=refresh,
            scopes=asked,
            access_seconds=self._lifetimes.access,
            refresh_seconds=self._lifetimes.refresh,
        )
        token = {"token_type": "Bearer", "access_token": access, "expires_in": self._lifetimes.access, "scope": " ".join(asked)}
        return {**token, "refresh_token": refresh} if refresh is not None else token

    def save_token(self, token: Mapping[str, Any], request: Request) -> None:
        """Left to the transaction."""

    def create_oauth2_request(self, request: Request) -> Request:
        return request

    def handle_response(self, status: int, body: Any, headers: Sequence[tuple[str, str]]) -> Answer:
        return Answer(status, dict(body or {}), headers)

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""


def _refused_scope() -> OAuth2Error:
    return OAuth2Error(error="invalid_scope", description="Say a scope that the app was given.", status_code=400)


def asked_of(protocol: Protocol, request: Request) -> grants.AuthorizationCodeGrant | OAuth2Error:
    """What an app asks a person for, checked; or why not. An error with a `redirect_uri` goes back there."""
    try:
        return protocol.get_consent_grant(request)
    except OAuth2Error as error:
        return error
