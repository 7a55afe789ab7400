"""The world of the catalogue: a shop of its own with a channel and a warehouse, goods made by import, and staff who edit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.catalog.model import ImportProgress, RowError
from domain.ids import ChannelId, WarehouseId, new_id
from domain.imports.flows import import_products
from domain.imports.model import ImportReport
from gateways.identity.passwords import Argon2Hasher, ZxcvbnJudge
from persistence.engine import Database, DatabaseSettings
from persistence.unit import Transactions
from tests.conftest import NOW
from tests.makers.access import Api, access_of, an_administrator, an_api

HEADER = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,"
    "Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Variant Compare At Price,"
    "Image Src,Image Position,Image Alt Text,Variant Image,Status"
).split(",")


@dataclass(frozen=True, slots=True)
class Bazaar:
    """A shop for one module of tests. `api` speaks GraphQL over HTTP; `token` is an administrator's."""

    api: Api
    database: Database
    transact: Transactions
    channel_id: UUID
    warehouse_id: UUID
    token: str

    async def imports(self, lines: Iterable[str]) -> ImportReport:
        """Imports the lines of a CSV file."""

        async def silent(progress: ImportProgress, errors: Sequence[RowError]) -> None:
            del progress, errors

        return await import_products(
            self.transact,
            lines,
            channel_id=ChannelId(self.channel_id),
            warehouse_id=WarehouseId(self.warehouse_id),
            actor="machine:test",
            now=NOW,
            progress=silent,
        )

    async def sells(self, *rows: Mapping[str, object]) -> None:
        """Imports rows (see `a_row`) that must all be good."""
        report = await self.imports(a_file(*rows))
        assert (report.failure, report.errors) == (None, ())

    async def rows(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        """What the database says."""
        async with self.database.reading() as connection:
            return [tuple(row) for row in await connection.fetch(statement, *arguments)]

    async def staff(self, document: str, **variables: Any) -> Any:
        """What an administrator is answered."""
        return await self.api.ask(document, token=self.token, **variables)

    async def deed(self, mutation: str, kind: str, fields: str, **said: Any) -> Any:
        """The payload of a mutation with one input, for an administrator; its failures with code, message and path."""
        document = f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ {fields} userErrors {{ __typename code message path }} }} }}"
        return (await self.staff(document, input=said))[mutation]


def a_row(handle: str, title: str = "", /, **cells: object) -> dict[str, object]:
    """A row of a product CSV: a product of one variant for 10.00, in stock, unless said otherwise."""
    named = {name.replace("_", " "): value for name, value in cells.items()}
    first = {"Title": title, "Published": "true", "Option1 Name": "Title", "Option1 Value": "Default Title"} if title else {}
    return {
        "Handle": handle,
        "Variant Inventory Tracker": "shopify",
        "Variant Inventory Qty": 5,
        "Variant Price": "10.00",
        **first,
        **named,
    }


def a_file(*rows: Mapping[str, object], header: Sequence[str] = HEADER) -> list[str]:
    """The lines of a CSV with these rows."""
    return [_line(header), *(_line([str(row.get(name, "")) for name in header]) for row in rows)]


def _line(cells: Sequence[str]) -> str:
    return ",".join('"' + cell.replace('"', '""') + '"' if set(cell) & set('",\n\r') else cell for cell in cells) + "\r\n"


@asynccontextmanager
async def a_bazaar(database_url: str, hasher: Argon2Hasher, judge: ZxcvbnJudge) -> AsyncIterator[Bazaar]:
    """Opens a shop on an empty database: channel `web` in EUR (and USD), one warehouse, one administrator."""
    database = Database(DatabaseSettings(url=database_url))
    await database.open()
    transact = Transactions(database, published=lambda _topics: None)
    channel_id, warehouse_id = new_id(), new_id()
    async with database.writing() as connection:
        await connection.execute(
            "INSERT INTO channel (id, slug, name, currency, currencies, country, language, prices_include_tax, is_default, "
            "is_active) VALUES ($1, 'web', 'Web', 'EUR', '{EUR,USD}', 'DE', 'en', true, true, true)",
            channel_id,
        )
        await connection.execute(
            "INSERT INTO warehouse (id, slug, name, country) VALUES ($1, 'main', 'Main', 'DE')", warehouse_id
        )
    try:
        async with an_api(database, transact, access_of(hasher, judge)) as api:
            administrator = await an_administrator(api)
            token = (await administrator.logs_in())["accessToken"]
            yield Bazaar(api, database, transact, channel_id, warehouse_id, token)
    finally:
        await database.close()
