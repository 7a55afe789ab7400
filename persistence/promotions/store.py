"""The port of coupons made true on PostgreSQL: explicit statements, explicit locks, rows turned into snapshots."""

from __future__ import annotations

from persistence.transaction import Transaction


class PromotionsRows:
    """`domain.promotions.store.PromotionsStore` on a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
