"""What one transaction of the product import does: take a part of a file, write a batch of products, note progress."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.catalog.model import ImportProgress, ImportRun, ImportStatus, RowError
from domain.catalog.store import CatalogStore
from domain.error import Invalid, NotFound
from domain.ids import ChannelId, ImportId, ProductId, VariantId, WarehouseId, new_id
from domain.imports.errors import ImportClosed, ImportTooLarge
from domain.imports.events import ProductImportQueued
from domain.imports.matching import sku_of
from domain.imports.model import Sheet
from domain.imports.rules import Known, Planned, plan
from domain.money import Currency
from domain.stock.model import MovementReason
from domain.unit import Unit
from domain.viewer import Viewer, actor_name

UPLOAD_BYTES_MAX = 64 * 1024 * 1024
"""Of a file that is uploaded in parts. The command line takes files of any size."""

ABANDONED_AFTER = timedelta(seconds=30)
"""How long a run may stand still before another worker takes it; a batch takes well under a second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where imported prices and stock go, and in whose name."""

    channel_id: ChannelId
    currency: Currency
    warehouse_id: WarehouseId
    actor: str


async def start_import(unit: Unit, *, content: str, more: bool, by: Viewer) -> ImportRun | Invalid | ImportTooLarge:
    """Begins a run with the first part of its file. Without `more` the file is whole, and the worker is told."""
    places = await unit.catalog.imports.places()
    if places is None:
        return Invalid(path=("input",), reason="The shop has no channel or no warehouse yet.")
    run = ImportRun(
        id=ImportId(new_id()),
        status=ImportStatus.UPLOADING,
        started_by=actor_name(by),
        channel_id=places[0],
        warehouse_id=places[1],
    )
    await unit.catalog.imports.add(run)
    return await _take(unit, run, content=content, more=more)


async def append_import(
    unit: Unit, *, import_id: ImportId, content: str, more: bool
) -> ImportRun | Invalid | NotFound | ImportClosed | ImportTooLarge:
    """Takes the next part of a run's file."""
    run = await unit.catalog.imports.lock(import_id)
    if run is None:
        return NotFound(path=("input", "import_id"), what="import")
    if run.status is not ImportStatus.UPLOADING:
        return ImportClosed(path=("input", "import_id"), status=run.status.value)
    return await _take(unit, run, content=content, more=more)


async def _take(unit: Unit, run: ImportRun, *, content: str, more: bool) -> ImportRun | Invalid | ImportTooLarge:
    try:
        piece = content.encode()
    except UnicodeEncodeError:
        return Invalid(path=("input", "csv"), reason="This contains characters that are no text.")
    if run.bytes_total + len(piece) > UPLOAD_BYTES_MAX:
        return ImportTooLarge(path=("input", "csv"), bytes_max=UPLOAD_BYTES_MAX)
    await unit.catalog.imports.append(run.id, piece)
    status = ImportStatus.UPLOADING if more else ImportStatus.QUEUED
    taken = replace(run, status=status, bytes_total=run.bytes_total + len(piece))
    await unit.catalog.imports.save(taken)
    if not more:
        unit.announce(ProductImportQueued(import_id=run.id))
    return taken


async def target_of(unit: Unit, *, channel_id: ChannelId, warehouse_id: WarehouseId, actor: str) -> Target | NotFound:
    """The target of an import: prices are in the channel's own currency."""
    if not await unit.catalog.imports.place_exists(channel_id, warehouse_id):
        return NotFound(what="channel or warehouse")
    currencies = await unit.prices.currencies_of([channel_id])
    return Target(channel_id=channel_id, currency=currencies[channel_id][0], warehouse_id=warehouse_id, actor=actor)


async def write_batch(unit: Unit, *, sheets: Sequence[Sheet], target: Target, now: datetime) -> list[Planned]:
    """Compares sheets with the shop and writes the differences, in a fixed number of statements; each sheet's plan.

    No handle may occur twice. Names are claimed first, so that two imports of one file do not make a product twice.
    """
    catalog = unit.catalog
    await catalog.products.claim_names()
    known = await _known(unit, sheets, target)
    holders = await _holders(catalog, sheets, known)
    plans: list[Planned] = []
    for sheet in sheets:
        description = sheet.text.description if sheet.text is not None else None
        planned = plan(
            sheet,
            known[sheet.handle],
            description=catalog.products.cleaned(description) if description is not None else None,
            holders=holders,
            channel_id=target.channel_id,
            currency=target.currency,
            now=now,
        )
        holders |= {variant.sku: sheet.handle for variant in planned.variants}
        plans.append(planned)
    await _write(unit, plans, target)
    return plans


