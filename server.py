"""Vitrine's command line, which makes its own environment first. What the parts are is told by `application` and `demo`.

No `from __future__` here, for the module must parse on a Python that is too old, to say so.
"""

# ruff: noqa: PLC0415 -- a command loads only what it needs, and nothing outside the standard library before `enter`
import sys

import bootstrap

if __name__ == "__main__":
    bootstrap.enter(dev=sys.argv[1:2] == ["test"] and "--help" not in sys.argv)

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from app_commands import add_app_commands
from gateways.logging import configure_logging
from gateways.refusal import CannotStart
from gateways.settings import Settings, load_settings

cli = typer.Typer(
    name="server.py",
    help="Vitrine, a GraphQL-first shop. Without a command: serve.",
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=False,
)
# Set by a serving parent, by whose death its children end.
ParentOption = Annotated[int | None, typer.Option(hidden=True)]


@cli.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (HOST, 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (PORT, 8000); 0 takes a free one.")] = None,
    no_worker: Annotated[bool, typer.Option("--no-worker", help="Leave the worker to another process.")] = False,
    no_sandbox: Annotated[bool, typer.Option("--no-sandbox", help="Do not start the sandbox payment provider.")] = False,
) -> None:
    """Run the shop; in development with its own database, demo data, worker and payment sandbox."""
    settings = _settings(host=host, port=port)
    from demo import shop
    from gateways.running import run_shop

    run_shop(settings, shop(with_worker=not no_worker, with_sandbox=not no_sandbox), progress=say)


@cli.command()
def worker(parent: ParentOption = None) -> None:
    """Run the background worker: mail, payments, imports, the clock."""
    from selections import SchemaSelections
    from workers.run import run_worker

    with _servers(parent=parent) as (settings, _):
        run_worker(settings, selections=SchemaSelections)


@cli.command()
def sandbox(parent: ParentOption = None) -> None:
    """Run the sandbox payment provider at SANDBOX_URL."""
    settings = _settings(parent=parent)
    from demo import run_sandbox

    run_sandbox(settings)


@cli.command()
def migrate() -> None:
    """Bring the database's schema to this version."""
    from persistence.migrate import upgrade

    with _servers() as (_, database_url):
        upgrade(database_url)
        say("The database is up to date.")


@cli.command()
def seed(
    size: Annotated[int, typer.Option(help="Products to generate, beside the sample's 25.", min=0, max=20_000)] = 300,
) -> None:
    """Fill an empty shop with the demo catalogue, its people and its stock."""
    from gateways.identity.passwords import Argon2Hasher
    from persistence.migrate import upgrade
    from persistence.seed import seed as fill

    with _servers() as (_, database_url):
        upgrade(database_url)
        report = asyncio.run(
            fill(database_url, hash_password=Argon2Hasher().hashed, now=datetime.now(UTC), size=size, progress=say)
        )
    say(f"The demo shop has {report.products} products." if report.is_new else "There is a shop already; nothing was done.")


@cli.command("import")
def import_products(
    file: Annotated[
        Path, typer.Argument(help="A product CSV as Shopify exports it.", exists=True, dir_okay=False, readable=True)
    ],
    channel: Annotated[str, typer.Option(help="The channel that the prices are for.")] = "default",
) -> None:
    """Read a Shopify product CSV of any size; rows that are wrong are reported and the others kept."""
    from upkeep import import_file

    with _servers() as (settings, database_url):
        now = datetime.now(UTC)
        report = asyncio.run(import_file(database_url, settings.redis_url, file, channel=channel, now=now, progress=say))
    for error in report.errors:
        say(f"line {error.line}, {error.column or 'row'}: {error.reason}")
    if report.failure is not None:
        raise CannotStart(report.failure)
    raise typer.Exit(1 if report.progress.errors else 0)


@cli.command("import-settlement")
def import_settlement(
    provider: Annotated[str, typer.Argument(help="Whose statement it is, such as stripe.")],
    file: Annotated[Path, typer.Argument(help="The statement, a CSV file.", exists=True, dir_okay=False, readable=True)],
) -> None:
    """Compare a payment provider's statement with our books; exit code 1 when somebody has to look at a line."""
    from domain.payments.actions.settlements import StatementFile
    from upkeep import import_statement_file

    statement = StatementFile(provider=provider, name=file.name, content=file.read_text("utf-8-sig"))
    with _servers() as (_, database_url):
        told = asyncio.run(import_statement_file(database_url, statement))
    for outcome, count in told.items():
        say(f"{outcome}: {count}")
    raise typer.Exit(1 if told.keys() & {"DIFFERENT", "UNKNOWN", "MISSING"} else 0)


