"""What makes two addresses one, and what a refresh token that is shown means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from domain.access.model import AccessToken, Account, Family, OpenSession, RefreshToken, Weakness
from domain.access.rules import GRACE, Refresh, RefreshSecrets, email_key, refresh, token_hash, weakness_failures
from domain.customers.flows import Registration
from domain.ids import AccountId, SessionId

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FAMILY = Family(session_id=SessionId(UUID(int=1)), account_id=AccountId(UUID(int=2)), is_ended=False, is_active=True)
FRESH = RefreshToken(
    id=UUID(int=3),
    expires_at=NOW + timedelta(days=1),
    used_at=None,
    is_revoked=False,
    follower_id=None,
    follower_hash=None,
    follower_expires_at=None,
    follower_is_fresh=False,
)
USED = replace(
    FRESH,
    used_at=NOW - timedelta(seconds=1),
    follower_id=UUID(int=4),
    follower_hash=b"x" * 32,
    follower_expires_at=NOW + timedelta(days=1),
    follower_is_fresh=True,
)
KEYS = (b"new key of thirty-two bytes, more", b"old key of thirty-two bytes, more")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ada@Mail.Example", "ada@mail.example"),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER A}da@mail.example", "ada@mail.example"),
        ("STRASSE@mail.example", "straße@mail.example"),
        ("e\N{COMBINING ACUTE ACCENT}@mail.example", "\N{LATIN SMALL LETTER E WITH ACUTE}@mail.example"),
        ("\N{KELVIN SIGN}@mail.example", "k@mail.example"),
    ],
)
def test_spellings_of_one_address_have_one_key(one: str, other: str) -> None:
    assert email_key(one) == email_key(other)
    assert email_key(email_key(one)) == email_key(one)


def test_different_addresses_have_different_keys() -> None:
    assert len({email_key(each) for each in ("a@b.example", "a+1@b.example", "a.@b.example", "ä@b.example")}) == 4


@pytest.mark.parametrize(
    ("family", "token", "meaning"),
    [
        (FAMILY, FRESH, Refresh.ROTATE),
        (FAMILY, replace(FRESH, expires_at=NOW), Refresh.REFUSE),
        (FAMILY, replace(FRESH, is_revoked=True), Refresh.REFUSE),
        (replace(FAMILY, is_ended=True), FRESH, Refresh.REFUSE),
        (replace(FAMILY, is_ended=True), USED, Refresh.REFUSE),
        (replace(FAMILY, is_active=False), FRESH, Refresh.REFUSE),
        (FAMILY, USED, Refresh.REPEAT),
        (FAMILY, replace(USED, used_at=NOW - GRACE), Refresh.REPEAT),
        (FAMILY, replace(USED, used_at=NOW - GRACE - timedelta(microseconds=1)), Refresh.END_FAMILY),
        (FAMILY, replace(USED, follower_is_fresh=False), Refresh.END_FAMILY),
        (FAMILY, replace(USED, follower_expires_at=NOW), Refresh.END_FAMILY),
        (FAMILY, replace(USED, expires_at=NOW, used_at=NOW - timedelta(days=9)), Refresh.END_FAMILY),
    ],
)
def test_what_a_shown_token_means(family: Family, token: RefreshToken, meaning: Refresh) -> None:
    assert refresh(family, token, now=NOW) is meaning


def test_a_follower_is_repeated_with_any_key_that_is_still_there_and_not_without() -> None:
    first, follower_id = RefreshSecrets(KEYS).first(), UUID(int=9)
    follower = RefreshSecrets(KEYS[1:]).follower(first, follower_id)
    kept = token_hash(follower)
    assert kept is not None
    assert len(follower) == 43
    assert RefreshSecrets(KEYS).repeated(first, follower_id, kept) == follower
    assert RefreshSecrets(KEYS[:1]).repeated(first, follower_id, kept) is None
    assert RefreshSecrets(KEYS).repeated(first, UUID(int=10), kept) is None
    assert RefreshSecrets(KEYS).repeated(follower, follower_id, kept) is None


def test_each_weakness_is_a_failure_of_its_own() -> None:
    codes = [each.code for each in weakness_failures(frozenset(Weakness), at=("input", "password"))]
    assert codes == ["PASSWORD_COMMON", "PASSWORD_PERSONAL", "PASSWORD_PATTERN", "PASSWORD_GUESSABLE"]


def test_no_value_that_may_be_logged_shows_a_secret() -> None:
    secret = "canary-5f1d"
    values = (
        Account(id=FAMILY.account_id, email="ada@mail.example", password_hash=secret, is_active=True),
        AccessToken(text=secret, expires_at=NOW),
        OpenSession(account_id=FAMILY.account_id, session_id=FAMILY.session_id, refresh_token=secret, refresh_expires_at=NOW),
        RefreshSecrets((secret.encode(),)),
        Registration(email="ada@mail.example", password=secret),
    )
    assert [value for value in values if secret in repr(value)] == []
