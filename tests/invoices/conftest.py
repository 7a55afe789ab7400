"""An office: a shop whose channel writes invoices, staff that asks for them, and the printer at hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.ids import OrderId, new_id
from domain.invoices.actions import credit_refund, issue_when_paid, keep_print, to_print
from domain.viewer import Permission
from gateways.documents.invoices import PdfPrinter
from persistence.engine import Database, DatabaseSettings
from persistence.unit import Transactions
from schema.ids import parse_id
from tests.makers.people import a_staff_token
from tests.shop import Shop

SETTINGS = """mutation($input: InvoiceSettingsUpdateInput!) { invoiceSettingsUpdate(input: $input) {
    invoiceSettings { seller taxId invoicePrefix creditNotePrefix isAutomatic } userErrors { code path } } }"""
CREATE = """mutation($id: ID!) { invoiceCreate(input: {orderId: $id}) {
    invoice { id kind label total { amount } tax { amount } url } userErrors { code path } } }"""
OF_ORDER = """query($token: String!) { orderByToken(token: $token) {
    invoices { id kind label total { amount } tax { amount } url } } }"""
SELLER = {
    "seller": ["Vitrine GmbH", "Hauptstraße 1", "10115 Berlin"],
    "taxId": "DE123456789",
    "invoicePrefix": "R-",
    "creditNotePrefix": "G-",
}


@dataclass(slots=True)
class Office:
    """Staff with everything it takes."""

    shop: Shop
    token: str
    transact: Transactions

    async def settles(self, **said: Any) -> dict[str, Any]:
        """Says how the channel writes invoices."""
        payload: dict[str, Any] = (await self.shop.data(SETTINGS, {"input": {**SELLER, **said}}, token=self.token))[
            "invoiceSettingsUpdate"
        ]
        return payload

    async def writes(self, order: dict[str, Any]) -> dict[str, Any]:
        """Writes an order's invoice by hand."""
        payload: dict[str, Any] = (await self.shop.data(CREATE, {"id": order["id"]}, token=self.token))["invoiceCreate"]
        return payload

    async def order(self, *, price: int = 1999, quantity: int = 1) -> dict[str, Any]:
        return await self.shop.shopper().orders((await self.shop.goods(price=price, stock=1000), quantity))

    async def papers(self, order: dict[str, Any]) -> list[dict[str, Any]]:
        """What the buyer sees."""
        found: list[dict[str, Any]] = (await self.shop.data(OF_ORDER, {"token": order["token"]}))["orderByToken"]["invoices"]
        return found

    async def paid(self, order: dict[str, Any], amount: int) -> UUID:
        """The order is paid, as the payments would write it; the payment's id."""
        order_id, payment_id = uuid_of(order["id"]), new_id()
        await self.shop.rows.execute(
            "UPDATE orders SET payment_status = 'PAID', status = 'CONFIRMED', authorized = $2, captured = $2 WHERE id = $1",
            order_id,
            amount,
        )
        await self.shop.rows.execute(
            "INSERT INTO payment (id, order_id, provider, state, currency, amount, authorized, captured, updated_at)"
            " VALUES ($1, $2, 'sandbox', 'CAPTURED', 'EUR', $3, $3, $3, now())",
            payment_id,
            order_id,
            amount,
        )
        return payment_id

    async def refunded(self, order: dict[str, Any], payment_id: UUID, amount: int, *, state: str = "DONE") -> UUID:
        """A refund, as the payments would write it; its id."""
        refund_id = new_id()
        await self.shop.rows.execute(
            "INSERT INTO refund (id, payment_id, order_id, currency, amount, reason, state) VALUES ($1, $2, $3, 'EUR', $4, 'broken', $5)",
            refund_id,
            payment_id,
            uuid_of(order["id"]),
            amount,
            state,
        )
        return refund_id

    async def worker_hears_of_money(self, order: dict[str, Any]) -> UUID | None:
        return await self.transact(issue_when_paid, order_id=OrderId(uuid_of(order["id"])), now=datetime.now(UTC))

    async def worker_hears_of_refund(self, refund_id: UUID) -> UUID | None:
        return await self.transact(credit_refund, refund_id=refund_id, now=datetime.now(UTC))

    async def prints(self) -> int:
        """Prints whatever is not printed; how many."""
        waiting = await self.shop.rows.fetch("SELECT id FROM invoice WHERE id NOT IN (SELECT invoice_id FROM invoice_print)")
        for row in waiting:
            facts = await self.transact(to_print, invoice_id=row["id"])
            assert facts is not None
            assert await self.transact(keep_print, invoice_id=row["id"], content=PdfPrinter().print(facts))
        return len(waiting)


def uuid_of(text: str) -> UUID:
    """The UUID behind a public id."""
    known = parse_id(text)
    assert known is not None
    return known[1]


@pytest.fixture
async def office(fresh_shop: Shop) -> AsyncIterator[Office]:
    token = await a_staff_token(fresh_shop, *Permission)
    url = fresh_shop.api.settings.database_url
    assert url is not None
    database = Database(DatabaseSettings(url=url))
    await database.open()
    yield Office(fresh_shop, token, Transactions(database, published=lambda _topics: None))
    await database.close()
