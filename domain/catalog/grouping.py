"""What staff do to categories and collections: one transaction each; the caller holds MANAGE_CATALOG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from domain.catalog import checks
from domain.catalog.errors import CategoryCycle, CategoryNotEmpty, SlugTaken
from domain.catalog.model import Category, Collection, Seo
from domain.catalog.rules import DEPTH_MAX
from domain.error import Invalid, NotFound, Several
from domain.ids import CategoryId, CollectionId, ProductId, new_id
from domain.unit import Unit

PRODUCTS_AT_ONCE_MAX = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChanges:
    """What is to be said of a category or a collection; None leaves it as it is. An empty SEO text takes it away."""

    name: str | None = None
    slug: str | None = None
    description: str | None = None
    seo_title: str | None = None
    seo_description: str | None = None
    position: int | None = None
    is_published: bool | None = None


async def create_category(
    unit: Unit, *, changes: GroupChanges, parent_id: CategoryId | None
) -> CategoryId | Invalid | Several | NotFound | SlugTaken:
    """Makes a category below a parent, or as a root."""
    if failure := checks.group(changes, is_new=True):
        return failure
    categories = unit.catalog.categories
    await categories.lock_tree()
    if parent_id is not None:
        if not await categories.find([parent_id]):
            return NotFound(path=("input", "parent_id"), what="category")
        if await categories.depth_of(parent_id) + 1 >= DEPTH_MAX:
            return Invalid(path=("input", "parent_id"), reason=f"The tree has {DEPTH_MAX} levels at most.")
    if changes.slug is not None and await categories.holder_of_slug(changes.slug) is not None:
        return SlugTaken(path=("input", "slug"), slug=changes.slug)
    name = changes.name or ""
    slug = changes.slug or await categories.free_slug(name)
    category = Category(id=CategoryId(new_id()), slug=slug, name=name, parent_id=parent_id)
    await categories.add([_changed_category(unit, category, changes)])
    return category.id


async def update_category(
    unit: Unit, *, category_id: CategoryId, changes: GroupChanges
) -> CategoryId | Invalid | Several | NotFound | SlugTaken:
    """Changes what is said of a category; where it hangs is `move_category`'s business."""
    if failure := checks.group(changes, is_new=False):
        return failure
    categories = unit.catalog.categories
    await categories.lock_tree()
    category = (await categories.find([category_id])).get(category_id)
    if category is None:
        return NotFound(path=("input", "id"), what="category")
    if changes.slug is not None and await categories.holder_of_slug(changes.slug) not in (None, category_id):
        return SlugTaken(path=("input", "slug"), slug=changes.slug)
    await categories.save(_changed_category(unit, category, changes))
    return category_id


async def move_category(
    unit: Unit, *, category_id: CategoryId, parent_id: CategoryId | None, position: int
) -> CategoryId | NotFound | Invalid | CategoryCycle:
    """Hangs a category, with all below it, below another parent, or makes it a root."""
    categories = unit.catalog.categories
    await categories.lock_tree()
    found = await categories.find([each for each in (category_id, parent_id) if each is not None])
    if category_id not in found:
        return NotFound(path=("input", "id"), what="category")
    if parent_id is not None:
        if parent_id not in found:
            return NotFound(path=("input", "parent_id"), what="category")
        if await categories.is_within(parent_id, category_id):
            return CategoryCycle(path=("input", "parent_id"))
        if await categories.depth_of(parent_id) + 1 + await categories.height_of(category_id) >= DEPTH_MAX:
            return Invalid(path=("input", "parent_id"), reason=f"The tree has {DEPTH_MAX} levels at most.")
    await categories.move(category_id, parent_id=parent_id, position=position)
    return category_id


