"""The port of ways of delivery made true on PostgreSQL: explicit statements, explicit locks, rows turned into snapshots."""

from __future__ import annotations

from persistence.transaction import Transaction


class ShippingRows:
    """`domain.shipping.store.ShippingStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
