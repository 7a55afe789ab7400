"""The ledger: double entries, two rows for each transfer."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, insert

from domain.ids import new_id
from domain.payments.model import ACCOUNTS, Payment, Transfer
from persistence.payments.tables import LedgerEntryRow
from persistence.statement import Statement
from persistence.transaction import Transaction

WRITE = Statement(
    insert(LedgerEntryRow).values(
        transfer=bindparam("transfer"),
        order_id=bindparam("order_id"),
        payment_id=bindparam("payment_id"),
        kind=bindparam("kind"),
        account=bindparam("account"),
        currency=bindparam("currency"),
        amount=bindparam("amount"),
    )
)


async def write(transaction: Transaction, moved: Iterable[tuple[Payment, Transfer]]) -> None:
    """Adds the double entries of what moved."""
    entries: list[dict[str, object]] = []
    for payment, transfer in moved:
        common = {
            "transfer": new_id(),
            "order_id": payment.order_id,
            "payment_id": payment.id,
            "kind": transfer.kind.value,
            "currency": transfer.amount.currency,
        }
        debited, credited = ACCOUNTS[transfer.kind]
        entries.append({**common, "account": debited, "amount": transfer.amount.minor})
        entries.append({**common, "account": credited, "amount": -transfer.amount.minor})
    if entries:
        await transaction.run_each(WRITE, entries)
