"""Apps, codes and tokens in the shape in which Authlib asks about them; all they say was read before."""

from __future__ import annotations

from datetime import datetime

from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin
from authlib.oidc.core import AuthorizationCodeMixin

from domain.apps import rules, scopes
from domain.apps.model import Client, Code, Token

BASIC, POST, NONE = "client_secret_basic", "client_secret_post", "none"
"""How clients show who they are (RFC 7591 section 2); `none` for those that cannot keep a secret."""


class KnownClient(ClientMixin):
    """An app as Authlib asks about it."""

    def __init__(self, client: Client, server: object) -> None:
        self.client = client
        self.server = server

    def get_client_id(self) -> str:
        return str(self.client.id)

    def get_default_redirect_uri(self) -> None:
        """None: whoever asks says where the answer goes (RFC 9700 section 2.1)."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        asked = scopes.parsed(scope or "")
        return " ".join(asked) if asked and scopes.within(asked, self.client.scopes) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return rules.may_redirect(self.client, redirect_uri)

    def check_client_secret(self, client_secret: str) -> bool:
        return rules.is_secret_of(self.client, client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        del endpoint
        return method != NONE if self.client.secret_hash is not None else method == NONE

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code" and bool(self.client.redirect_uris)

    def check_grant_type(self, grant_type: str) -> bool:
        return self.client.secret_hash is not None if grant_type == "client_credentials" else bool(self.client.redirect_uris)


class KnownCode(AuthorizationCodeMixin):
    """An authorization code as Authlib asks about it."""

    code_challenge_method = "S256"

    def __init__(self, code: Code) -> None:
        self._code = code
        self.code_challenge = code.challenge

    def get_redirect_uri(self) -> str:
        return self._code.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self._code.grant.scopes)

    def get_nonce(self) -> str | None:
        return self._code.nonce

    def get_auth_time(self) -> int:
        return int(self._code.authenticated_at.timestamp())


class KnownToken(TokenMixin):
    """A token as Authlib asks about it."""

    def __init__(self, token: Token, now: datetime) -> None:
        self.token = token
        self._now = now

    def check_client(self, client: KnownClient) -> bool:
        return self.token.app_id == client.client.id

    def get_scope(self) -> str:
        return " ".join(self.token.grant.scopes if self.token.grant is not None else self.token.scopes)

    def is_expired(self) -> bool:
        return self.token.expires_at is not None and self._now >= self.token.expires_at

    def is_revoked(self) -> bool:
        over = self.token.grant is not None and self.token.grant.is_over
        return over or self.token.is_revoked or self.token.is_used
