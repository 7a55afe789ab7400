"""How fields are declared: plain ones read an attribute of their view, computed ones make something of it, linked ones read
what belongs to an attribute, batch ones answer for all parents of a level at once.

One declaration serves two executors: graphql-core calls a batch field through a DataLoader, the compiled executor once a
level. Root fields are functions of the context. Every declaration says what the field is and who may ask it.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar

import strawberry
from aiodataloader import DataLoader
from graphql import GraphQLInterfaceType, GraphQLObjectType
from strawberry.types.field import StrawberryField

from persistence.ahead import Read
from schema.permissions import EVERYONE, Rule, shown

if TYPE_CHECKING:
    from schema.context import Context

T = TypeVar("T")
METADATA = "vitrine"
"""The key of a field's metadata under which its `Declared` stands."""
VIEWS = "vitrine-views"
"""The key of the schema's extensions under which stands, for every class of view, the name of the type it is shown as."""
DEFINITION = "strawberry-definition"
"""The key of a GraphQL type's or field's extensions under which Strawberry keeps what it was made from."""
ROOTS = frozenset({"Query", "Mutation", "Subscription"})


@dataclass(frozen=True, slots=True)
class Link:
    """What a field's function reads first of all: `read` for the values of the attribute `key` of its parents.

    Who knows it reads it together with the parents. A read that depends on the viewer or the place is a function of the
    context.
    """

    key: str
    read: Read[Any] | Callable[[Context], Awaitable[Read[Any]]]

    async def of(self, context: Context) -> Read[Any]:
        """The read in an operation."""
        return self.read if isinstance(self.read, Read) else await self.read(context)


@dataclass(frozen=True, slots=True)
class Declared:
    """What a field says of itself beside its type: its rule (None: its type's), and its function for both executors.

    `cost` is what it costs itself and `size` how long its list is taken to be, None for the defaults of `schema.cost`; a
    mutation that `is_alone` must be the only one of its document.
    """

    allow: Rule | None = None
    batch: Callable[..., Any] | None = None
    computed: Callable[[Any], Any] | None = None
    root: Callable[..., Any] | None = None
    link: Link | None = None
    cost: int | None = None
    size: int | None = None
    is_alone: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What an object type says of itself: the views it is made from, and who may read its fields unless one says otherwise."""

    views: tuple[type, ...]
    allow: Rule


def shows(*views: type, allow: Rule = EVERYONE) -> Callable[[type[T]], type[T]]:
    """Marks a Strawberry type with the views that it shows (which also tells interfaces what they look at)."""

    def mark(kind: type[T]) -> type[T]:
        kind.__shown__ = Shown(views, allow)  # type: ignore[attr-defined]
        return kind

    return mark


def shown_of(kind: GraphQLObjectType) -> Shown:
    """What an object type says of itself; TypeError when it says nothing."""
    shown = kind.extensions[DEFINITION].origin.__dict__.get("__shown__")
    if not isinstance(shown, Shown):
        raise TypeError(f"{kind.name} does not say what it shows and to whom: mark it with @shows")
    return shown


def declared_of(kind: GraphQLObjectType | GraphQLInterfaceType, name: str) -> Declared | None:
    """What a field says of itself; None when it was not declared by this module."""
    field = kind.fields[name].extensions.get(DEFINITION)
    declared = (field.metadata or {}).get(METADATA) if field is not None else None
    return declared if isinstance(declared, Declared) else None


def rule_of(kind: GraphQLObjectType, name: str) -> Rule:
    """The rule of a field: its own, else its type's. TypeError when nobody ever said."""
    declared = declared_of(kind, name)
    if declared is not None and declared.allow is not None:
        return replace(declared.allow, writes=True) if kind.name == "Mutation" else declared.allow
    if kind.name in ROOTS or declared is None:
        raise TypeError(f"{kind.name}.{name} does not say who may ask it")
    return shown_of(kind).allow


def plain(
    description: str,
    *,
    allow: Rule | None = None,
    name: str | None = None,
    deprecated: str | None = None,
    size: int | None = None,
) -> Any:
    """A field that reads the attribute of the same name. `size`: how long its list is taken to be, in what it costs."""
    return strawberry.field(
        description=description,
        name=name,
        deprecation_reason=deprecated,
        metadata={METADATA: Declared(allow=allow, size=size)},
        directives=shown(allow) if allow else (),
    )


def via(path: str, description: str, *, allow: Rule | None = None) -> Any:
    """A field that reads an attribute of an attribute: `via("line.quantity", ...)`."""
    return computed(attrgetter(path), description, allow=allow)


def computed(
    function: Callable[[Any], Any],
    description: str,
    *,
    allow: Rule | None = None,
    name: str | None = None,
    deprecated: str | None = None,
    size: int | None = None,
) -> Any:
    """A field answered by `function(parent)`, from its parent alone: it neither loads nor takes arguments."""

    def resolve(self: Any) -> Any:
        return function(self)

    resolve.__annotations__ = {}
    return strawberry.field(
        resolver=resolve,
        description=description,
        name=name,
        deprecation_reason=deprecated,
        metadata={METADATA: Declared(allow=allow, computed=function, size=size)},
        directives=shown(allow) if allow else (),
    )


