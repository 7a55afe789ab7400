"""A small schema with one field of every kind, and a note of every call of its functions."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import create_type

from domain.error import NotFound, UserError
from domain.viewer import Permission
from schema.context import Context
from schema.directives import CLIENT_DIRECTIVES
from schema.enums import described
from schema.errors import COMMON
from schema.execution.fields import batch, plain, query, shows, subscription
from schema.mutations import Answer, answered, deed
from schema.permissions import EVERYONE, may
from schema.root import executable, secure
from schema.scalars import SCALARS, Decimal

CALLS: list[tuple[str, Any]] = []
"""What was called, with how many parents or with which arguments."""


class Colour(enum.Enum):
    RED = "red-ish"
    BLUE = "blue-ish"


described(Colour, "Colour", "A colour.", RED="Red.", BLUE="Blue.")


class Text(str):
    """A string by another class."""

    __slots__ = ()


class Leaf(NamedTuple):
    name: Any = "leaf"
    count: Any = 1
    yes: Any = True
    ratio: Any = 0.5
    id: Any = 7
    colour: Any = Colour.RED
    at: Any = datetime(2026, 3, 1, tzinfo=UTC)
    price: Any = "1.50"
    maybe: Any = None


class Branch(NamedTuple):
    name: str
    leaf: Any = None
    leaves: Any = ()
    grid: Any = ()


class Stranger(NamedTuple):
    name: str = "shown as nothing"


@strawberry.interface(name="Named", description="Has a name.")
@shows()
class HasName:
    """Leaves and branches."""

    name: str = plain("Its name.")


@strawberry.type(name="Leaf", description="All kinds of leaves.")
@shows(Leaf)
class LeafType(HasName):
    count: int = plain("An integer.")
    yes: bool = plain("A Boolean.")
    ratio: float = plain("A float.")
    id: strawberry.ID = plain("An id.")
    colour: Colour = plain("An enum.")
    at: datetime = plain("A time.")
    price: Decimal = plain("A scalar of ours.")
    maybe: str | None = plain("Often nothing.")
    called: str = plain("Its name by another name.", name="alsoCalled")
    secret: str = plain("For some.", allow=may(Permission.MANAGE_STAFF))


def _sizes(branches: Sequence[Branch], context: Context) -> list[int]:
    CALLS.append(("sizes", len(branches)))
    return [len(each.leaves) for each in branches]


async def _twigs(
    branches: Sequence[Branch],
    context: Context,
    *,
    first: Annotated[int, strawberry.argument(description="How many.")] = 2,
    colours: Annotated[list[Colour] | None, strawberry.argument(description="Which.")] = None,
) -> Any:
    CALLS.append(("twigs", (len(branches), first, list(colours) if colours is not None else None)))
    await asyncio.sleep(0)
    if colours is not None:
        colours.append(Colour.BLUE)  # what is given must not be somebody else's too
    if first == 13:
        raise ValueError("thirteen")
    if first == 14:
        return []
    if first == 15:
        return [ValueError("one of them") for _ in branches]
    return [[Branch(f"{each.name}.{number}", leaves=(Leaf(),)) for number in range(first)] for each in branches]


def _nameds(branches: Sequence[Branch], context: Context) -> list[list[Any]]:
    return [[Leaf(name="a"), Branch("b"), None, Leaf(name="c")] for _ in branches]


def _odd(branches: Sequence[Branch], context: Context) -> list[Any]:
    return [Stranger() for _ in branches]


def _union(branches: Sequence[Branch], context: Context) -> list[Any]:
    return [Leaf() if each.name.endswith("1") else each for each in branches]


@strawberry.type(name="Branch", description="Has objects below it.")
@shows(Branch)
class BranchType(HasName):
    leaf: LeafType | None = plain("One, or none.")
    leaves: list[LeafType] = plain("Some.")
    grid: list[list[LeafType | None] | None] | None = plain("A list of lists.")
    size: int = batch(_sizes, "How many leaves; computed.")
    twigs: list[BranchType] = batch(_twigs, "Loaded.")
    perhaps: list[BranchType] | None = batch(_twigs, "Loaded, and may fail alone.")
    nameds: list[HasName | None] = batch(_nameds, "Of several types.")
    odd: HasName | None = batch(_odd, "Of no type.")
    either: Annotated[LeafType | BranchType, strawberry.union("Either", description="One of two.")] = batch(_union, "A union.")


TREE = Branch("tree", Leaf(), (Leaf(), Leaf(name="other", colour="blue-ish")), ([Leaf(), None], None))
CROOKED: dict[str, Branch] = {
    "null": Branch("x", Leaf(name=None)),
    "large": Branch("x", Leaf(count=1 << 40)),
    "subclass": Branch("x", Leaf(name=Text("text"), count=True, id="id", ratio=1)),
    "number": Branch("x", Leaf(name=5, yes=1)),
    "colour": Branch("x", Leaf(colour="green")),
    "list": Branch("x", leaves="text"),
    "values": Branch("x", leaves={1: Leaf(), 2: Leaf()}.values()),
    "hole": Branch("x", leaves=(Leaf(), None)),
    "exception": Branch("x", leaf=ValueError("as a value")),
    "leaf exception": Branch("x", Leaf(name=ValueError("as a value"))),
    "attribute": Branch("x", leaf=Stranger()),
}


@strawberry.input(name="WishInput", description="What is wished.")
class WishInput:
    name: str = strawberry.field(description="A name.")
    colours: list[Colour] = strawberry.field(description="Colours.", default_factory=list)
    deeper: WishInput | None = strawberry.field(description="More.", default=None)
    unsaid: str | None = strawberry.field(description="Perhaps not said.", default=strawberry.UNSET)


@query(BranchType, "The tree.", allow=EVERYONE)
async def tree(context: Context) -> Branch:
    CALLS.append(("tree", 0))
    return TREE


@query(BranchType | None, "A branch that is not as it should be.", allow=EVERYONE)
async def crooked(context: Context, *, how: Annotated[str, strawberry.argument(description="In which way.")]) -> Branch | None:
    return CROOKED.get(how)


@query(str | None, "What arrived.", allow=EVERYONE)
async def said(
    context: Context,
    *,
    wish: Annotated[WishInput | None, strawberry.argument(description="A wish.")] = None,
    numbers: Annotated[list[int] | None, strawberry.argument(description="Numbers.")] = None,
    colour: Annotated[Colour, strawberry.argument(description="A colour.")] = Colour.BLUE,
) -> str:
    return f"{wish!r} {numbers!r} {colour!r}"


@query(LeafType | None, "For some.", allow=may(Permission.MANAGE_STAFF))
async def guarded(context: Context) -> Leaf:
    return Leaf()


@deed("Grows a branch.", allow=EVERYONE, branch=(BranchType, "It."))
async def grow(
    context: Context, *, input: Annotated[WishInput, strawberry.argument(description="What.")]
) -> Answer | UserError:
    CALLS.append(("grow", (input.name, context.key)))
    match input.name:
        case "nowhere":
            return NotFound(path=("input", "name"), what="place")
        case "raise":
            raise ValueError("in the deed")
        case "null":
            return answered(branch=CROOKED["null"])
    return answered(branch=TREE, warnings=())


@subscription(BranchType, "Seasons.", allow=EVERYONE)
async def seasons(
    context: Context, *, to: Annotated[int, strawberry.argument(description="How many.")]
) -> AsyncIterator[Branch]:
    for number in range(to):
        yield Branch(f"season {number}", leaves=(Leaf(name=None if number == 1 else "leaf"),))


def small_schema() -> GraphQLSchema:
    """graphql-core's schema of all that, with its rules."""
    schema = strawberry.Schema(
        query=create_type("Query", [tree, crooked, said, guarded]),
        mutation=create_type("Mutation", [grow]),
        subscription=create_type("Subscription", [seasons]),
        types=COMMON,
        directives=CLIENT_DIRECTIVES,
        config=StrawberryConfig(scalar_map=SCALARS),
    )
    secure(executable(schema))
    return executable(schema)
