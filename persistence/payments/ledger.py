"""The ledger: double entries, two rows for each transfer."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import column, func, insert, select

from domain.ids import new_id
from domain.payments.model import ACCOUNTS, Payment, Transfer
from persistence.payments.tables import LedgerEntryRow
from persistence.statement import Statement, many
from persistence.transaction import Transaction

_COLUMNS = ("transfer", "order_id", "payment_id", "kind", "account", "currency", "amount")
_MOVED = (
    func.unnest(*(many(f"{name}s", LedgerEntryRow.__table__.c[name].type) for name in _COLUMNS))
    .table_valued(*(column(name, LedgerEntryRow.__table__.c[name].type) for name in _COLUMNS), name="moved")
    .render_derived()
)
ENTRIES = insert(LedgerEntryRow).from_select(list(_COLUMNS), select(*_MOVED.c))
"""Adds double entries; `values_of` has their values."""


WRITE = Statement(ENTRIES)


async def write(transaction: Transaction, moved: Iterable[tuple[Payment, Transfer]]) -> None:
    """Adds the double entries of what moved."""
    values = values_of(moved)
    if values["transfers"]:
        await transaction.run(WRITE, **values)


def values_of(moved: Iterable[tuple[Payment, Transfer]]) -> dict[str, list[object]]:
    """The double entries of what moved: one account gets what the other gives."""
    entries: list[tuple[object, ...]] = []
    for payment, transfer in moved:
        number, amount = new_id(), transfer.amount
        common = (number, payment.order_id, payment.id, transfer.kind.value)
        debited, credited = ACCOUNTS[transfer.kind]
        entries.append((*common, debited, amount.currency, amount.minor))
        entries.append((*common, credited, amount.currency, -amount.minor))
    return {f"{name}s": [entry[place] for entry in entries] for place, name in enumerate(_COLUMNS)}
