"""The import of Shopify's product CSV: whole and right, twice without a change, bad rows told and good ones kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from domain.catalog.model import ImportProgress, RowError
from domain.ids import ChannelId, WarehouseId
from domain.imports.flows import import_products
from tests.conftest import NOW
from tests.makers.catalog import HEADER, Bazaar, a_file, a_row


def told(errors: tuple[RowError, ...]) -> list[tuple[int, str, str]]:
    """Errors as tuples."""
    return [(each.line, each.column, each.reason) for each in errors]


async def everything(bazaar: Bazaar) -> list[list[tuple[object, ...]]]:
    """All rows that an import may touch."""
    tables = ("product", "variant", "product_image", "product_option", "product_category", "price", "listing", "stock",
              "stock_movement", "category")  # fmt: skip
    return [await bazaar.rows(f"SELECT * FROM {table} AS t ORDER BY t::text") for table in tables]


async def test_the_real_export_is_taken_whole_and_a_second_run_changes_nothing(
    bazaar: Bazaar, shared_data: Path | None
) -> None:
    if shared_data is None or not (file := shared_data / "shopify-apparel.csv").is_file():
        return  # it may not be handed on, so it lies beside some checkouts only
    with file.open(encoding="utf-8", newline="") as lines:
        first = await bazaar.imports(lines)
    assert first.progress == ImportProgress(rows=22, created=20)
    assert (first.failure, first.errors) == (None, ())
    assert await bazaar.rows(
        """SELECT v.sku, v.name, v.tracks_stock, p.amount, s.on_hand FROM variant v JOIN product o ON o.id = v.product_id
        JOIN price p ON p.variant_id = v.id JOIN stock s ON s.variant_id = v.id
        WHERE o.slug IN ('classic-varsity-top', 'ocean-blue-shirt') ORDER BY o.slug, v.position"""
    ) == [
        ("classic-varsity-top:small", "Small", False, 6000, 1),
        ("classic-varsity-top:medium", "Medium", False, 6000, 1),
        ("classic-varsity-top:large", "Large", False, 6000, 1),
        ("ocean-blue-shirt", "Ocean Blue Shirt", False, 5000, 1),
    ]
    assert await bazaar.rows("SELECT tags, vendor, status FROM product WHERE slug = 'ocean-blue-shirt'") == [
        (["men"], "partners-demo", "ACTIVE")
    ]
    before = await everything(bazaar)

    with file.open(encoding="utf-8", newline="") as lines:
        second = await bazaar.imports(lines)

    assert second.progress == ImportProgress(rows=22, unchanged=20)
    assert await everything(bazaar) == before


async def test_a_byte_order_mark_any_line_end_and_any_cut_are_read_alike(bazaar: Bazaar) -> None:
    text = "".join(a_file(a_row("bom", "Bom\nFräse", Tags="a, b", **{"Body (HTML)": 'say "hi"\r\nthere'})))
    for number, (raw, size) in enumerate(
        [(("\ufeff" + text).encode(), 7), (text.replace("\r\n", "\n").encode(), 1), (text.rstrip().encode(), 10**6)]
    ):

        async def pieces(raw: bytes = raw, size: int = size) -> AsyncIterator[bytes]:
            for start in range(0, len(raw), size):
                yield raw[start : start + size]

        async def silent(progress: ImportProgress, errors: object) -> None:
            del progress, errors

        report = await import_products(
            bazaar.transact,
            pieces(),
            channel_id=ChannelId(bazaar.channel_id),
            warehouse_id=WarehouseId(bazaar.warehouse_id),
            actor="machine:test",
            now=NOW,
            progress=silent,
        )
        assert (report.failure, report.errors) == (None, ())
        assert report.progress.created == (1 if number == 0 else 0)
    assert (await bazaar.rows("SELECT name FROM product WHERE slug = 'bom'"))[0][0] == "Bom\nFräse"


async def test_each_bad_row_is_told_with_line_column_and_reason_and_the_good_ones_stay(bazaar: Bazaar) -> None:
    report = await bazaar.imports(
        a_file(
            a_row("good", "Good", **{"Variant SKU": "GOOD"}),
            a_row("mixed", "Mixed", **{"Option1 Name": "Size", "Option1 Value": "S", "Variant SKU": "MIX-S"}),
            a_row("mixed", **{"Option1 Value": "M", "Variant SKU": "MIX-M", "Variant Price": "12,50"}),
            a_row("mixed", **{"Option1 Value": "L", "Variant SKU": "MIX-L", "Variant Price": "9.999"}),
            a_row("mixed", **{"Option1 Value": "XL", "Variant SKU": "MIX-XL", "Variant Inventory Qty": -3}),
            a_row("mixed", **{"Option1 Value": "S", "Variant SKU": "MIX-2"}),
            a_row("mixed", **{"Option1 Value": "", "Variant SKU": "MIX-3"}),
            a_row("mixed", **{"Option1 Value": "XXL", "Option2 Value": "Red", "Variant SKU": "MIX-4"}),
            a_row("mixed", **{"Option1 Value": "3XL", "Variant SKU": "MIX-S"}),
            a_row("thief", "Thief", **{"Variant SKU": "GOOD"}),
            a_row("badly", "Badly", Published="perhaps"),
            a_row("badly", **{"Option1 Value": "M"}),
            a_row("", "No handle"),
            a_row("untitled", **{"Variant SKU": "UNT"}),
            a_row("formula", '=HYPERLINK("http://x")', **{"Variant SKU": "=1+1", "Variant Inventory Qty": "=1+1"}),
            a_row("infinite", "Infinite", **{"Variant Price": "1e3"}),
            a_row("picture", "Picture", **{"Image Src": "javascript:alert(1)"}),
        )
    )

    assert told(report.errors) == [
        (4, "Variant Price", 'is no price such as 12.50: "12,50"'),
        (5, "Variant Price", 'has more decimals than EUR: "9.999"'),
        (6, "Variant Inventory Qty", 'is less than nothing: "-3"'),
        (7, "Option1 Value", "has the same options as line 3"),
        (8, "Option1 Value", 'is missing: the product has the option "Size"'),
        (9, "Option2 Value", 'belongs to no option of the product: "Red"'),
        (10, "Variant SKU", 'is on line 3 already: "MIX-S"'),
        (11, "Variant SKU", 'belongs to the product good: "GOOD"'),
        (12, "Published", 'is neither true nor false: "perhaps"'),
        (13, "Handle", "belongs to badly, which is left out because of line 12"),
        (14, "Handle", "is missing"),
        (15, "Title", "is missing, and there is no product untitled yet"),
        (16, "Variant Inventory Qty", 'is no whole number: "=1+1"'),
        (17, "Variant Price", 'is no price such as 12.50: "1e3"'),
        (18, "Image Src", 'is no http or https URL: "javascript:alert(1)"'),
    ]
    assert report.progress.errors == 15
    assert report.progress.created == 3
    made = await bazaar.rows(
        "SELECT p.slug, v.sku FROM product p JOIN variant v ON v.product_id = p.id "
        "WHERE p.slug IN ('good', 'mixed', 'thief', 'badly', 'untitled', 'formula', 'infinite', 'picture') ORDER BY 1, 2"
    )
    assert made == [("good", "GOOD"), ("mixed", "MIX-S"), ("picture", "picture")]


async def test_quotation_marks_that_do_not_match_cost_their_line_only(bazaar: Bazaar) -> None:
    lines = a_file(a_row("quote-1", "One"), a_row("quote-2", "Two"), a_row("quote-3", "Three"), a_row("quote-4", "Four"))
    lines[1] = lines[1].replace("One", '"One')
    lines[3] = lines[3].replace("Three", '"Th"ree')
    report = await bazaar.imports(lines)
    assert told(report.errors) == [
        (2, "", "has quotation marks that do not match"),
        (4, "", "has quotation marks that do not match"),
    ]
    assert await bazaar.rows("SELECT slug FROM product WHERE slug LIKE 'quote-%' ORDER BY 1") == [("quote-2",), ("quote-4",)]


async def test_a_file_that_is_no_product_csv_fails_as_a_whole(bazaar: Bazaar) -> None:
    assert (await bazaar.imports([])).failure == "The file is empty."
    wrong = await bazaar.imports(["Name,Price\r\n", "x,1\r\n"])
    assert wrong.failure == "The first line must name the columns as Shopify's product export does; Handle is missing."
    short = await bazaar.imports([",".join(HEADER) + "\r\n", "short,Short\r\n"])
    assert told(short.errors) == [(2, "", "has 2 cells where the header has 22")]


async def test_a_second_file_changes_what_it_says_and_leaves_the_rest(bazaar: Bazaar) -> None:
    await bazaar.sells(
        a_row("again", "Again", Tags="old", **{"Option1 Name": "Size", "Option1 Value": "S", "Variant SKU": "AG-S",
              "Image Src": "https://i.example/1"}),
        a_row("again", **{"Option1 Value": "M", "Variant SKU": "AG-M", "Image Src": "https://i.example/2"}),
        a_row("again", **{"Option1 Value": "L", "Variant SKU": "AG-L"}),
    )  # fmt: skip
    ids = dict(await bazaar.rows("SELECT sku, id FROM variant WHERE sku LIKE 'AG-%'"))

    # The sizes of two SKUs change places, a third gets another SKU, a picture comes first, a price and the stock change.
    report = await bazaar.imports(
        a_file(
            a_row("again", "Again!", Tags="new", **{"Option1 Name": "Size", "Option1 Value": "M", "Variant SKU": "AG-S",
                  "Variant Price": "11.00", "Image Src": "https://i.example/3"}),
            a_row("again", **{"Option1 Value": "S", "Variant SKU": "AG-M", "Variant Inventory Qty": 9}),
            a_row("again", **{"Option1 Value": "L", "Variant SKU": "AG-LARGE"}),
        )
    )  # fmt: skip

    assert (report.errors, report.progress.updated) == ((), 1)
    rows = await bazaar.rows(
        "SELECT v.id, v.sku, v.option1, p.amount, s.on_hand FROM variant v JOIN product o ON o.id = v.product_id "
        "JOIN price p ON p.variant_id = v.id JOIN stock s ON s.variant_id = v.id WHERE o.slug = 'again' ORDER BY v.position"
    )
    assert rows == [
        (ids["AG-S"], "AG-S", "M", 1100, 5),
        (ids["AG-M"], "AG-M", "S", 1000, 9),
        (ids["AG-L"], "AG-LARGE", "L", 1000, 5),
    ]
    assert await bazaar.rows(
        "SELECT i.url FROM product_image i JOIN product p ON p.id = i.product_id WHERE p.slug = 'again' ORDER BY i.position"
    ) == [("https://i.example/3",), ("https://i.example/1",), ("https://i.example/2",)]
    assert await bazaar.rows("SELECT name, tags, version FROM product WHERE slug = 'again'") == [("Again!", ["new"], 2)]
    assert await bazaar.rows(
        "SELECT price_min, price_max FROM listing l JOIN product p ON p.id = l.product_id WHERE p.slug = 'again'"
    ) == [(1000, 1100)]
    assert await bazaar.rows(
        "SELECT count(*) FROM stock s WHERE on_hand <> (SELECT coalesce(sum(delta), 0) FROM stock_movement m "
        "WHERE (m.variant_id, m.warehouse_id) = (s.variant_id, s.warehouse_id))"
    ) == [(0,)]


async def test_two_imports_of_one_file_at_once_make_each_product_once(bazaar: Bazaar) -> None:
    lines = a_file(*(a_row(f"twice-{number}", f"Twice {number}", Type="Twins") for number in range(250)))

    reports = await asyncio.gather(bazaar.imports(lines), bazaar.imports(lines))

    assert [report.errors for report in reports] == [(), ()]
    assert sum(report.progress.created for report in reports) == 250
    assert sum(report.progress.unchanged for report in reports) == 250
    assert await bazaar.rows("SELECT count(*), count(DISTINCT slug) FROM product WHERE product_type = 'Twins'") == [(250, 250)]
    assert await bazaar.rows("SELECT count(*) FROM category WHERE name = 'Twins'") == [(1,)]


def many_rows(products: int, each: int) -> Iterator[str]:
    """A generated file, a line at a time."""
    yield from a_file()
    for number in range(products):
        for place in range(each):
            cells = {"Option1 Value": f"S{place}", "Variant SKU": f"MANY-{number}-{place}", "Variant Price": "19.99"}
            first = {"Option1 Name": "Size", "Body (HTML)": "<p>Text</p>", "Vendor": "Acme", "Tags": "a, b"}
            yield a_file(
                a_row(f"many-{number}", f"Many {number}" if place == 0 else "", **cells, **(first if place == 0 else {}))
            )[1]


async def test_ten_thousand_rows_take_seconds_and_a_constant_number_of_statements_a_batch(bazaar: Bazaar) -> None:
    begun, before = time.monotonic(), bazaar.transact.statements

    first = await bazaar.imports(many_rows(2_500, 4))

    assert first.progress == ImportProgress(rows=10_000, created=2_500)
    assert bazaar.transact.statements - before <= 25 * 25 + 5
    again = await bazaar.imports(many_rows(2_500, 4))
    assert again.progress == ImportProgress(rows=10_000, unchanged=2_500)
    assert time.monotonic() - begun < 120
