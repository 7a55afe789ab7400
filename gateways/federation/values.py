"""What settings say about other sign-in providers: their names and secrets, and which pages people come back to.

`gateways.settings` reads them from the environment, with everything else.
"""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_settings import NoDecode


class OidcIssuer(BaseModel):
    """A provider of somebody's own that speaks OpenID Connect: its identifier, and what we are called there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9-]{1,40}$")
    label: str = Field(min_length=1, max_length=80)
    issuer: str = Field(pattern=r"^(https://[^/]+|http://(127\.0\.0\.1|localhost)(:[0-9]+)?)(/.*)?$")
    client_id: str = Field(min_length=1)
    client_secret: SecretStr


def _from_json(value: object) -> object:
    """A list of objects as an environment variable writes it. ValueError for what is no JSON."""
    return json.loads(value) if isinstance(value, str) else value


def by_commas(value: object) -> object:
    """A list is written with commas in an environment variable."""
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(by_commas)]


class SignInValues(BaseModel):
    """An id and a secret from each provider switch it on; an empty id leaves it off."""

    google_client_id: str = ""
    google_client_secret: SecretStr = SecretStr("")
    github_client_id: str = ""
    github_client_secret: SecretStr = SecretStr("")
    facebook_client_id: str = ""
    facebook_client_secret: SecretStr = SecretStr("")
    oidc_providers: Annotated[tuple[OidcIssuer, ...], NoDecode, BeforeValidator(_from_json)] = ()
    identity_redirect_urls: Listed = ()
    identity_trusted_emails: Listed = ()
    passkey_domain: str = Field("", pattern=r"^([a-z0-9.-]+)?$")
    passkey_origins: Listed = ()
