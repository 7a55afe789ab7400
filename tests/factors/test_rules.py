"""The rules of second factors, without a shop."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.factors import rules
from domain.factors.model import Held, Method
from gateways.identity.totp import AppCodes
from tests.conftest import NOW


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_a_counter_goes_up_or_is_always_zero(kept: int, shown: int) -> None:
    assert rules.counts_on(kept, shown) is (shown > kept or kept == shown == 0)


def test_wrong_codes_make_wait_longer_and_longer_up_to_an_hour() -> None:
    pauses = [rules.pause_after(failures) for failures in range(1, 15)]
    assert pauses[:4] == [None] * 4
    assert pauses[4:8] == [timedelta(seconds=each) for each in (30, 60, 120, 240)]
    assert set(pauses[11:]) == {timedelta(hours=1)}
    assert rules.pause_after(10**6) == timedelta(hours=1)


@given(st.text(max_size=60))
def test_whatever_is_typed_for_a_recovery_code_has_one_meaning(text: str) -> None:
    hashed = rules.recovery_code_hash(text)
    assert hashed == rules.recovery_code_hash(f" {text}-") or hashed is None or len(text) > 30
    assert hashed is None or len(hashed) == 32


def test_fresh_recovery_codes_are_recovery_codes() -> None:
    codes = {rules.new_recovery_code() for _ in range(200)}
    assert len({rules.recovery_code_hash(each) for each in codes}) == 200


def test_recovery_codes_alone_ask_for_nothing() -> None:
    assert not Held(recovery_codes=10).any
    assert rules.methods(Held(totp=True, passkeys=2, recovery_codes=1)) == (
        Method.PASSKEY,
        Method.TOTP,
        Method.RECOVERY_CODE,
    )


def test_codes_are_those_of_rfc_6238() -> None:
    codes = AppCodes(issuer="Shop")
    secret = b"12345678901234567890"
    # RFC 6238 appendix B, at 1111111109 seconds: 07081804 of eight digits, so 081804 of six.
    at = NOW.fromtimestamp(1111111109, tz=NOW.tzinfo)
    assert codes.step(secret, "081804", now=at) == 1111111109 // 30
    assert codes.step(secret, "081805", now=at) is None