async def delete_category(unit: Unit, *, category_id: CategoryId) -> CategoryId | NotFound | CategoryNotEmpty:
    """Removes a category that holds neither products nor categories."""
    categories = unit.catalog.categories
    await categories.lock_tree()
    if not await categories.find([category_id]):
        return NotFound(path=("input", "id"), what="category")
    below, products = await categories.contents(category_id)
    if below or products:
        return CategoryNotEmpty(path=("input", "id"), categories=below, products=products)
    await categories.remove(category_id)
    return category_id


async def create_collection(unit: Unit, *, changes: GroupChanges) -> CollectionId | Invalid | Several | NotFound | SlugTaken:
    """Makes an empty collection."""
    if failure := checks.group(changes, is_new=True):
        return failure
    collections = unit.catalog.collections
    await collections.claim_names()
    if changes.slug is not None and await collections.holder_of_slug(changes.slug) is not None:
        return SlugTaken(path=("input", "slug"), slug=changes.slug)
    name = changes.name or ""
    collection = Collection(id=CollectionId(new_id()), slug=changes.slug or await collections.free_slug(name), name=name)
    await collections.save([_changed_collection(unit, collection, changes)])
    return collection.id


async def update_collection(
    unit: Unit, *, collection_id: CollectionId, changes: GroupChanges
) -> CollectionId | Invalid | Several | NotFound | SlugTaken:
    """Changes what is said of a collection."""
    if failure := checks.group(changes, is_new=False):
        return failure
    collections = unit.catalog.collections
    await collections.claim_names()
    collection = await collections.lock(collection_id)
    if collection is None:
        return NotFound(path=("input", "id"), what="collection")
    if changes.slug is not None and await collections.holder_of_slug(changes.slug) not in (None, collection_id):
        return SlugTaken(path=("input", "slug"), slug=changes.slug)
    await collections.save([_changed_collection(unit, collection, changes)])
    return collection_id


async def change_collected(
    unit: Unit, *, collection_id: CollectionId, add: Sequence[ProductId], remove: Sequence[ProductId]
) -> CollectionId | NotFound | Invalid:
    """Puts products at the end of a collection, and takes others out."""
    if len(add) > PRODUCTS_AT_ONCE_MAX or len(remove) > PRODUCTS_AT_ONCE_MAX:
        return Invalid(path=("input",), reason=f"Change {PRODUCTS_AT_ONCE_MAX} products at a time at most.")
    found = await unit.catalog.products.lock(add)
    for place, product_id in enumerate(add):
        if product_id not in found:
            return NotFound(path=("input", "add", str(place)), what="product")
    if await unit.catalog.collections.lock(collection_id) is None:
        return NotFound(path=("input", "id"), what="collection")
    await unit.catalog.collections.remove_products(collection_id, remove)
    await unit.catalog.collections.add_products(collection_id, list(dict.fromkeys(add)))
    return collection_id


def _seo(seo: Seo, changes: GroupChanges) -> Seo:
    return Seo(
        title=seo.title if changes.seo_title is None else changes.seo_title or None,
        description=seo.description if changes.seo_description is None else changes.seo_description or None,
    )


def _changed_category(unit: Unit, category: Category, changes: GroupChanges) -> Category:
    return replace(
        category,
        name=changes.name if changes.name is not None else category.name,
        slug=changes.slug if changes.slug is not None else category.slug,
        position=changes.position if changes.position is not None else category.position,
        description=_description(unit, changes.description, category.description),
        seo=_seo(category.seo, changes),
    )


def _changed_collection(unit: Unit, collection: Collection, changes: GroupChanges) -> Collection:
    return replace(
        collection,
        name=changes.name if changes.name is not None else collection.name,
        slug=changes.slug if changes.slug is not None else collection.slug,
        is_published=changes.is_published if changes.is_published is not None else collection.is_published,
        description=_description(unit, changes.description, collection.description),
        seo=_seo(collection.seo, changes),
    )


def _description(unit: Unit, said: str | None, before: str) -> str:
    return before if said is None else unit.catalog.products.cleaned(said)
