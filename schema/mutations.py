"""How mutations are declared: a deed takes one `input` and answers with its things, or null, and why.

The payload type is made from the deed's name, so that all have one shape: the things, `userErrors`, `warnings`.
"""

from __future__ import annotations

import enum
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple, ParamSpec, TypeVar

import strawberry
from strawberry.types.field import StrawberryField

from domain.error import Caution, Several
from domain.error import UserError as Failure
from domain.idempotency import Claim, IdempotencyKeyRequired, fingerprint
from domain.viewer import Guest, actor_name
from schema.audit.said import deed_of, is_recorded
from schema.context import Context
from schema.errors import UserError, camel
from schema.execution.fields import METADATA, Declared, batch, computed, mutation_field, plain, shows
from schema.permissions import Rule

P = ParamSpec("P")
T = TypeVar("T")
_KEY = "__keyed__"
_AROUND = "__keyed_around__"
_SECRETS = frozenset({"order_token", "cart_id", "token", "email"})
_PASSWORDS = frozenset({"password", "current_password", "new_password"})
"""Never kept, not even digested as other input is: they count by a code that nobody makes without our key."""
_REPEATABLE = "Safe to repeat under an idempotency key."
_MONEY = "__moves_money__"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a mutation answers: its things by name, or the failures that kept it from them."""

    things: dict[str, Any] = field(default_factory=dict)
    user_errors: tuple[Failure, ...] = ()
    warnings: tuple[Caution, ...] = ()


class Later(NamedTuple):
    """A thing of a payload that is read when somebody asks for it, from what the deed answered."""

    kind: Any
    text: str
    load: Callable[[Answer, Context], Awaitable[Any]]


def answered(*, warnings: Sequence[Caution] = (), **things: Any) -> Answer:
    """It was done: the payload's fields by their Python names, and what is worth knowing beside."""
    return Answer(things, warnings=tuple(warnings))


def failed(*errors: Failure) -> Answer:
    """It was not done; several failures in one are told apart."""
    flat = [each for error in errors for each in (error.errors if isinstance(error, Several) else (error,))]
    return Answer(user_errors=tuple(flat))


def _warning_path(warning: Caution) -> list[str]:
    return [camel(step) for step in warning.path]


@strawberry.type(name="Warning", description="Something worth knowing about a mutation that was done.")
@shows(Caution)
class Warning_:  # noqa: N801 - the API's word is a builtin's name
    """Shown from `domain.error.Caution`."""

    code: str = plain("What it is about, stable for programs.")
    message: str = plain("What it is about, in words for people.")
    path: list[str] = computed(_warning_path, "Where in the input it comes from; empty when it is about the whole.")


def deed(description: str, *, allow: Rule, **things: tuple[Any, str] | Later) -> Callable[..., StrawberryField]:
    """A mutation: `async def cart_lines_add(context, *, input) -> Answer | UserError`; `things` are `name=(type, description)`.

    What is for staff goes on record (see `domain.audit`), and what `moves_money`, whoever does it.
    """

    def declare(function: Callable[..., Awaitable[Answer | Failure]]) -> StrawberryField:
        key_rule: Keyed | None = getattr(function, _KEY, None)

        async def run(context: Context, **given: Any) -> Answer:
            if key_rule is not None and context.key is None and key_rule is Keyed.REQUIRED:
                return failed(IdempotencyKeyRequired(path=("input",)))
            if key_rule is Keyed.KEPT:
                context.claim = _claim(context, function.__name__, given)
                context.claimed_by = getattr(function, _AROUND, None)
            with _on_record(context, function.__name__, given, always=hasattr(function, _MONEY), allow=allow):
                outcome = await function(context, **given)
            outcome = context.reused or outcome
            return failed(outcome) if isinstance(outcome, Failure) else outcome

        run.__name__ = function.__name__
        run.__module__ = function.__module__
        run.__wrapped__ = function  # type: ignore[attr-defined]  # inspect.signature follows it to the arguments
        told = description if key_rule in (None, Keyed.REQUIRED) else f"{description} {_REPEATABLE}"
        return mutation_field(run, _payload(function.__name__, things), told, Declared(allow=allow))

    return declare


