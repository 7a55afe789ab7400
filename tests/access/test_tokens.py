"""Access tokens: what we issue is read back, and nothing that anybody else could make is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.access.model import Claims, TokenRefused
from domain.ids import AccountId, SessionId
from gateways.identity.tokens import SignedTokens
from tests.makers.access import ISSUER, SECRETS

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ACCOUNT, SESSION = AccountId(UUID(int=1)), SessionId(UUID(int=2))
TOKENS = SignedTokens(SECRETS, issuer=ISSUER, lifetime_seconds=600)
GOOD = TOKENS.issued(ACCOUNT, SESSION, now=NOW)
KEY = hmac.digest(SECRETS[0].encode(), b"vitrine access token", "sha256")


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def decoded(part: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return value


HEADER, CLAIMS = (decoded(part) for part in GOOD.text.split(".")[:2])


def signed(header: bytes | dict[str, Any], claims: bytes | dict[str, Any], key: bytes = KEY, digest: str = "sha256") -> str:
    """A token of any content, signed by who has the key: worse than any attacker can do, unless said otherwise."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)]
    body = f"{encoded(parts[0])}.{encoded(parts[1])}"
    return f"{body}.{encoded(hmac.digest(key, body.encode(), digest))}"


def test_an_issued_token_is_read_back() -> None:
    assert GOOD.expires_at == NOW + timedelta(minutes=10)
    claims = TOKENS.read(GOOD.text, now=NOW)
    assert claims == Claims(account_id=ACCOUNT, session_id=SESSION, expires_at=NOW + timedelta(minutes=10))
    assert TOKENS.read(signed(HEADER, CLAIMS), now=NOW) == claims, "the forge of these tests forges well"


def test_a_token_ends_to_the_second_and_may_come_from_a_clock_one_minute_ahead() -> None:
    assert isinstance(TOKENS.read(GOOD.text, now=NOW + timedelta(seconds=599)), Claims)
    assert TOKENS.read(GOOD.text, now=NOW + timedelta(seconds=600)) is TokenRefused.EXPIRED
    assert isinstance(TOKENS.read(GOOD.text, now=NOW - timedelta(seconds=60)), Claims)
    assert TOKENS.read(GOOD.text, now=NOW - timedelta(seconds=61)) is TokenRefused.FORGED


def test_a_new_first_secret_signs_and_the_old_one_still_verifies_until_it_is_dropped() -> None:
    rotated = SignedTokens(("a third secret of at least 32 bytes", *SECRETS), issuer=ISSUER, lifetime_seconds=600)
    assert isinstance(rotated.read(GOOD.text, now=NOW), Claims)
    assert TOKENS.read(rotated.issued(ACCOUNT, SESSION, now=NOW).text, now=NOW) is TokenRefused.FORGED
    assert SignedTokens(SECRETS[1:], issuer=ISSUER, lifetime_seconds=600).read(GOOD.text, now=NOW) is TokenRefused.FORGED


def test_a_token_that_was_read_before_is_worth_no_more_than_at_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateways.identity.tokens.KNOWN_MAX", 2)
    tokens = SignedTokens(SECRETS, issuer=ISSUER, lifetime_seconds=600)
    several = [tokens.issued(ACCOUNT, SESSION, now=NOW) for _ in range(4)]
    for _ in range(2):
        for each in several:
            assert isinstance(tokens.read(each.text, now=NOW), Claims)
            assert tokens.read(each.text, now=NOW + timedelta(seconds=600)) is TokenRefused.EXPIRED
            assert tokens.read(each.text, now=NOW - timedelta(seconds=61)) is TokenRefused.FORGED
            head, claims, signature = each.text.split(".")
            letter = "A" if signature[5] != "A" else "B"
            for other in (
                f"{head}.{claims}.{signature[:5]}{letter}{signature[6:]}",
                each.text[:-1],
                f" {each.text}",
            ):
                assert tokens.read(other, now=NOW) is TokenRefused.FORGED
        assert len(tokens._known) == 2


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in CLAIMS.items() if key != name}


def test_every_claim_is_required_and_none_may_be_added() -> None:
    assert CLAIMS.keys() == {"exp", "iat", "sub", "aud", "iss", "jti", "typ", "sid"}
    for name in CLAIMS:
        assert TOKENS.read(signed(HEADER, without(name)), now=NOW) is TokenRefused.FORGED, name
    for extra in ({"nbf": 2**33}, {"admin": True}, {"crit": ["exp"]}):
        assert TOKENS.read(signed(HEADER, {**CLAIMS, **extra}), now=NOW) is TokenRefused.FORGED, extra