def batch(
    function: Callable[..., Any],
    description: str,
    *,
    allow: Rule | None = None,
    name: str | None = None,
    deprecated: str | None = None,
    cost: int | None = None,
    size: int | None = None,
    link: Link | None = None,
) -> Any:
    """A field answered by `function(parents, context, **arguments)` with one value per parent, in the parents' order.

    The function may be a coroutine function (it loads) or a plain one (it computes). Its keyword parameters, with their
    annotations, are the field's arguments; its type is the class attribute's annotation. `cost`, `size`, `link`: see
    `Declared`.
    """
    loads = inspect.iscoroutinefunction(function)
    arguments = list(inspect.signature(function).parameters.values())[2:]

    def computed(self: Any, info: Any, **given: Any) -> Any:
        return function([self], info.context, **given)[0]

    def loaded(self: Any, info: Any, **given: Any) -> Awaitable[Any]:
        return _loader(info.context, function, given).load(self)

    return strawberry.field(
        resolver=_resolver(function, loaded if loads else computed, arguments, with_parent=True),
        description=description,
        name=name,
        deprecation_reason=deprecated,
        metadata={METADATA: Declared(allow=allow, batch=function, link=link, cost=cost, size=size)},
        directives=shown(allow) if allow else (),
    )


def linked(
    key: str,
    read: Read[Any] | Callable[[Context], Awaitable[Read[Any]]],
    description: str,
    *,
    then: Callable[[Any], Any] | None = None,
    allow: Rule | None = None,
    size: int | None = None,
) -> Any:
    """A field answered by what is read for the attribute `key` of its parents, and what `then` makes of that for each."""
    link, keys = Link(key, read), attrgetter(key)

    async def belonging(parents: Sequence[Any], context: Context) -> list[Any]:
        found = await context.reader.each(await link.of(context), list(map(keys, parents)))
        return found if then is None else list(map(then, found))

    return batch(belonging, description, allow=allow, size=size, link=link)


def _loader(context: Context, function: Callable[..., Any], given: dict[str, Any]) -> DataLoader[Any, Any]:
    """The request's loader for one batch field with one set of arguments. It gathers; remembering is the reader's memo's."""
    key = (function, repr(given))
    if (loader := context.loaders.get(key)) is None:

        async def load(parents: list[Any]) -> list[Any]:
            answers: list[Any] = await function(parents, context, **given)
            return answers

        loader = context.loaders[key] = DataLoader(load, cache=False)
    return loader


def query(
    gives: Any,
    description: str,
    *,
    allow: Rule,
    deprecated: str | None = None,
    cost: int | None = None,
    size: int | None = None,
) -> Callable[..., StrawberryField]:
    """A question of the root: `async def product(context, *, id=None) -> ProductView | None`."""
    return _root(gives, description, Declared(allow=allow, cost=cost, size=size), deprecated)


def _root(gives: Any, description: str, said: Declared, deprecated: str | None = None) -> Callable[..., StrawberryField]:
    def declare(function: Callable[..., Awaitable[Any]]) -> StrawberryField:
        async def resolve(info: Any, **given: Any) -> Any:
            info.context.arrive(info._raw_info)  # noqa: SLF001 - Strawberry offers the operation's directives nowhere else
            return await function(info.context, **given)

        arguments = list(inspect.signature(function).parameters.values())[1:]
        field: StrawberryField = strawberry.field(
            resolver=_resolver(function, resolve, arguments, with_parent=False),
            description=description,
            deprecation_reason=deprecated,
            graphql_type=gives,
            metadata={METADATA: replace(said, root=function)},
            directives=shown(said.allow) if said.allow else (),
        )
        field.python_name = function.__name__
        return field

    return declare


def mutation_field(function: Callable[..., Awaitable[Any]], gives: Any, description: str, said: Declared) -> StrawberryField:
    """A deed of the root; see `schema.mutations.deed`, which makes the payload's type."""
    return _root(gives, description, said)(function)


def subscription(
    gives: Any, description: str, *, allow: Rule
) -> Callable[[Callable[..., AsyncIterator[Any]]], StrawberryField]:
    """A live field of the root: an async generator function of the context."""

    def declare(function: Callable[..., AsyncIterator[Any]]) -> StrawberryField:
        async def resolve(info: Any, **given: Any) -> AsyncIterator[Any]:
            info.context.arrive(info._raw_info)  # noqa: SLF001 - as above
            async for each in function(info.context, **given):
                yield each

        arguments = list(inspect.signature(function).parameters.values())[1:]
        field: StrawberryField = strawberry.field(
            resolver=_resolver(function, resolve, arguments, with_parent=False),
            description=description,
            graphql_type=AsyncIterator[gives],
            is_subscription=True,
            metadata={METADATA: Declared(allow=allow, root=function)},
            directives=shown(allow),
        )
        field.python_name = function.__name__
        return field

    return declare


def _resolver(
    function: Callable[..., Any], resolve: Callable[..., Any], arguments: list[inspect.Parameter], *, with_parent: bool
) -> Callable[..., Any]:
    """`resolve` dressed in the arguments and the module of `function`, where Strawberry looks annotations up."""
    place = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parent = [inspect.Parameter("self", place)] if with_parent else []
    given = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in arguments]
    resolve.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [*parent, inspect.Parameter("info", place, annotation=strawberry.Info), *given]
    )
    resolve.__annotations__ = {"info": strawberry.Info, **{each.name: each.annotation for each in arguments}}
    resolve.__name__ = function.__name__
    resolve.__module__ = function.__module__
    return resolve
