"""What can be asked for in lists of products."""

from __future__ import annotations

import strawberry

import schema.catalog.enums  # noqa: F401 - describes the model's closed sets, which the annotations below name
from domain.catalog.model import ProductStatus
from schema.scalars import Decimal

WHERE_DEPTH_MAX = 5
WHERE_PARTS_MAX = 50
VALUES_MAX = 100
TEXT_MAX = 200


@strawberry.input(name="IdFilter", description="Which things are meant. All that is said must hold.")
class IdFilter:
    eq: strawberry.ID | None = strawberry.field(default=None, description="This one.")
    one_of: list[strawberry.ID] | None = strawberry.field(default=None, description=f"One of these, {VALUES_MAX} at most.")


@strawberry.input(name="TextFilter", description="Which texts are meant, letter by letter. All that is said must hold.")
class TextFilter:
    eq: str | None = strawberry.field(default=None, description="This text.")
    one_of: list[str] | None = strawberry.field(default=None, description=f"One of these, {VALUES_MAX} at most.")


@strawberry.input(name="AmountRange", description="A range of prices in the operation's currency; both ends belong to it.")
class AmountRange:
    min: Decimal | None = strawberry.field(default=None, description="The lowest price; none when not said.")
    max: Decimal | None = strawberry.field(default=None, description="The highest price; none when not said.")


@strawberry.input(name="PriceFilter", description="Which prices are meant: some variant of the product has such a price.")
class PriceFilter:
    range: AmountRange | None = strawberry.field(default=None, description="Within this range.")


@strawberry.input(name="ProductStatusFilter", description="Which statuses are meant. All that is said must hold.")
class ProductStatusFilter:
    eq: ProductStatus | None = strawberry.field(default=None, description="This one.")
    one_of: list[ProductStatus] | None = strawberry.field(default=None, description="One of these.")


@strawberry.input(
    name="ProductWhereInput",
    description=(
        "Which products. What is not said asks nothing; all that is said must hold. "
        f"At most {WHERE_DEPTH_MAX} levels deep and {WHERE_PARTS_MAX} conditions in all."
    ),
)
class ProductWhereInput:
    category: IdFilter | None = strawberry.field(default=None, description="In such a category, or anywhere below it.")
    collection: IdFilter | None = strawberry.field(default=None, description="In such a collection.")
    price: PriceFilter | None = strawberry.field(default=None, description="With a variant at such a price.")
    available: bool | None = strawberry.field(default=None, description="true: some variant is to be had now; false: none is.")
    text: str | None = strawberry.field(
        default=None,
        description=(
            "Full-text search in names, SKUs, tags, vendor and descriptions: all words, in any form; "
            f'"phrases", `or` and `-without` work. {TEXT_MAX} characters at most.'
        ),
    )
    vendor: TextFilter | None = strawberry.field(default=None, description="By such a vendor.")
    product_type: TextFilter | None = strawberry.field(default=None, description="Of such a type.")
    tag: TextFilter | None = strawberry.field(default=None, description="With such a tag.")
    status: ProductStatusFilter | None = strawberry.field(
        default=None, description="In such a status; only staff see other than active products."
    )
    AND: list[ProductWhereInput] | None = strawberry.field(default=None, name="AND", description="All of these hold.")
    OR: list[ProductWhereInput] | None = strawberry.field(default=None, name="OR", description="Some of these hold.")
    NOT: ProductWhereInput | None = strawberry.field(default=None, name="NOT", description="This does not hold.")