@pytest.mark.parametrize(
    "wrong",
    [
        {"typ": "refresh"},
        {"typ": None},
        {"aud": "https://other.example"},
        {"aud": [ISSUER]},
        {"iss": "https://other.example"},
        {"iss": ISSUER + "/"},
        {"sub": "1"},
        {"sub": None},
        {"sub": ["00000000-0000-0000-0000-000000000001"]},
        {"sid": "{00000000-0000-0000-0000-000000000002}"},
        {"sid": 2},
        {"exp": str(2**32)},
        {"exp": 2**32 + 0.5},
        {"exp": 2**80},
        {"exp": True},
        {"exp": None},
        {"exp": -1},
        {"iat": "0"},
        {"iat": 2**33, "exp": 2**34},
        {"iat": 2**33},
    ],
)
def test_a_claim_of_the_wrong_kind_or_value_is_refused(wrong: dict[str, Any]) -> None:
    assert TOKENS.read(signed(HEADER, {**CLAIMS, **wrong}), now=NOW) is TokenRefused.FORGED


@pytest.mark.parametrize("exp", [b"NaN", b"Infinity", b"1e400", b"99999999999999999999999999", b"9" * 5_000])
def test_numbers_beyond_reason_are_refused(exp: bytes) -> None:
    claims = json.dumps(CLAIMS).encode().replace(str(CLAIMS["exp"]).encode(), exp)
    assert TOKENS.read(signed(HEADER, claims), now=NOW) is TokenRefused.FORGED


def test_a_claim_said_twice_is_refused() -> None:
    claims = json.dumps(CLAIMS).encode()[:-1] + b', "sub": "00000000-0000-0000-0000-000000000009"}'
    assert TOKENS.read(signed(HEADER, claims), now=NOW) is TokenRefused.FORGED


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "NONE", "nOnE", "", None, 5, "HS384", "HS512", "RS256", "hs256", "EdDSA"]
)
def test_no_other_algorithm_is_taken_signed_or_not(algorithm: Any) -> None:
    header = {**HEADER, "alg": algorithm}
    assert TOKENS.read(signed(header, CLAIMS), now=NOW) is TokenRefused.FORGED
    assert TOKENS.read(signed(header, CLAIMS, digest="sha512"), now=NOW) is TokenRefused.FORGED
    assert TOKENS.read(signed(header, CLAIMS).rpartition(".")[0] + ".", now=NOW) is TokenRefused.FORGED


@pytest.mark.parametrize("kid", ["../../dev/null", "' OR 1=1", "https://evil.example/key", "", "\x00", None, 0, [], {"a": 1}])
def test_a_key_id_is_only_looked_up(kid: Any) -> None:
    for key in (KEY, b"", b"\x00" * 32):
        assert TOKENS.read(signed({**HEADER, "kid": kid}, CLAIMS, key), now=NOW) is TokenRefused.FORGED


def test_a_thousand_random_key_ids_disturb_nobody() -> None:
    for number in range(1_000):
        kid = hashlib.sha256(str(number).encode()).hexdigest()[:16]
        assert TOKENS.read(signed({**HEADER, "kid": kid}, CLAIMS), now=NOW) is TokenRefused.FORGED
    assert isinstance(TOKENS.read(GOOD.text, now=NOW), Claims)


@pytest.mark.parametrize(
    "extra",
    [
        {"crit": ["exp"]},
        {"crit": []},
        {"b64": False, "crit": ["b64"]},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"jwk": {"kty": "oct", "k": encoded(KEY)}},
        {"typ": "at+jwt"},
        {"cty": "JWT"},
    ],
)
def test_a_header_that_says_more_than_ours_is_refused(extra: dict[str, Any]) -> None:
    assert TOKENS.read(signed({**HEADER, **extra}, CLAIMS), now=NOW) is TokenRefused.FORGED


@pytest.mark.parametrize("key", [b"", b"\x00" * 32, SECRETS[0].encode(), b"another key of thirty-two bytes.."])
def test_another_key_is_refused_the_undivided_secret_too(key: bytes) -> None:
    assert TOKENS.read(signed(HEADER, CLAIMS, key), now=NOW) is TokenRefused.FORGED


def test_every_changed_letter_is_noticed() -> None:
    text = GOOD.text
    # The last letter of each part may carry bits that base64 drops.
    ends = {text.index(".") - 1, text.rindex(".") - 1, len(text) - 1}
    for place in set(range(len(text))) - ends:
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        assert TOKENS.read(changed, now=NOW) is TokenRefused.FORGED, place


@pytest.mark.parametrize(
    "text", ["", ".", "..", "...", "a.b.c", "é.é.é", "." * 10_000, "e30.e30.", "A" * 3_000, "W10.W10.AAAA"]
)
def test_what_is_no_token_is_refused(text: str) -> None:
    assert TOKENS.read(text, now=NOW) is TokenRefused.FORGED


@pytest.mark.parametrize("claims", [b"[]", b"null", b"5", b'"x"', b"", b"{", b"\xff", b"[" * 1_000])
def test_claims_that_are_no_object_are_refused(claims: bytes) -> None:
    assert TOKENS.read(signed(HEADER, claims), now=NOW) is TokenRefused.FORGED


def test_without_a_secret_nothing_is_signed() -> None:
    with pytest.raises(ValueError, match="no secret"):
        SignedTokens((), issuer=ISSUER, lifetime_seconds=600)
