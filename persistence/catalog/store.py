"""The port of the catalogue made true on PostgreSQL: products, variants, categories, collections and import runs."""

from __future__ import annotations

from functools import cached_property

from persistence.catalog.categories import CategoryRows
from persistence.catalog.collections import CollectionRows
from persistence.catalog.imports import ImportRunRows
from persistence.catalog.products import ProductRows
from persistence.catalog.variants import VariantRows
from persistence.transaction import Transaction


class CatalogRows:
    """`domain.catalog.store.CatalogStore` on a transaction; its parts are made when first asked for."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    @cached_property
    def products(self) -> ProductRows:
        return ProductRows(self._transaction)

    @cached_property
    def variants(self) -> VariantRows:
        return VariantRows(self._transaction)

    @cached_property
    def categories(self) -> CategoryRows:
        return CategoryRows(self._transaction)

    @cached_property
    def collections(self) -> CollectionRows:
        return CollectionRows(self._transaction)

    @cached_property
    def imports(self) -> ImportRunRows:
        return ImportRunRows(self._transaction)
