"""No deed of staff and none with money escapes the record, and no table its watch: both are read off the schema."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
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

ROOT = executable(build()).mutation_type
assert ROOT is not None
MUTATIONS = sorted(ROOT.fields)
UNTIL = datetime(2026, 3, 1, 13, tzinfo=UTC)
STAFF = Staff(AccountId(new_id()), SessionId(new_id()), UNTIL, frozenset(Permission))
BUYER = Customer(CustomerId(new_id()), SessionId(new_id()), UNTIL)
MONEY = {"paymentCreate", "paymentCancel", "orderCancel"}
"""What a buyer may do and moves money, or calls it back. Carts and their checkout move none: they have histories of their own."""


@dataclass
class Nothing:
    """An input that says nothing."""


class Noted:
    """In the place of the transactions: notes the deeds that are on record while something runs."""

    def __init__(self) -> None:
        self.deeds: list[Deed] = []

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "deed" and value is not None:
            self.deeds.append(value)
        super().__setattr__(name, value)


async def recorded(name: str, viewer: Viewer) -> list[str]:
    """What is on record while the mutation begins; that it gets nowhere in an empty world is none of our business here."""
    assert ROOT is not None
    declared = declared_of(ROOT, name)
    assert declared is not None
    assert declared.root is not None
    noted = Noted()
    given = {"input": Nothing()} if ROOT.fields[name].args else {}
    with contextlib.suppress(Exception):
        await declared.root(SimpleNamespace(viewer=viewer, transact=noted, key="k", claim=None), **given)
    return [each.action for each in noted.deeds]


@pytest.mark.parametrize("name", MUTATIONS)
async def test_whatever_staff_does_is_recorded(name: str) -> None:
    assert await recorded(name, STAFF) == [name]


@pytest.mark.parametrize("name", MUTATIONS)
async def test_of_what_is_not_for_staff_money_alone_is_recorded_when_buyers_do_it(name: str) -> None:
    assert ROOT is not None
    rule = rule_of(ROOT, name)
    expected = rule.permission is not None or rule.standing is Standing.STAFF or name in MONEY
    assert await recorded(name, BUYER) == ([name] if expected else [])
    assert await recorded(name, Guest()) == ([name] if expected else [])


async def test_every_table_but_the_plumbing_is_watched(shop: Shop) -> None:
    rows = await shop.rows.fetch(
        "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'audit_change'"
    )
    assert {row["relname"] for row in rows} == set(METADATA.tables) - set(PLUMBING)


@dataclass
class Parcel:
    """An input as Strawberry makes it."""

    note: str
    units: int
    lines: list[str]


def test_arguments_are_kept_without_texts_that_could_be_secrets_or_somebodys() -> None:
    given = {"password": "hunter2", "quantity": 3, "is_active": True, "sku": "A-1", "input": Parcel("for Ada", 2, ["x", "y"])}
    assert said(given) == {
        "password": HIDDEN,
        "quantity": 3,
        "isActive": True,
        "sku": "A-1",
        "input": {"note": HIDDEN, "units": 2, "lines": [HIDDEN, HIDDEN]},
    }
