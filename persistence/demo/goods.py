"""The generated part of the demo catalogue: a tree of categories and believable products, the same ones every time."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.catalog.model import (
    Attribute,
    AttributeKind,
    Category,
    Collection,
    Image,
    Options,
    Product,
    ProductStatus,
    Variant,
)
from domain.catalog.rules import variant_name
from domain.ids import CategoryId, CollectionId, ProductId, VariantId
from persistence.catalog.slugs import slug_of
from persistence.demo.identity import demo_id

SEED = 2026
_TREE: dict[str, dict[str, tuple[str, ...]]] = {
    "Clothing": {
        "Tops": ("T-Shirt", "Shirt", "Jumper"),
        "Bottoms": ("Trousers", "Skirt", "Shorts"),
        "Outerwear": ("Coat", "Jacket", "Vest"),
    },
    "Home": {
        "Kitchen": ("Mug", "Bowl", "Carafe", "Apron"),
        "Living": ("Cushion", "Blanket", "Vase"),
        "Lighting": ("Lamp", "Lantern", "Candle Holder"),
    },
    "Outdoor": {
        "Camping": ("Tent Light", "Camp Stool", "Sleeping Mat"),
        "Garden": ("Planter", "Watering Can", "Trowel"),
    },
    "Office": {
        "Writing": ("Notebook", "Pen", "Pencil Case"),
        "Desk": ("Tray", "Bookend", "Desk Pad"),
    },
}
_SIZED = {"Tops", "Bottoms", "Outerwear"}
_SIZES = ("XS", "S", "M", "L", "XL")
_COLOURS = ("Black", "White", "Moss", "Sand", "Rust", "Sky", "Plum", "Ochre")
_MOODS = ("Quiet", "Coastal", "Northern", "Everyday", "Copper", "Meadow", "Harvest", "Evening", "Lakeside", "Alpine", "Studio",
          "Harbour", "Winter", "Garden", "Morning", "Slate")  # fmt: skip
_MATERIALS = ("Linen", "Cotton", "Wool", "Oak", "Stoneware", "Steel", "Canvas", "Cork", "Felt", "Bamboo")
_VENDORS = ("North Quay", "Atelier Binnen", "Tonwerk", "Holzmann", "Fernweg", "Papierhaus", "Lumen & Co")
COLLECTIONS = ("New arrivals", "Gifts under 25", "Summer table", "Warm and woollen", "Staff picks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """A product with everything that belongs to it. `cents` is a variant's price on the web, in euro cents, by SKU."""

    product: Product
    options: tuple[str, ...]
    images: tuple[Image, ...]
    variants: tuple[Variant, ...]
    cents: dict[str, int]
    collections: tuple[CollectionId, ...]
    created_at: datetime


def categories() -> list[Category]:
    """The tree, parents before children."""
    nodes: list[Category] = []

    def add(name: str, parent: Category | None, position: int) -> Category:
        slug = slug_of(name if parent is None else f"{parent.slug} {name}")
        node = Category(
            id=CategoryId(demo_id("category", slug)),
            slug=slug,
            name=name,
            parent_id=parent.id if parent is not None else None,
            position=position,
        )
        nodes.append(node)
        return node

    for place, (root, branches) in enumerate(_TREE.items()):
        top = add(root, None, place)
        for middle_place, (branch, leaves) in enumerate(branches.items()):
            middle = add(branch, top, middle_place)
            for leaf_place, leaf in enumerate(leaves):
                add(_plural(leaf), middle, leaf_place)
    return nodes


def collections() -> list[Collection]:
    """The collections, empty."""
    return [
        Collection(id=CollectionId(demo_id("collection", slug_of(name))), slug=slug_of(name), name=name) for name in COLLECTIONS
    ]


def goods(number: int, *, now: datetime) -> Iterator[Good]:
    """That many products, the newest first; each call gives the same ones."""
    chance = random.Random(SEED)  # noqa: S311 - the same goods every time is the point
    nouns = [(root, branch, leaf) for root, branches in _TREE.items() for branch, leaves in branches.items() for leaf in leaves]
    names = itertools.product(_MOODS, _MATERIALS)
    adjectives = [f"{mood} {material}" for mood, material in names]
    chance.shuffle(adjectives)
    for place in range(number):
        root, branch, leaf = nouns[place % len(nouns)]
        turn = place // len(adjectives)
        name = f"{adjectives[place % len(adjectives)]} {leaf}" + (f" No. {turn + 1}" if turn else "")
        yield _good(chance, name, (root, branch, leaf), created_at=now - timedelta(hours=7 * place + 1))


def _good(chance: random.Random, name: str, way: tuple[str, str, str], *, created_at: datetime) -> Good:
    root, branch, leaf = way
    slug = slug_of(name)
    product_id = ProductId(demo_id("product", slug))
    vendor = chance.choice(_VENDORS)
    cents = chance.randrange(6, 160) * 100 + chance.choice((0, 50, 90))
    product = Product(
        id=product_id,
        slug=slug,
        name=name,
        description=f"<p>A {leaf.lower()} by {vendor}, made to be used every day and repaired when it needs it.</p>",
        vendor=vendor,
        product_type=leaf,
        tags=(root.lower(), branch.lower()),
        status=ProductStatus.ACTIVE,
        category_id=CategoryId(demo_id("category", slug_of(f"{root} {branch} {_plural(leaf)}"))),
        published_at=created_at,
        attributes=(
            Attribute(name="care", kind=AttributeKind.TEXT, value=chance.choice(("wash cold", "wipe clean", "hand wash"))),
            Attribute(name="warranty_years", kind=AttributeKind.NUMBER, value=str(chance.randrange(1, 6))),
        ),
    )
    images = tuple(
        Image(
            id=demo_id("image", f"{slug}/{position}"),
            product_id=product_id,
            position=position,
            url=f"https://images.vitrine.example.com/{slug}-{position}.jpg",
            alt=name if position == 1 else f"{name}, a closer look",
        )
        for position in (1, 2)
    )
    names, combinations = _combinations(chance, branch)
    variants = tuple(
        Variant(
            id=VariantId(demo_id("variant", f"{slug}/{options}")),
            product_id=product_id,
            position=position,
            sku=":".join((slug, *(value.lower() for value in options if value))),
            name=variant_name(options, product_name=name),
            options=options,
            weight_grams=chance.randrange(80, 2_400),
            image_id=images[0].id,
        )
        for position, options in enumerate(combinations, start=1)
    )
    step = chance.choice((0, 0, 200))
    picked = [COLLECTIONS[0]] if chance.random() < 0.15 else []
    picked += [COLLECTIONS[1]] if cents < 2_500 else []
    picked += [each for each in COLLECTIONS[2:] if chance.random() < 0.1]
    return Good(
        product=product,
        options=names,
        images=images,
        variants=variants,
        cents={variant.sku: cents + step * place for place, variant in enumerate(variants)},
        collections=tuple(CollectionId(demo_id("collection", slug_of(each))) for each in picked),
        created_at=created_at,
    )


def _plural(noun: str) -> str:
    return noun if noun.endswith("s") else f"{noun}s"


def _combinations(chance: random.Random, branch: str) -> tuple[tuple[str, ...], list[Options]]:
    """The options' names, and every combination of their values."""
    colours = chance.sample(_COLOURS, chance.randrange(1, 4))
    if branch in _SIZED:
        sizes = _SIZES[chance.randrange(0, 2) :]
        return ("Size", "Colour"), [(size, colour, "") for size in sizes for colour in colours]
    if len(colours) > 1:
        return ("Colour",), [(colour, "", "") for colour in colours]
    return (), [("", "", "")]
