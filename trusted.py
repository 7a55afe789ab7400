"""Registering the documents that the shop's clients run: read from a folder, held to the schema, kept in the database."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from graphql import GraphQLError

from gateways.settings import Settings
from persistence.documents.store import DOCUMENTS_MAX, Registered, register
from schema.execution.engine import Engine, Rejected
from schema.root import build, executable
from schema.transport.documents import hash_of
from supplies import ceilings_of


class NotTrusted(Exception):
    """Nothing was registered; `problems` say why, a line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


def examiner(settings: Settings) -> Engine:
    """What holds documents to the schema and the ceilings of an API with these settings."""
    return Engine(executable(build()), ceilings=ceilings_of(settings), open_about_itself=False)


async def trust_folder(database_url: str, engine: Engine, folder: Path, *, replace: bool) -> Registered:
    """Registers every .graphql file below the folder, each a document as it stands; NotTrusted unless all are valid.

    With `replace` all documents that are not in the folder are withdrawn.
    """
    documents, problems = _read(folder, engine)
    if problems:
        raise NotTrusted(problems)
    outcome = await register(database_url, documents, replace=replace, now=datetime.now(UTC))
    if outcome is None:
        raise NotTrusted([f"{folder}: there would be more than {DOCUMENTS_MAX} documents"])
    return outcome


def _read(folder: Path, engine: Engine) -> tuple[list[tuple[str, str, str]], list[str]]:
    """The documents as (hash, name, text), and what is wrong with others."""
    problems: list[str] = []
    documents: list[tuple[str, str, str]] = []
    for file in sorted(folder.rglob("*.graphql")):
        name = file.relative_to(folder).as_posix()
        try:
            text = file.read_bytes().decode()
            engine.examine(text)
        except (OSError, UnicodeDecodeError) as failure:
            problems.append(f"{name}: cannot be read ({type(failure).__name__})")
        except Rejected as rejected:
            problems += [f"{name}{_place(error)}: {error.message}" for error in rejected.errors]
        else:
            documents.append((hash_of(text), name, text))
    if not documents and not problems:
        problems.append(f"{folder}: there is no .graphql file in it")
    return documents, problems


def _place(error: GraphQLError) -> str:
    return f":{error.locations[0].line}:{error.locations[0].column}" if error.locations else ""
