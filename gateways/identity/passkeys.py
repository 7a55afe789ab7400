"""Passkeys: Web Authentication (W3C, level 3) by the webauthn library, for one relying party and a fixed list of its pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import structlog
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from domain.factors.model import CHALLENGE_LIFETIME, Assertion, NewPasskey, Passkey
from domain.ids import AccountId

T = TypeVar("T")
_TIMEOUT_MILLISECONDS = int(CHALLENGE_LIFETIME.total_seconds() * 1000)
_TRANSPORTS = {each.value for each in AuthenticatorTransport}
_CREDENTIAL_ID_BYTES_MAX = 1_023
"""Web Authentication section 7.1, step 25."""
log = structlog.stdlib.get_logger(__name__)


class WebAuthn:
    """`domain.factors.provider.PasskeyRules`. `rp_id` is the domain the passkeys belong to, `origins` where its pages are."""

    def __init__(self, *, rp_id: str, name: str, origins: Sequence[str]) -> None:
        self._rp_id = rp_id
        self._name = name
        self._origins = list(origins)

    def creation_options(
        self, challenge: bytes, *, account_id: AccountId, email: str, known: Sequence[Passkey]
    ) -> Mapping[str, object]:
        """See the port. No attestation is asked for: which model somebody owns is not our business."""
        options = generate_registration_options(
            rp_id=self._rp_id,
            rp_name=self._name,
            user_id=account_id.bytes,
            user_name=email,
            challenge=challenge,
            timeout=_TIMEOUT_MILLISECONDS,
            exclude_credentials=_described(known),
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
            ),
        )
        return options_to_json_dict(options)

    def request_options(self, challenge: bytes, *, known: Sequence[Passkey]) -> Mapping[str, object]:
        """See the port."""
        options = generate_authentication_options(
            rp_id=self._rp_id,
            challenge=challenge,
            timeout=_TIMEOUT_MILLISECONDS,
            allow_credentials=_described(known),
            user_verification=UserVerificationRequirement.PREFERRED if known else UserVerificationRequirement.REQUIRED,
        )
        return options_to_json_dict(options)

    def introduced(self, credential: Mapping[str, object], *, challenge: bytes) -> NewPasskey | None:
        """See the port."""

        def read() -> NewPasskey | None:
            shown = parse_registration_credential_json(dict(credential))
            verified = verify_registration_response(
                credential=shown,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origins,
            )
            if len(verified.credential_id) > _CREDENTIAL_ID_BYTES_MAX:
                return None
            return NewPasskey(
                credential_id=verified.credential_id,
                public_key=verified.credential_public_key,
                sign_count=verified.sign_count,
                transports=tuple(each.value for each in shown.response.transports or ()),
                is_backed_up=verified.credential_backed_up,
            )

        return _accepted(read)

    def credential_id(self, credential: Mapping[str, object]) -> bytes | None:
        """See the port."""
        return _accepted(lambda: parse_authentication_credential_json(dict(credential)).raw_id)

    def asserted(
        self, credential: Mapping[str, object], *, challenge: bytes, public_key: bytes, must_verify_user: bool
    ) -> Assertion | None:
        """See the port. The library is told that the counter was 0, for it is compared under a lock, after the signature."""

        def read() -> Assertion:
            shown = parse_authentication_credential_json(dict(credential))
            verified = verify_authentication_response(
                credential=shown,
                expected_challenge=challenge,
                expected_rp_id=self._rp_id,
                expected_origin=self._origins,
                credential_public_key=public_key,
                credential_current_sign_count=0,
                require_user_verification=must_verify_user,
            )
            return Assertion(sign_count=verified.new_sign_count, user_handle=shown.response.user_handle)

        return _accepted(read)


def _accepted(read: Callable[[], T]) -> T | None:
    """What was read, or None for whatever is wrong with it."""
    try:
        return read()
    except Exception as trouble:  # noqa: BLE001 - bytes of strangers: the library says no in its own, struct's, CBOR's and Python's words
        log.info("passkey.refused", reason=type(trouble).__name__)
        return None


def _described(known: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=each.credential_id,
            transports=[AuthenticatorTransport(name) for name in each.transports if name in _TRANSPORTS],
        )
        for each in known
    ]
