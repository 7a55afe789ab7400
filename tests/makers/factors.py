"""What second factors and other providers are in the tests: the real parts, for a shop at its issuer's address."""

from __future__ import annotations

from collections.abc import Sequence

from domain.factors.provider import FactorPorts
from domain.identities.provider import IdentityPorts
from domain.seal import Seal
from gateways.identity.passkeys import WebAuthn
from gateways.identity.totp import AppCodes
from gateways.vault import KeyedVault


def factors_of(secrets: Sequence[str], *, page: str) -> FactorPorts:
    """Second factors of a shop whose pages are there."""
    keys = tuple(secret.encode() for secret in secrets)
    return FactorPorts(
        seal=Seal(keys),
        vault=KeyedVault(keys),
        codes=AppCodes(issuer="Shop"),
        passkeys=WebAuthn(rp_id=page.rpartition("/")[2], name="Shop", origins=[page]),
    )


def nobody_else(secrets: Sequence[str]) -> IdentityPorts:
    """No other provider to log in at."""
    return IdentityPorts(seal=Seal((secrets[0].encode(),)), providers={}, redirect_urls=frozenset())