@cli.command("create-admin")
def create_admin(
    email: Annotated[str, typer.Argument(help="The address to sign in with.")],
    password: Annotated[
        str | None,
        typer.Option(envvar="ADMIN_PASSWORD", help="Asked for when absent; without a terminal read from standard input."),
    ] = None,
    name: Annotated[str, typer.Option(help="What to call them in histories.")] = "Administrator",
) -> None:
    """Make a staff account that may do everything."""
    from persistence.migrate import upgrade
    from upkeep import create_admin as create

    chosen = password or _asked_password()
    with _servers() as (_, database_url):
        upgrade(database_url)
        refusal = asyncio.run(create(database_url, email=email, name=name, password=chosen))
    if refusal is not None:
        raise CannotStart(refusal)
    say(f"{email} may sign in now.")


@cli.command("trust-documents")
def trust_documents(
    folder: Annotated[Path, typer.Argument(help="Where the .graphql files are.", exists=True, file_okay=False)],
    replace: Annotated[bool, typer.Option("--replace", help="Withdraw all documents that are not in the folder.")] = False,
) -> None:
    """Register the .graphql files of a folder as trusted documents; nothing happens unless all are valid."""
    from persistence.migrate import upgrade
    from trusted import NotTrusted, examiner, trust_folder

    with _servers() as (settings, database_url):
        upgrade(database_url)
        try:
            outcome = asyncio.run(trust_folder(database_url, examiner(settings), folder, replace=replace))
        except NotTrusted as refusal:
            for problem in refusal.problems:
                say(problem)
            raise CannotStart("Nothing was registered.") from None
    say(f"{outcome.added} added, {outcome.withdrawn} withdrawn; {outcome.total} documents are trusted.")


@cli.command("trusted-documents")
def trusted_documents() -> None:
    """List the trusted documents: hash, file, and when they were registered."""
    from persistence.documents.store import listed

    with _servers() as (_, database_url):
        for each in asyncio.run(listed(database_url)):
            typer.echo(f"{each.hash} {each.name} {each.registered_at:%Y-%m-%d %H:%M}")


@cli.command("check-invariants")
def check_invariants(
    as_json: Annotated[
        bool, typer.Option("--json", help="Answer on standard output: a list of rules with the rows that break them.")
    ] = False,
) -> None:
    """Compare every sum and state that must agree (stock, money, histories); exit code 1 when one does not."""
    from persistence.invariants import check

    with _servers() as (_, database_url):
        broken = asyncio.run(check(database_url))
    if as_json:
        typer.echo(json.dumps([each._asdict() for each in broken]))
    for each in broken:
        say(f"{each.name}: {', '.join(str(row) for row in each.rows)}")
    say(f"{len(broken)} broken." if broken else "Everything agrees.")
    raise typer.Exit(1 if broken else 0)


@cli.command("verify-audit")
def verify_audit() -> None:
    """Go through the audit log's chain of hashes; exit code 1 when an entry was changed or is missing."""
    from persistence.audit.verify import verify

    with _servers() as (_, database_url):
        verdict = asyncio.run(verify(database_url))
    for each in verdict.breaks:
        say(each)
    say(f"{verdict.sealed} entries sealed, {verdict.waiting} waiting. The chain ends with {verdict.head.hash.hex()}.")
    raise typer.Exit(1 if verdict.breaks else 0)


@cli.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def test(context: typer.Context) -> None:
    """Run lint, types, import rules and all tests; further arguments go to pytest."""
    from tests.checks import run_checks

    raise typer.Exit(run_checks(context.args))


def _asked_password() -> str:
    """Twice from a person at a terminal, else a line of standard input."""
    if sys.stdin.isatty():
        asked: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
        return asked
    given = sys.stdin.readline().rstrip("\r\n")
    if not given:
        raise CannotStart("There is no password: say --password, set ADMIN_PASSWORD, or write it to standard input.")
    return given


def say(line: str) -> None:
    """One line to the person at the terminal; standard output is left to results."""
    typer.echo(line, err=True)


def main() -> None:
    """Runs the command line; what cannot go on says so in one line, and Ctrl-C is a fine way to stop the shop."""
    arguments = sys.argv[1:]
    if not arguments or (arguments[0].startswith("-") and arguments[0] != "--help"):
        arguments = ["serve", *arguments]
    try:
        cli(arguments)
    except CannotStart as refusal:
        say(str(refusal))
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(0 if arguments[0] == "serve" else 130) from None


def _settings(*, parent: int | None = None, host: str | None = None, port: int | None = None) -> Settings:
    settings = load_settings(host=host, port=port)
    configure_logging(level=settings.log_level, for_people=not settings.is_production and sys.stderr.isatty())
    if parent is not None:
        from gateways.signals import end_with_parent

        end_with_parent(parent)
    return settings


@contextmanager
def _servers(*, parent: int | None = None) -> Iterator[tuple[Settings, str]]:
    from gateways.running import servers

    with servers(_settings(parent=parent), progress=say) as settings:
        if settings.database_url is None:
            raise CannotStart("There is no database: set DATABASE_URL.")
        yield settings, settings.database_url


add_app_commands(cli, _servers, say)

if __name__ == "__main__":
    main()
