"""What staff do to categories and collections; every deed needs MANAGE_CATALOG."""

from __future__ import annotations

from typing import Annotated

import strawberry

from domain.catalog import grouping
from domain.catalog.grouping import GroupChanges
from domain.error import NotFound, UserError
from domain.ids import CategoryId, CollectionId, ProductId
from domain.viewer import Permission
from schema.catalog.edits import (
    CategoryCreateInput,
    CategoryDeleteInput,
    CategoryMoveInput,
    CategoryUpdateInput,
    CollectionCreateInput,
    CollectionProductsChangeInput,
    CollectionUpdateInput,
)
from schema.catalog.groups import Category, Collection
from schema.catalog.loads import load_categories, load_collections
from schema.context import Context
from schema.mutations import Answer, answered, deed
from schema.permissions import may

STAFF = may(Permission.MANAGE_CATALOG)
_CATEGORY = (Category, "The category, as it is now.")
_COLLECTION = (Collection, "The collection, as it is now.")
_NO_CATEGORY = NotFound(path=("input", "id"), what="category")
_NO_COLLECTION = NotFound(path=("input", "id"), what="collection")
_NO_PARENT = NotFound(path=("input", "parent_id"), what="category")


def _changes(
    said: CategoryCreateInput | CategoryUpdateInput | CollectionCreateInput | CollectionUpdateInput,
) -> GroupChanges:
    return GroupChanges(
        name=said.name.strip() if said.name is not None else None,
        slug=said.slug,
        description=said.description,
        seo_title=said.seo.title if said.seo is not None else None,
        seo_description=said.seo.description if said.seo is not None else None,
        position=said.position if isinstance(said, (CategoryCreateInput, CategoryUpdateInput)) else None,
        is_published=said.is_published if isinstance(said, (CollectionCreateInput, CollectionUpdateInput)) else None,
    )


async def _category(context: Context, outcome: CategoryId | UserError) -> Answer | UserError:
    if isinstance(outcome, UserError):
        return outcome
    return answered(category=(await load_categories(context, [outcome]))[0])


async def _collection(context: Context, outcome: CollectionId | UserError) -> Answer | UserError:
    if isinstance(outcome, UserError):
        return outcome
    return answered(collection=(await load_collections(context, [outcome]))[0])


def _category_id(context: Context, text: str | None) -> CategoryId | None:
    category_id = context.id_of("Category", text) if text is not None else None
    return CategoryId(category_id) if category_id is not None else None


def _collection_id(context: Context, text: str) -> CollectionId | None:
    collection_id = context.id_of("Collection", text)
    return CollectionId(collection_id) if collection_id is not None else None


@deed("Makes a category.", allow=STAFF, category=_CATEGORY)
async def category_create(
    context: Context,
    *,
    input: Annotated[CategoryCreateInput, strawberry.argument(description="The category.")],
) -> Answer | UserError:
    parent_id = _category_id(context, input.parent_id)
    if parent_id is None and input.parent_id is not None:
        return _NO_PARENT
    outcome = await context.act(grouping.create_category, changes=_changes(input), parent_id=parent_id)
    return await _category(context, outcome)


@deed("Changes what is said of a category.", allow=STAFF, category=_CATEGORY)
async def category_update(
    context: Context,
    *,
    input: Annotated[CategoryUpdateInput, strawberry.argument(description="The changes.")],
) -> Answer | UserError:
    category_id = _category_id(context, input.id)
    if category_id is None:
        return _NO_CATEGORY
    outcome = await context.act(grouping.update_category, category_id=category_id, changes=_changes(input))
    return await _category(context, outcome)


@deed("Hangs a category, with all below it, somewhere else.", allow=STAFF, category=_CATEGORY)
async def category_move(
    context: Context,
    *,
    input: Annotated[CategoryMoveInput, strawberry.argument(description="Where to.")],
) -> Answer | UserError:
    category_id = _category_id(context, input.id)
    if category_id is None:
        return _NO_CATEGORY
    parent_id = _category_id(context, input.parent_id)
    if parent_id is None and input.parent_id is not None:
        return _NO_PARENT
    outcome = await context.act(grouping.move_category, category_id=category_id, parent_id=parent_id, position=input.position)
    return await _category(context, outcome)


@deed("Removes an empty category.", allow=STAFF, deleted_id=(strawberry.ID, "The id that the category had."))
async def category_delete(
    context: Context,
    *,
    input: Annotated[CategoryDeleteInput, strawberry.argument(description="Which.")],
) -> Answer | UserError:
    category_id = _category_id(context, input.id)
    if category_id is None:
        return _NO_CATEGORY
    outcome = await context.act(grouping.delete_category, category_id=category_id)
    if isinstance(outcome, UserError):
        return outcome
    return answered(deleted_id=input.id)


@deed("Makes an empty collection.", allow=STAFF, collection=_COLLECTION)
async def collection_create(
    context: Context,
    *,
    input: Annotated[CollectionCreateInput, strawberry.argument(description="The collection.")],
) -> Answer | UserError:
    return await _collection(context, await context.act(grouping.create_collection, changes=_changes(input)))


@deed("Changes what is said of a collection.", allow=STAFF, collection=_COLLECTION)
async def collection_update(
    context: Context,
    *,
    input: Annotated[CollectionUpdateInput, strawberry.argument(description="The changes.")],
) -> Answer | UserError:
    collection_id = _collection_id(context, input.id)
    if collection_id is None:
        return _NO_COLLECTION
    outcome = await context.act(grouping.update_collection, collection_id=collection_id, changes=_changes(input))
    return await _collection(context, outcome)


@deed("Puts products into a collection and takes others out.", allow=STAFF, collection=_COLLECTION)
async def collection_products_change(
    context: Context,
    *,
    input: Annotated[CollectionProductsChangeInput, strawberry.argument(description="Which.")],
) -> Answer | UserError:
    collection_id = _collection_id(context, input.id)
    if collection_id is None:
        return _NO_COLLECTION
    add = [context.id_of("Product", each) for each in input.add]
    if None in add:
        return NotFound(path=("input", "add", str(add.index(None))), what="product")
    remove = [context.id_of("Product", each) for each in input.remove]
    outcome = await context.act(
        grouping.change_collected,
        collection_id=collection_id,
        add=[ProductId(each) for each in add if each is not None],
        remove=[ProductId(each) for each in remove if each is not None],
    )
    return await _collection(context, outcome)
