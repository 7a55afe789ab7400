"""The commands about apps: registering an OAuth client, tokens for development, and the key that signs id tokens.

What they do is `upkeep`'s; secrets go to standard output, once, as JSON, and everything for people to standard error.
"""

# ruff: noqa: PLC0415 -- a command loads only what it needs
from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated

import typer

from gateways.refusal import CannotStart
from gateways.settings import Settings

Servers = Callable[[], AbstractContextManager[tuple[Settings, str]]]
Scopes = Annotated[str, typer.Option(help="Scopes with blanks between them, as in `orders:read stock:read`.")]


def add_app_commands(cli: typer.Typer, servers: Servers, say: Callable[[str], None]) -> None:
    """Adds `oauth-client create`, `token issue` and `oauth-key rotate`."""
    clients = typer.Typer(help="Apps that come by OAuth 2.0.", no_args_is_help=True)
    tokens = typer.Typer(help="Tokens for development.", no_args_is_help=True)
    keys = typer.Typer(help="The key that signs id tokens.", no_args_is_help=True)

    @clients.command("create")
    def create(
        name: Annotated[str, typer.Argument(help="What the app is called, on the page that asks for consent too.")],
        scopes: Scopes,
        redirect_uri: Annotated[list[str] | None, typer.Option(help="Where people are sent back to; may be repeated.")] = None,
        public: Annotated[bool, typer.Option("--public", help="No secret: it runs in browsers or on phones.")] = False,
    ) -> None:
        """Register an app; prints its client_id and client_secret."""
        from upkeep import create_client

        with servers() as (_, database_url):
            made = asyncio.run(
                create_client(database_url, name=name, scopes=scopes, redirect_uris=redirect_uri or [], is_public=public)
            )
        if isinstance(made, str):
            raise CannotStart(made)
        typer.echo(json.dumps({"client_id": str(made.id), "client_secret": made.secret or None}))

    @tokens.command("issue")
    def issue(
        scopes: Scopes,
        ttl: Annotated[int, typer.Option(help="Seconds until it ends.", min=1)] = 86_400,
    ) -> None:
        """Make a token for development; no shop in production makes one, or takes it."""
        from upkeep import issue_token

        with servers() as (settings, database_url):
            if settings.is_production:
                raise CannotStart("Tokens for development are not for production: make an API key (apiKeyCreate).")
            made = asyncio.run(issue_token(database_url, scopes=scopes, seconds=ttl))
        if isinstance(made, str):
            raise CannotStart(made)
        typer.echo(made.secret)

    @keys.command("rotate")
    def rotate() -> None:
        """Sign id tokens with another key from now on; the one before is published a day longer."""
        from upkeep import rotate_signing_key

        with servers() as (settings, database_url):
            key_id = asyncio.run(rotate_signing_key(settings, database_url))
        say(f"Id tokens are signed with {key_id}." if key_id is not None else "Somebody else has just done it.")

    cli.add_typer(clients, name="oauth-client")
    cli.add_typer(tokens, name="token")
    cli.add_typer(keys, name="oauth-key")
