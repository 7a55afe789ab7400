"""No deed of staff and no payment escapes the record, and no table its watch: both are read off the schema."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from domain.audit.model import Deed
from domain.ids import AccountId, CustomerId, SessionId, new_id
from domain.viewer import Customer, Guest, Permission, Staff, Viewer
from persistence.audit.watch import PLUMBING
from persistence.tables import METADATA
from schema.audit.said import HIDDEN, said
from schema.execution.fields import declared_of
from schema.permissions import Standing
from schema.root import build, executable, rule_of
from tests.shop import Shop

SCHEMA = executable(build())
UNTIL = datetime(2026, 3, 1, 13, tzinfo=UTC)
STAFF = Staff(AccountId(new_id()), SessionId(new_id()), UNTIL, frozenset(Permission))
BUYER = Customer(CustomerId(new_id()), SessionId(new_id()), UNTIL)
MONEY = {"paymentCreate", "paymentCancel", "orderCancel"}
"""What anybody may do and moves money, or calls it back."""


def _mutations() -> Iterator[str]:
    assert SCHEMA.mutation_type is not None
    yield from SCHEMA.mutation_type.fields


class Noted:
    """In the place of the transactions: notes the deed that is on record while it runs."""

    def __init__(self) -> None:
        self.deeds: list[Deed] = []

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "deed" and value is not None:
            self.deeds.append(value)
        super().__setattr__(name, value)


async def recorded(name: str, viewer: Viewer) -> list[str]:
    """What is on record while the mutation begins; that it gets nowhere in an empty world is none of our business."""
    assert SCHEMA.mutation_type is not None
    declared = declared_of(SCHEMA.mutation_type, name)
    assert declared is not None
    assert declared.root is not None
    noted = Noted()
    world = SimpleNamespace(viewer=viewer, transact=noted)
    with contextlib.suppress(Exception):
        await declared.root(world, **({"input": SimpleNamespace()} if SCHEMA.mutation_type.fields[name].args else {}))
    return [each.action for each in noted.deeds]


@pytest.mark.parametrize("name", _mutations())
async def test_whatever_staff_does_is_recorded(name: str) -> None:
    assert await recorded(name, STAFF) == [name]


@pytest.mark.parametrize("name", _mutations())
async def test_of_what_buyers_do_money_is_recorded_and_what_is_for_staff(name: str) -> None:
    assert SCHEMA.mutation_type is not None
    rule = rule_of(SCHEMA.mutation_type, name)
    for_staff = rule.permission is not None or rule.standing is Standing.STAFF
    kinds = {viewer: await recorded(name, viewer) for viewer in (BUYER, Guest())}
    for seen in kinds.values():
        assert bool(seen) is (for_staff or name in MONEY or (seen == [name] and _is_about_money(name))), name


def _is_about_money(name: str) -> bool:
    return any(word in name for word in ("payment", "refund", "giftCard", "dispute", "order", "return"))


async def test_every_table_but_the_plumbing_is_watched(shop: Shop) -> None:
    watched = {
        row["relname"]
        for row in await shop.rows.fetch(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'audit_change'"
        )
    }
    assert watched == set(METADATA.tables) - set(PLUMBING)


def test_arguments_are_kept_without_texts_that_could_be_secrets_or_somebodys() -> None:
    given = SimpleNamespace
    del given
    kept = said(
        {"input": {"a": 1}, "password": "hunter2", "quantity": 3, "is_active": True, "sku": "A-1", "emails": ["a@b.example"]}
    )
    assert kept == {"input": HIDDEN, "password": HIDDEN, "quantity": 3, "isActive": True, "sku": "A-1", "emails": [HIDDEN]}