async def _known(unit: Unit, sheets: Sequence[Sheet], target: Target) -> dict[str, Known]:
    """What the shop has of each sheet's product, locked."""
    catalog = unit.catalog
    products = await catalog.products.lock_by_slugs([sheet.handle for sheet in sheets])
    product_ids = [product.id for product in products.values()]
    options = await catalog.products.options_of(product_ids)
    images = await catalog.products.images_of(product_ids)
    variants = await catalog.variants.of_products(product_ids)
    prices = await unit.prices.of_variants(
        [variant.id for those in variants.values() for variant in those],
        channel_id=target.channel_id,
        currency=target.currency,
    )
    return {
        sheet.handle: Known()
        if (product := products.get(sheet.handle)) is None
        else Known(
            product=product,
            options=options.get(product.id, ()),
            images=images.get(product.id, ()),
            variants=variants.get(product.id, ()),
            prices=prices,
        )
        for sheet in sheets
    }


async def _holders(catalog: CatalogStore, sheets: Sequence[Sheet], known: Mapping[str, Known]) -> dict[str, str]:
    """The handle of each SKU that is taken; of a product outside the batch, its id stands in."""
    handles = {each.product.id: handle for handle, each in known.items() if each.product is not None}
    asked = {sku_of(sheet.handle, variant) for sheet in sheets for variant in sheet.variants}
    return {
        sku: handles.get(product_id, f"with the id {product_id}")
        for sku, (_, product_id) in (await catalog.variants.holders_of_skus(asked)).items()
    }


async def _write(unit: Unit, plans: Sequence[Planned], target: Target) -> None:
    """Writes what changes, each kind of row in one go."""
    products, variants = unit.catalog.products, unit.catalog.variants
    taken = [each for each in plans if each.product is not None]
    changed = [(each.product, each) for each in taken if each.product is not None and each.is_changed]
    types = {product.product_type for product, each in changed if each.takes_category_of_type}
    categories = await unit.catalog.categories.ensure_roots(types) if types else {}
    filed = {product.id: categories[product.product_type] for product, each in changed if each.takes_category_of_type}
    if changed:
        await products.save(
            [replace(product, category_id=filed.get(product.id, product.category_id)) for product, _ in changed]
        )
    if options := {product.id: each.options for product, each in changed if each.options is not None}:
        await products.set_options(options)
    if images := {product.id: each.images for product, each in changed if each.images is not None}:
        await products.set_images(images)
    if written := [variant for each in taken for variant in each.variants]:
        await variants.save(written, renamed=[variant_id for each in taken for variant_id in each.renamed])
    if filed:
        await products.add_to_categories(list(filed.items()))
    if prices := [price for each in taken for price in each.prices]:
        await unit.prices.save(prices)
    touched: list[ProductId] = [product.id for product, _ in changed]
    if touched:
        await unit.prices.relist(touched)
        await products.reindex(touched)
    levels: list[tuple[VariantId, WarehouseId, int]] = [
        (variant_id, target.warehouse_id, quantity) for each in taken for variant_id, quantity in each.levels
    ]
    if levels:
        await unit.stock.set_on_hand(levels, reason=MovementReason.IMPORTED, actor=target.actor)


class Begin(enum.Enum):
    """Why a run is not begun."""

    OVER = "OVER"
    UNDER_WAY = "UNDER_WAY"


async def begin_run(unit: Unit, *, import_id: ImportId) -> ImportRun | Begin:
    """Takes a run for this worker and starts it afresh; OVER also when there is no such run, or its file is not whole."""
    run = await unit.catalog.imports.lock(import_id)
    if run is None or run.status not in (ImportStatus.QUEUED, ImportStatus.RUNNING):
        return Begin.OVER
    begun = await unit.catalog.imports.restart(import_id, abandoned_after=ABANDONED_AFTER)
    return run if begun else Begin.UNDER_WAY


async def read_part(unit: Unit, *, import_id: ImportId, position: int) -> bytes | None:
    """A part of a run's file; None past its end."""
    return await unit.catalog.imports.part(import_id, position)


async def note_progress(
    unit: Unit, *, import_id: ImportId, progress: ImportProgress, errors: Sequence[RowError], kept: int
) -> None:
    """Writes how far a run has come, so that its uploader may watch."""
    await unit.catalog.imports.progress(import_id, progress, errors, kept=kept)


async def end_run(unit: Unit, *, import_id: ImportId, failure: str | None) -> None:
    """Ends a run."""
    await unit.catalog.imports.finish(import_id, failure=failure)
