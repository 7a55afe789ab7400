"""The import as staff start it through the API and the worker does it: parts, progress, row errors, a lost worker."""

from __future__ import annotations

from uuid import UUID

from domain.ids import ImportId
from domain.imports import actions
from domain.imports.flows import run_import
from schema.ids import parse_id
from tests.conftest import NOW
from tests.makers.access import a_customer
from tests.makers.catalog import Bazaar, a_file, a_row

RUN = """query($id: ID!, $after: String) { productImport(id: $id) {
  status rowsRead productsCreated productsUpdated productsUnchanged errorsCount failure bytesTotal
  errors(first: 2, after: $after) { nodes { line column reason } totalCount pageInfo { hasNextPage endCursor } }
} }"""
START = ("productImportStart", "ProductImportStartInput", "productImport { id status }")
APPEND = ("productImportAppend", "ProductImportAppendInput", "productImport { id status bytesTotal }")


def uuid_of(global_id: str) -> ImportId:
    parsed = parse_id(global_id)
    assert parsed is not None
    return ImportId(parsed[1])


async def queued(bazaar: Bazaar, import_id: UUID) -> int:
    """How many facts ask the worker to begin."""
    rows = await bazaar.rows(
        "SELECT count(*) FROM outbox_event WHERE kind = 'ProductImportQueued' AND aggregate_id = $1", import_id
    )
    count: int = rows[0][0]
    return count


async def test_a_file_comes_in_parts_and_the_worker_reads_it_with_progress_and_errors(bazaar: Bazaar) -> None:
    rows = [
        a_row(f"part-{number}", f"Part {number}", **{"Variant Price": "x" if number < 3 else "1.00"}) for number in range(10)
    ]
    text = "".join(a_file(*rows))

    started = await bazaar.deed(*START, csv=text[:333], more=True)
    assert started["productImport"]["status"] == "UPLOADING"
    run = started["productImport"]["id"]
    assert await queued(bazaar, uuid_of(run)) == 0
    assert await run_import(bazaar.transact, uuid_of(run), now=NOW) is True
    assert (await bazaar.staff(RUN, id=run))["productImport"]["status"] == "UPLOADING"

    await bazaar.deed(*APPEND, importId=run, csv=text[333:777], more=True)
    last = await bazaar.deed(*APPEND, importId=run, csv=text[777:])
    assert last["productImport"] == {"id": run, "status": "QUEUED", "bytesTotal": len(text.encode())}
    assert await queued(bazaar, uuid_of(run)) == 1
    closed = await bazaar.deed(*APPEND, importId=run, csv="more")
    assert [(each["code"], each["path"]) for each in closed["userErrors"]] == [("IMPORT_CLOSED", ["input", "importId"])]

    assert await run_import(bazaar.transact, uuid_of(run), now=NOW) is True

    done = (await bazaar.staff(RUN, id=run))["productImport"]
    first_page = done.pop("errors")
    assert done == {
        "status": "DONE",
        "rowsRead": 10,
        "productsCreated": 7,
        "productsUpdated": 0,
        "productsUnchanged": 0,
        "errorsCount": 3,
        "failure": None,
        "bytesTotal": len(text.encode()),
    }
    assert first_page["nodes"] == [
        {"line": line, "column": "Variant Price", "reason": 'is no price such as 12.50: "x"'} for line in (2, 3)
    ]
    assert first_page["totalCount"] == 3
    second_page = (await bazaar.staff(RUN, id=run, after=first_page["pageInfo"]["endCursor"]))["productImport"]["errors"]
    assert [each["line"] for each in second_page["nodes"]] == [4]
    assert second_page["pageInfo"]["hasNextPage"] is False
    assert await bazaar.rows("SELECT count(*) FROM product_import_part WHERE import_id = $1", uuid_of(run)) == [(0,)]


async def test_a_run_is_begun_by_one_worker_and_taken_over_when_that_one_is_lost(bazaar: Bazaar) -> None:
    text = "".join(a_file(a_row("lost", "Lost"), a_row("lost-too", "Lost too")))
    run = uuid_of((await bazaar.deed(*START, csv=text))["productImport"]["id"])
    assert not isinstance(await bazaar.transact(actions.begin_run, import_id=run), actions.Begin)

    assert await run_import(bazaar.transact, run, now=NOW) is False
    assert await bazaar.rows("SELECT count(*) FROM product WHERE slug LIKE 'lost%'") == [(0,)]

    async with bazaar.database.writing() as connection:
        await connection.execute("UPDATE product_import SET moved_at = now() - interval '31 seconds' WHERE id = $1", run)
    assert await run_import(bazaar.transact, run, now=NOW) is True
    assert await run_import(bazaar.transact, run, now=NOW) is True
    assert await bazaar.rows("SELECT status, products_created FROM product_import WHERE id = $1", run) == [("DONE", 2)]


async def test_a_file_that_cannot_be_read_fails_the_run_with_its_reason(bazaar: Bazaar) -> None:
    started = await bazaar.deed(*START, csv="Name\nx\n")
    run = started["productImport"]["id"]
    assert await run_import(bazaar.transact, uuid_of(run), now=NOW) is True
    told = (await bazaar.staff(RUN, id=run))["productImport"]
    assert (told["status"], told["productsCreated"]) == ("FAILED", 0)
    assert told["failure"].startswith("The first line must name the columns")


async def test_only_staff_who_manage_the_catalogue_may_import(bazaar: Bazaar) -> None:
    mutation = 'mutation { productImportStart(input: {csv: "Handle"}) { userErrors { code } } }'
    assert await bazaar.api.refused(mutation) == "UNAUTHENTICATED"
    customer = (await (await a_customer(bazaar.api)).logs_in())["accessToken"]
    assert await bazaar.api.refused(mutation, token=customer) == "PERMISSION_DENIED"
    assert (await bazaar.staff(RUN, id="nonsense"))["productImport"] is None
