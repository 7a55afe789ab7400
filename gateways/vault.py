"""Secrets at rest under AES-256-GCM (NIST SP 800-38D), with keys drawn from the secret keys by HKDF (RFC 5869)."""

from __future__ import annotations

import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"
_NONCE_BYTES = 12


class KeyedVault:
    """`domain.vault.Vault`. The first key locks; all unlock, so that keys can be rotated."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = [AESGCM(HKDF(SHA256(), 32, salt=None, info=b"vitrine vault").derive(key)) for key in keys]

    def lock(self, secret: bytes, *, purpose: str, owner: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._ciphers[0].encrypt(nonce, secret, _bound(purpose, owner))

    def unlock(self, sealed: bytes, *, purpose: str, owner: str) -> bytes:
        version, nonce, rest = sealed[:1], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if version != _VERSION or len(nonce) != _NONCE_BYTES:
            raise ValueError("sealed in a way that is not known here")
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, rest, _bound(purpose, owner))
            except InvalidTag:
                continue
        raise ValueError("sealed for something else, or with a key that is gone")


def _bound(purpose: str, owner: str) -> bytes:
    return f"{purpose}\x00{owner}".encode()
