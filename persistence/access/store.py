"""The port of accounts, staff, sessions and refresh tokens made true on PostgreSQL: explicit statements, explicit locks, rows turned into snapshots."""

from __future__ import annotations

from persistence.transaction import Transaction


class AccessRows:
    """`domain.access.store.AccessStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
