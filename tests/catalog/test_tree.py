"""The category tree through the API: paths of any depth, moves, cycles, and products counted once."""

from __future__ import annotations

from typing import Any

from tests.makers.catalog import Bazaar, a_row


async def a_category(bazaar: Bazaar, name: str, parent: str | None = None) -> str:
    """The id of a new category."""
    done = await bazaar.deed("categoryCreate", "CategoryCreateInput", "category { id }", name=name, parentId=parent)
    assert done["userErrors"] == []
    made: str = done["category"]["id"]
    return made


async def told(bazaar: Bazaar, category_id: str) -> dict[str, Any]:
    """What a visitor sees of a category."""
    found = await bazaar.api.ask(
        """query($id: ID!) { category(id: $id) {
          path parent { name } ancestors { name } children { name } descendants { name } products { totalCount nodes { slug } }
        } }""",
        id=category_id,
    )
    category: dict[str, Any] = found["category"]
    return category


async def test_a_chain_of_fifty_is_read_and_moved_in_a_constant_number_of_statements(bazaar: Bazaar) -> None:
    chain = [await a_category(bazaar, "Level 1")]
    for level in range(2, 51):
        chain.append(await a_category(bazaar, f"Level {level}", chain[-1]))
    bazaar.api.opened.clear()

    bottom = await told(bazaar, chain[-1])

    assert bottom["path"] == " / ".join(f"Level {level}" for level in range(1, 51))
    assert [each["name"] for each in bottom["ancestors"]] == [f"Level {level}" for level in range(1, 50)]
    assert sum(context.reader.statements for context in bazaar.api.opened) <= 8
    assert len((await told(bazaar, chain[0]))["descendants"]) == 49

    new_root = await a_category(bazaar, "Elsewhere")
    before = bazaar.transact.statements
    done = await bazaar.deed(
        "categoryMove", "CategoryMoveInput", "category { path parent { name } }", id=chain[1], parentId=new_root
    )
    assert done == {"category": {"path": "Elsewhere / Level 2", "parent": {"name": "Elsewhere"}}, "userErrors": []}
    assert bazaar.transact.statements - before <= 8
    assert (await told(bazaar, chain[-1]))["path"].startswith("Elsewhere / Level 2 / Level 3")
    assert (await told(bazaar, chain[0]))["descendants"] == []


async def test_a_category_cannot_come_to_lie_below_itself(bazaar: Bazaar) -> None:
    top = await a_category(bazaar, "Top")
    middle = await a_category(bazaar, "Middle", top)
    bottom = await a_category(bazaar, "Bottom", middle)

    for parent in (top, middle, bottom):
        done = await bazaar.deed("categoryMove", "CategoryMoveInput", "category { id }", id=top, parentId=parent)
        assert done["category"] is None
        assert [(each["code"], each["path"]) for each in done["userErrors"]] == [("CATEGORY_CYCLE", ["input", "parentId"])]

    assert (await told(bazaar, bottom))["path"] == "Top / Middle / Bottom"


async def test_a_product_in_two_branches_is_counted_once_and_shows_under_both(bazaar: Bazaar) -> None:
    root = await a_category(bazaar, "House")
    left, right = await a_category(bazaar, "Left", root), await a_category(bazaar, "Right", root)
    await bazaar.sells(a_row("vase", "Vase"))
    vase = (await bazaar.api.ask('{ product(slug: "vase") { id } }'))["product"]["id"]

    done = await bazaar.deed(
        "productCategoriesSet",
        "ProductCategoriesSetInput",
        "product { category { name } categories { name } }",
        id=vase,
        categoryIds=[right, left],
    )

    assert done["product"] == {"category": {"name": "Right"}, "categories": [{"name": "Left"}, {"name": "Right"}]}
    for category in (root, left, right):
        assert (await told(bazaar, category))["products"] == {"totalCount": 1, "nodes": [{"slug": "vase"}]}

    refused = await bazaar.deed("categoryDelete", "CategoryDeleteInput", "deletedId", id=root)
    assert [each["code"] for each in refused["userErrors"]] == ["CATEGORY_NOT_EMPTY"]
    await bazaar.deed("productCategoriesSet", "ProductCategoriesSetInput", "product { id }", id=vase, categoryIds=[right])
    deleted = await bazaar.deed("categoryDelete", "CategoryDeleteInput", "deletedId", id=left)
    assert deleted == {"deletedId": left, "userErrors": []}
    assert await told(bazaar, left) is None
    assert [each["name"] for each in (await told(bazaar, root))["children"]] == ["Right"]


async def test_slugs_are_made_from_names_and_stay_unique(bazaar: Bazaar) -> None:
    made = [
        (await bazaar.deed("categoryCreate", "CategoryCreateInput", "category { slug }", name="Über Größe"))["category"]["slug"]
        for _ in range(3)
    ]
    assert made == ["uber-grosse", "uber-grosse-2", "uber-grosse-3"]
    taken = await bazaar.deed("categoryCreate", "CategoryCreateInput", "category { id }", name="X", slug="uber-grosse")
    assert [(each["code"], each["path"]) for each in taken["userErrors"]] == [("SLUG_TAKEN", ["input", "slug"])]
    bad = await bazaar.deed("categoryCreate", "CategoryCreateInput", "category { id }", name=" ", slug="No Slug")
    assert [(each["code"], each["path"]) for each in bad["userErrors"]] == [
        ("INVALID", ["input", "name"]),
        ("INVALID", ["input", "slug"]),
    ]
