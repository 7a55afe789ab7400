"""The shop as one command runs it: the database prepared, worker and payment sandbox beside the API, and a word of welcome.

In production only the API runs, for everything else is somebody's decision there.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import typer

from application import build_app
from gateways.identity.passwords import Argon2Hasher
from gateways.payments.sandbox_service import app as sandbox_service
from gateways.refusal import CannotStart
from gateways.running import Shop
from gateways.serving import Drain, Serving, Stopping, free_port, listen, serve_app
from gateways.settings import Settings
from persistence import migrate, seed

SERVER = Path(__file__).resolve().with_name("server.py")


def shop(*, with_worker: bool, with_sandbox: bool) -> Shop:
    """The shop as `serve` runs it: everything in development, the API alone in production."""

    def children(settings: Settings) -> Mapping[str, Sequence[str]]:
        wanted = {"sandbox": with_sandbox, "worker": with_worker}
        if settings.is_production:
            return {}
        return {name: _command(name) for name, is_wanted in wanted.items() if is_wanted}

    def neighbours(settings: Settings) -> Mapping[str, str]:
        return {"sandbox": settings.provider_url}

    return Shop(
        settle=_settle_sandbox,
        prepare=_prepare,
        children=children,
        build_app=build_app,
        welcome=_welcome,
        neighbours=neighbours,
    )


def run_sandbox(settings: Settings) -> None:
    """Serves the sandbox payment provider where SANDBOX_URL says, until it is told to stop. Raises CannotStart."""
    place = urlsplit(settings.provider_url)
    secrets = settings.webhook_secrets
    if not place.hostname or not secrets or not settings.sandbox_api_key.get_secret_value():
        raise CannotStart("The sandbox needs SANDBOX_URL, SANDBOX_API_KEY and SANDBOX_WEBHOOK_SECRETS.")
    app = sandbox_service.build(
        data_dir=settings.data_dir / "sandbox",
        api_key=settings.sandbox_api_key.get_secret_value(),
        webhook_secret=secrets[0],
        previous_secret=secrets[1] if len(secrets) > 1 else "",
        public_url=settings.provider_public_url,
    )
    serving = Serving(
        app=app,
        drain=Drain(begin=lambda: None, unready_seconds=0, drain_seconds=2),
        ready=lambda: None,
        tend=lambda: None,
        forwarded_allow_ips=settings.forwarded_allow_ips,
    )
    with Stopping().watching() as stopping:
        # In a container the published name is not an address of ours; there HOST says where to listen.
        listener = listen(settings.host if settings.is_production else place.hostname, place.port or 80)
        serve_app(serving, listener, stopping=stopping)


def _settle_sandbox(settings: Settings) -> Settings:
    """The sandbox beside the API, on the next free port, unless SANDBOX_URL says where it is."""
    if settings.is_production or settings.sandbox_url:
        return settings
    port = free_port("127.0.0.1", preferred=settings.port + 1)
    return settings.model_copy(update={"sandbox_url": f"http://127.0.0.1:{port}"})


def _prepare(settings: Settings) -> None:
    """In development the schema is brought up to date and an empty shop filled; production does neither unasked."""
    if settings.is_production or settings.database_url is None:
        return
    _say("Updating the schema")
    migrate.upgrade(settings.database_url)
    asyncio.run(seed.seed(settings.database_url, hash_password=Argon2Hasher().hashed, now=datetime.now(UTC), progress=_say))


def _command(name: str) -> Sequence[str]:
    return (sys.executable, str(SERVER), name, "--parent", str(os.getpid()))


def _welcome(settings: Settings) -> None:
    if settings.is_production:
        return
    logins = [f"  {login.who:<10} {login.email}  password {login.password}" for login in seed.DEMO_LOGINS]
    lines = [
        "",
        f"Vitrine is open at {settings.own_url}/graphql (GraphiQL: its first tabs buy something, step by step).",
        *logins,
        f"Mail is shown at {settings.own_url}/mailbox, the payment sandbox at {settings.provider_public_url}.",
        "Try first: run the tabs from Browse to WatchOrder, left to right: something is bought, and its order changes live.",
        "Ctrl-C stops everything.",
    ]
    _say("\n".join(lines))


def _say(line: str) -> None:
    typer.echo(line, err=True)
