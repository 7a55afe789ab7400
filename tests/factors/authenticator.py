"""A passkey authenticator in software: real keys, real counters, real signatures over what a browser would hand it.

What is wrong with an answer in a test is made wrong here, by saying so: another page, another challenge, an old counter.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PAGE = "https://shop.example"
_USER_PRESENT, _USER_VERIFIED, _ATTESTED = 0x01, 0x04, 0x40


def text_of(raw: bytes) -> str:
    """URL-safe base64 without padding, as everything binary travels."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One passkey on one device. `counter` None: it shows none, as those do that are kept in several places."""

    page: str = PAGE
    counter: int | None = 0
    verifies: bool = True
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    _key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    _rp_id: str = ""
    _user_handle: str = ""

    def creates(self, options: dict[str, Any], **wrong: str) -> dict[str, Any]:
        """The answer to creation options: an attestation of the kind "none"."""
        assert {"type": "public-key", "alg": -7} in options["pubKeyCredParams"]
        self._rp_id, self._user_handle = options["rp"]["id"], options["user"]["id"]
        numbers = self._key.public_key().public_numbers()
        public_key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(public_key)
        attestation = {"fmt": "none", "attStmt": {}, "authData": self._data(_ATTESTED) + attested}
        return self._answer(
            clientDataJSON=text_of(self._client_data("webauthn.create", options["challenge"], wrong)),
            attestationObject=text_of(cbor2.dumps(attestation)),
            transports=["internal", "hybrid"],
        )

    def signs(self, options: dict[str, Any], **wrong: str) -> dict[str, Any]:
        """The answer to request options: an assertion."""
        allowed = [each["id"] for each in options.get("allowCredentials", ())]
        assert not allowed or text_of(self.credential_id) in allowed, "the browser would not offer this passkey"
        assert options["rpId"] == self._rp_id
        if self.counter is not None:
            self.counter += 1
        client_data, data = self._client_data("webauthn.get", options["challenge"], wrong), self._data(0)
        signature = self._key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            clientDataJSON=text_of(client_data),
            authenticatorData=text_of(data),
            signature=text_of(signature),
            userHandle=self._user_handle,
        )

    def copied(self) -> Authenticator:
        """A thief's copy: the same key, and the counter as it is now."""
        return Authenticator(
            self.page, self.counter, self.verifies, self.credential_id, self._key, self._rp_id, self._user_handle
        )

    def _client_data(self, kind: str, challenge: str, wrong: dict[str, str]) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": self.page, "crossOrigin": False}
        return json.dumps({**said, **wrong}).encode()

    def _data(self, flags: int) -> bytes:
        flags |= _USER_PRESENT | (_USER_VERIFIED if self.verifies else 0)
        counter = (self.counter or 0).to_bytes(4, "big")
        return hashlib.sha256(self._rp_id.encode()).digest() + bytes([flags]) + counter

    def _answer(self, **response: Any) -> dict[str, Any]:
        identity = text_of(self.credential_id)
        return {
            "id": identity,
            "rawId": identity,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
            "authenticatorAttachment": "platform",
        }
