"""A request at the OAuth endpoints as Authlib reads it. Nothing is fetched: parameters and header are given."""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from collections.abc import Sequence
from urllib.parse import unquote

from authlib.oauth2.rfc6749 import OAuth2Payload, OAuth2Request

_ORIGIN = "https://oauth"
"""What Authlib is told instead of our address: whether a proxy ended TLS is not its to check."""


class _Payload(OAuth2Payload):
    """The parameters of a request, each by its first value, and all of them."""

    def __init__(self, fields: Sequence[tuple[str, str]]) -> None:
        self._lists: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in fields:
            self._lists[name].append(value)
        self._first = {name: values[0] for name, values in self._lists.items()}

    @property
    def data(self) -> dict[str, str]:
        return self._first

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        return self._lists


class Request(OAuth2Request):
    """A request as Authlib reads it. Parameters without a value count as absent (RFC 6749 section 3.1)."""

    def __init__(self, method: str, path: str, fields: Sequence[tuple[str, str]], authorization: str | None = None) -> None:
        headers = {"Authorization": authorization} if authorization is not None and basic_of(authorization) else {}
        super().__init__(method, _ORIGIN + path, headers=headers)
        self.payload = _Payload([(name, value) for name, value in fields if value])

    @property
    def args(self) -> dict[str, str]:
        return self.payload.data

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data


def basic_of(authorization: str) -> str | None:
    """The `client_id` of a Basic header that can be read; None for any other."""
    kind, _, packed = authorization.partition(" ")
    try:
        name, colon, _ = base64.b64decode(packed, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return unquote(name) if colon and kind.lower() == "basic" else None