@contextmanager
def _on_record(context: Context, action: str, given: dict[str, Any], *, always: bool, allow: Rule) -> Iterator[None]:
    """While this lasts, each transaction of the operation is recorded with the rows that it changes."""
    if always or is_recorded(context.viewer, allow):
        context.transact.deed = deed_of(context, action, given)
    try:
        yield
    finally:
        context.transact.deed = None


def moves_money(function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """Below `@deed`: it goes on record whoever does it."""
    setattr(function, _MONEY, True)
    return function


class Keyed(enum.Enum):
    """How a mutation that costs money, stock or a message is made safe to repeat under an idempotency key."""

    REQUIRED = "REQUIRED"
    """It is done under a key only, which its action claims."""
    CLAIMED = "CLAIMED"
    """It takes a key, which its action claims."""
    KEPT = "KEPT"
    """It takes a key, claimed around its one `context.act`, whose outcome is an id, a time, a number or nothing.

    Where it acts more than once, `around` says which action is done once: what goes before only looks.
    """


def keyed(
    rule: Keyed, *, around: Callable[..., Any] | None = None
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Below `@deed`: the same key and input are done once and answered again, for each caller's own selection."""

    def mark(function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        setattr(function, _KEY, rule)
        setattr(function, _AROUND, around)
        return function

    return mark


def key_rule_of(root: Callable[..., Any]) -> Keyed | None:
    """How a mutation's function is made safe to repeat; None when it does not say."""
    rule: Keyed | None = getattr(inspect.unwrap(root), _KEY, None)
    return rule


def _claim(context: Context, name: str, given: dict[str, Any]) -> Claim | None:
    """The caller's key for this mutation.

    A guest's keys belong to the secrets that the input shows: whoever does not know all of them meets no key of theirs, so
    that neither an answer nor a conflict tells whether somebody was here before.
    """
    if context.key is None:
        return None
    said = {
        each: asdict(value) if is_dataclass(value) and not isinstance(value, type) else value for each, value in given.items()
    }
    shown = dict(said.get("input", {}))
    codes = {each: context.ports.seal.digest("idempotency", shown[each]) for each in _PASSWORDS & shown.keys() if shown[each]}
    if codes:
        said["input"] = shown | codes
    secrets = {each: value for each, value in shown.items() if each in _SECRETS and value is not None} | codes
    guest = f"guest:{fingerprint(secrets).hex()}"
    actor = guest if isinstance(context.viewer, Guest) else actor_name(context.viewer)
    return Claim(actor=actor, mutation=camel(name), key=context.key, fingerprint=fingerprint(said))


def alone(deed: StrawberryField) -> StrawberryField:
    """Above `@deed`: it must be the only one of its document, for each use tries a secret or changes who may sign in."""
    deed.metadata = MappingProxyType({**deed.metadata, METADATA: replace(deed.metadata[METADATA], is_alone=True)})
    return deed


def _payload(name: str, things: Mapping[str, tuple[Any, str] | Later]) -> type:
    title = camel(name)
    title = f"{title[0].upper()}{title[1:]}Payload"
    fields: dict[str, Any] = {
        each: batch(_loaded(thing.load), thing.text) if isinstance(thing, Later) else computed(_thing(each), thing[1])
        for each, thing in things.items()
    }
    fields["user_errors"] = plain("Why it was not done; empty when it was.")
    fields["warnings"] = plain("What is worth knowing although it was done.")
    annotations: dict[str, Any] = {each: thing[0] | None for each, thing in things.items()}
    annotations |= {"user_errors": list[UserError], "warnings": list[Warning_]}
    made = type(title, (), {"__annotations__": annotations, **fields})
    return shows(Answer)(strawberry.type(made, name=title, description=f"What `{camel(name)}` answers."))


def _loaded(load: Callable[[Answer, Context], Awaitable[Any]]) -> Callable[..., Awaitable[list[Any]]]:
    async def loaded(answers: Sequence[Answer], context: Context) -> list[Any]:
        return [await load(each, context) for each in answers]

    return loaded


def _thing(name: str) -> Callable[[Answer], Any]:
    return lambda answer: answer.things.get(name)
