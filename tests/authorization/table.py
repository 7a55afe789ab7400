"""The table of who may ask what, written from the schema: `python -m tests.authorization.table`.

It is for people to read in review; `test_matrix` holds the schema to it, and then asks every field as everybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from graphql import GraphQLObjectType, GraphQLSchema

from schema.root import build, executable, rule_of
from tests.authorization.roles import ROLES, meant, told

PLACE = Path(__file__).with_name("matrix.txt")
_HEAD = """# Who may ask which field. Written by `python -m tests.authorization.table`; held to by the tests beside it.
# staff and app: any of them, with nothing. staff:X and app:y: with that permission or scope alone. @channel: with everything,
# but limited to channels: such fields keep to those by themselves, all others refuse.
"""
_WIDTH = 116


def fields(schema: GraphQLSchema) -> Iterator[tuple[GraphQLObjectType, str]]:
    """Every field of every type of ours."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            yield from ((kind, name) for name in kind.fields)


def written(schema: GraphQLSchema) -> str:
    """The table: who, and below it what, type by type."""
    groups: dict[str, dict[str, list[str]]] = {}
    for kind, name in fields(schema):
        rule = rule_of(kind, name)
        who = told({role for role, viewer in ROLES.items() if rule.admits(viewer)})
        groups.setdefault(who, {}).setdefault(kind.name, []).append(name)
    parts = [_HEAD]
    for who in sorted(groups):
        parts.append(f"\n== {who}\n")
        parts += [_wrapped(f"{kind}:", names) for kind, names in sorted(groups[who].items())]
    return "".join(parts)


def _wrapped(head: str, names: list[str]) -> str:
    lines, line = [], head
    for name in names:
        if len(line) + len(name) + 1 > _WIDTH:
            lines.append(line)
            line = "   "
        line = f"{line} {name}"
    return "\n".join([*lines, line]) + "\n"


def read() -> dict[tuple[str, str], set[str]]:
    """For each field the roles that the committed table lets in."""
    found: dict[tuple[str, str], set[str]] = {}
    who: set[str] = set()
    kind = ""
    for line in PLACE.read_text().splitlines():
        if line.startswith("== "):
            who = meant(line.removeprefix("== "))
        elif line and not line.startswith("#"):
            head, colon, rest = line.partition(": ")
            kind, names = (head, rest) if colon else (kind, line)
            found |= {(kind, name): who for name in names.split()}
    return found


if __name__ == "__main__":
    PLACE.write_text(written(executable(build())))
