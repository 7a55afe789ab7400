"""How mutations are declared: a deed takes one `input` and answers with its things, or null, and why.

The payload type is made from the deed's name, so that all have one shape: the things, `userErrors`, `warnings`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

from domain.error import Caution, Several
from domain.error import UserError as Failure
from schema.context import Context
from schema.errors import UserError, camel
from schema.execution.fields import batch, mutation_field, plain, shows
from schema.permissions import Rule


@dataclass(frozen=True, slots=True)
class Answer:
    """What a mutation answers: its things by name, or the failures that kept it from them."""

    things: dict[str, Any] = field(default_factory=dict)
    user_errors: tuple[Failure, ...] = ()
    warnings: tuple[Caution, ...] = ()


def answered(*, warnings: Sequence[Caution] = (), **things: Any) -> Answer:
    """It was done: the payload's fields by their Python names, and what is worth knowing beside."""
    return Answer(things, warnings=tuple(warnings))


def failed(*errors: Failure) -> Answer:
    """It was not done; several failures in one are told apart."""
    flat = [each for error in errors for each in (error.errors if isinstance(error, Several) else (error,))]
    return Answer(user_errors=tuple(flat))


def _warning_paths(warnings: Sequence[Caution], context: Context) -> list[list[str]]:
    del context
    return [[camel(step) for step in each.path] for each in warnings]


@strawberry.type(name="Warning", description="Something worth knowing about a mutation that was done.")
@shows(Caution)
class Warning_:  # noqa: N801 - the API's word is a builtin's name
    """Shown from `domain.error.Caution`."""

    code: str = plain("What it is about, stable for programs.")
    message: str = plain("What it is about, in words for people.")
    path: list[str] = batch(_warning_paths, "Where in the input it comes from; empty when it is about the whole.")


def _errors(answers: Sequence[Answer], context: Context) -> list[tuple[Failure, ...]]:
    del context
    return [each.user_errors for each in answers]


def _warnings(answers: Sequence[Answer], context: Context) -> list[tuple[Caution, ...]]:
    del context
    return [each.warnings for each in answers]


def deed(description: str, *, allow: Rule, **things: tuple[Any, str]) -> Callable[..., StrawberryField]:
    """A mutation: `async def cart_lines_add(context, *, input) -> Answer | UserError`; `things` are `name=(type, description)`."""

    def declare(function: Callable[..., Awaitable[Answer | Failure]]) -> StrawberryField:
        async def run(context: Context, **given: Any) -> Answer:
            outcome = await function(context, **given)
            return failed(outcome) if isinstance(outcome, Failure) else outcome

        run.__name__ = function.__name__
        run.__module__ = function.__module__
        run.__wrapped__ = function  # type: ignore[attr-defined]  # inspect.signature follows it to the arguments
        return mutation_field(run, _payload(function.__name__, things), description, allow)

    return declare


def _payload(name: str, things: dict[str, tuple[Any, str]]) -> type:
    title = camel(name)
    title = f"{title[0].upper()}{title[1:]}Payload"
    fields: dict[str, Any] = {each: batch(_thing(each), text) for each, (_, text) in things.items()}
    fields["user_errors"] = batch(_errors, "Why it was not done; empty when it was.")
    fields["warnings"] = batch(_warnings, "What is worth knowing although it was done.")
    annotations: dict[str, Any] = {each: kind | None for each, (kind, _) in things.items()}
    annotations |= {"user_errors": list[UserError], "warnings": list[Warning_]}
    made = type(title, (), {"__annotations__": annotations, **fields})
    return shows(Answer)(strawberry.type(made, name=title, description=f"What `{camel(name)}` answers."))


def _thing(name: str) -> Callable[[Sequence[Answer], Context], list[Any]]:
    def things(answers: Sequence[Answer], context: Context) -> list[Any]:
        del context
        return [each.things.get(name) for each in answers]

    return things
