"""Secrets at rest: readable again with the right keys, for the right owner, and not otherwise."""

from __future__ import annotations

import pytest

from gateways.vault import KeyedVault

KEY, OLD = b"k" * 32, b"o" * 32


def test_what_was_locked_is_unlocked_for_its_owner() -> None:
    vault = KeyedVault([KEY])
    sealed = vault.lock(b"secret", purpose="webhook", owner="1")
    assert b"secret" not in sealed
    assert vault.unlock(sealed, purpose="webhook", owner="1") == b"secret"


def test_two_locks_of_one_secret_differ() -> None:
    vault = KeyedVault([KEY])
    assert vault.lock(b"secret", purpose="p", owner="1") != vault.lock(b"secret", purpose="p", owner="1")


@pytest.mark.parametrize(("purpose", "owner"), [("webhook", "2"), ("totp", "1")])
def test_what_was_locked_for_one_opens_for_no_other(purpose: str, owner: str) -> None:
    vault = KeyedVault([KEY])
    sealed = vault.lock(b"secret", purpose="webhook", owner="1")
    with pytest.raises(ValueError, match="something else"):
        vault.unlock(sealed, purpose=purpose, owner=owner)


def test_a_rotated_key_still_unlocks_and_the_new_one_locks() -> None:
    old, both, new = KeyedVault([OLD]), KeyedVault([KEY, OLD]), KeyedVault([KEY])
    sealed = old.lock(b"secret", purpose="p", owner="1")
    assert both.unlock(sealed, purpose="p", owner="1") == b"secret"
    assert new.unlock(both.lock(b"secret", purpose="p", owner="1"), purpose="p", owner="1") == b"secret"
    with pytest.raises(ValueError, match="key that is gone"):
        new.unlock(sealed, purpose="p", owner="1")


@pytest.mark.parametrize("damaged", [b"", b"\x01", b"\x02" + b"x" * 40, b"\x01" + b"x" * 40])
def test_what_is_damaged_is_refused(damaged: bytes) -> None:
    with pytest.raises(ValueError, match="sealed"):
        KeyedVault([KEY]).unlock(damaged, purpose="p", owner="1")
