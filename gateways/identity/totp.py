"""One-time codes of authenticator apps (RFC 6238) by pyotp, and their secrets as QR codes by segno."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime

import pyotp
import segno

from domain.factors.model import STEP_SECONDS, Enrollment

_SECRET_BYTES = 20
_DIGITS = 6
_DRIFT_STEPS = 1
"""How far an app's clock may be off, each way (RFC 6238 section 5.2)."""


class AppCodes:
    """`domain.factors.provider.OneTimeCodes`: SHA-1, six digits, 30 seconds, which every app knows. `issuer`: the shop's name."""

    def __init__(self, *, issuer: str) -> None:
        self._issuer = issuer

    def new_secret(self) -> bytes:
        """See the port."""
        return secrets.token_bytes(_SECRET_BYTES)

    def enrollment(self, secret: bytes, *, owner: str) -> Enrollment:
        """See the port. The URI is of the form that Google Authenticator introduced."""
        text = base64.b32encode(secret).decode()
        uri = self._totp(text).provisioning_uri(name=owner, issuer_name=self._issuer)
        return Enrollment(secret=text, uri=uri, qr_svg=segno.make_qr(uri, error="m").svg_inline(scale=4))

    def step(self, secret: bytes, code: str, *, now: datetime) -> int | None:
        """See the port. All three codes are compared, whichever is right."""
        digits = "".join(code[: 4 * _DIGITS].split())
        if len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
            return None
        totp = self._totp(base64.b32encode(secret).decode())
        present = totp.timecode(now)
        near = range(present - _DRIFT_STEPS, present + _DRIFT_STEPS + 1)
        found = [step for step in near if hmac.compare_digest(digits, totp.generate_otp(step))]
        return found[-1] if found else None

    @staticmethod
    def _totp(secret: str) -> pyotp.TOTP:
        return pyotp.TOTP(secret, digits=_DIGITS, interval=STEP_SECONDS)
