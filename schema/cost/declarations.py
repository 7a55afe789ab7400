"""What a field costs, as it is declared and as the SDL shows it: the directives of the GraphQL Cost Directives specification.

The unit is one object made: fields of leaf types cost nothing, lists are as long as they are asked to be. What is summed up
from this is `lots`' business.
"""

from __future__ import annotations

import strawberry
from strawberry.schema_directive import Location

MUTATION_WEIGHT = 10
"""What a mutation costs beside what it answers: it locks and writes."""
ASSUMED_SIZE = 10
"""How long a list is taken to be that has no page arguments and says nothing itself."""
SLICING = ("first", "last")
"""Arguments that say how long a list is; a list given as one of `BY_LENGTH` says it by its own length."""
BY_LENGTH = ("ids",)
PAGED = ("edges", "nodes")
"""Fields of a connection that are as long as the page it was asked for."""


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="cost",
    description="What the field itself costs, in objects; without it 1 for an object, 10 for a mutation, 0 for a leaf.",
)
class Cost:
    """Shown where a field says a weight of its own."""

    weight: str = strawberry.directive_field(name="weight")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="listSize",
    description=(
        "How long the list is taken to be: as `slicingArguments` say (the largest, or the length of a list given), else "
        "`assumedSize`; without it 10. With `sizedFields` it is these fields of the answer that are so long."
    ),
)
class ListSize:
    """Shown at lists of objects that have arguments for it or say a size of their own."""

    assumed_size: int = strawberry.directive_field(name="assumedSize")
    slicing_arguments: list[str] | None = strawberry.directive_field(name="slicingArguments", default=strawberry.UNSET)
    sized_fields: list[str] | None = strawberry.directive_field(name="sizedFields", default=strawberry.UNSET)
    require_one_slicing_argument: bool | None = strawberry.directive_field(
        name="requireOneSlicingArgument", default=strawberry.UNSET
    )


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="alone",
    description="The mutation must be the only one of its document, so that one request is one attempt.",
)
class Alone:
    """Shown at mutations that guess at secrets or change who may sign in."""
