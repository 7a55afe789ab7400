"""The words of messages, which staff may change: checked before they are kept, filled in a sandbox.

Words may name variables, make them upper case and the like, and depend on them by `if`. There are no loops, no calls, no
attributes and no arithmetic, so that whatever passes the check can be filled, and quickly.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from domain.access.secrets import without_slots
from domain.error import Invalid
from domain.notices.model import NoticeKind, Wording

FOLDER = Path(__file__).resolve().parent
LANGUAGES = tuple(sorted(file.stem for file in (FOLDER / "words").glob("*.toml")))
LANGUAGE_DEFAULT = "en"
LENGTHS: Mapping[str, int] = {"subject": 200, "heading": 200, "body": 4000}
"""How long the parts may be, in characters; the table says so too."""
ORDER_VARIABLES = ("captured", "due", "email", "name", "number", "placed", "refunded", "shop", "status", "total")
_FILTERS = frozenset({"capitalize", "default", "lower", "title", "trim", "upper"})
_DEPTH_MAX = 20
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Filter,
    nodes.If,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
)
GAP = re.compile(r"\{(\w+)\}")
_PARAGRAPHS = re.compile(r"\n\s*\n")

_SANDBOX = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
_SANDBOX.filters = {name: _SANDBOX.filters[name] for name in _FILTERS}
_SANDBOX.globals.clear()


def words_of(language: str) -> Mapping[str, Any]:
    """The words of a language by its BCP 47 tag; English where we have none."""
    return _words(language_of(language))


def language_of(tag: str) -> str:
    """The language of ours that serves a BCP 47 tag."""
    language = tag.lower().partition("-")[0]
    return language if language in LANGUAGES else LANGUAGE_DEFAULT


@cache
def default_wording(kind: NoticeKind, language: str) -> Wording:
    """What a message says as long as nobody has changed it."""
    letter = words_of(language)["letters"][kind.value]
    parts = (letter["subject"], letter["heading"], "\n\n".join(letter["body"]))
    subject, heading, body = (GAP.sub(r"{{ \1 }}", part) for part in parts)
    return Wording(subject=subject, heading=heading, body=body)


@cache
def variables_of(kind: NoticeKind) -> tuple[str, ...]:
    """The names that the words of a kind may use: those of every order or else the shop's, and those that its own words have."""
    if is_about_order(kind):
        return tuple(sorted({*ORDER_VARIABLES, *_gaps(kind)}))
    beside = set() if kind.value.startswith("STAFF_") else {"name"}
    return tuple(sorted({"shop", *beside, *_gaps(kind)}))


@cache
def is_about_order(kind: NoticeKind) -> bool:
    """Whether a letter tells of an order, and not of an account or of something that staff has to look at."""
    if kind.value.startswith("STAFF_"):
        return kind is NoticeKind.STAFF_ORDER_PLACED
    return "number" in _gaps(kind)


def problem_of(kind: NoticeKind, wording: Wording) -> Invalid | None:
    """What is wrong with words; None when every message of the kind can be made of them."""
    parts = {"subject": wording.subject, "heading": wording.heading, "body": wording.body}
    for name, text in parts.items():
        reason = part_problem(name, text, length_max=LENGTHS[name], known=variables_of(kind))
        if reason is not None:
            return Invalid(path=("input", name), reason=reason)
    return None


def part_problem(name: str, text: str, *, length_max: int, known: tuple[str, ...]) -> str | None:
    """What is wrong with one part of the words: `known` are the names that it may use."""
    return _shape_problem(name, text, length_max) or _source_problem(text, known)


def filled(source: str, values: Mapping[str, str]) -> str:
    """Words with the values in place of their names; no secret is ever put into what comes out."""
    return without_slots(_compiled(source).render(values))


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a body that is filled in."""
    return [part.strip() for part in _PARAGRAPHS.split(text) if part.strip()]


@cache
def _words(language: str) -> Mapping[str, Any]:
    return {**tomllib.loads((FOLDER / "words" / f"{language}.toml").read_text("utf-8")), "language": language}


def _gaps(kind: NoticeKind) -> set[str]:
    letter = _words(LANGUAGE_DEFAULT)["letters"][kind.value]
    return set(GAP.findall(" ".join((letter["subject"], letter["heading"], *letter["body"]))))


@lru_cache(maxsize=1024)
def _compiled(source: str) -> Template:
    """Kept by its own text, so that a change is never answered with what was there before."""
    return _SANDBOX.from_string(source)


def _shape_problem(name: str, text: str, length_max: int) -> str | None:
    if not text.strip():
        return "There has to be something."
    if len(text) > length_max:
        return f"This may have {length_max} characters."
    if not all(letter.isprintable() or (letter in "\n\t" and name == "body") for letter in text):
        return "This has control characters or line breaks where none may be."
    return None


def _source_problem(text: str, known: tuple[str, ...]) -> str | None:
    try:
        parsed = _SANDBOX.parse(text)
        problem = _tree_problem(parsed)
        unknown = [] if problem else sorted(meta.find_undeclared_variables(parsed) - set(known))
    except (TemplateError, RecursionError, ValueError) as broken:
        return f"This cannot be read: {broken}"
    if unknown:
        return f"There is no variable {unknown[0]}; there are {', '.join(known)}."
    return problem


def _tree_problem(root: nodes.Node) -> str | None:
    waiting: list[tuple[nodes.Node, int]] = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > _DEPTH_MAX:
            return "This is nested too deeply."
        if not isinstance(node, _ALLOWED):
            return f"Words may name variables and ask with `if`; {type(node).__name__} is not for them."
        if isinstance(node, nodes.Filter) and not _is_harmless(node):
            return f"There are the filters {', '.join(sorted(_FILTERS))}, and only `default` takes a value."
        if isinstance(node, nodes.Operand) and node.op not in {"eq", "ne"}:
            return "Values are text: they are compared by == and != only."
        waiting += [(child, depth + 1) for child in node.iter_child_nodes()]
    return None


def _is_harmless(node: nodes.Filter) -> bool:
    """Known, with something before it, and no value after it that it could choke on."""
    given = len(node.args) + len(node.kwargs) + (node.dyn_args is not None) + (node.dyn_kwargs is not None)
    return node.name in _FILTERS and node.node is not None and given <= (node.name == "default")
