"""The sandbox payment provider as a server of its own: it keeps its own books, and knows of the shop what the shop tells it.

Started beside the API in the demo and by tests; never part of the shop's process.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount

from gateways.payments.sandbox_service import api, delivery, pages
from gateways.payments.sandbox_service.desk import Desk, Timing
from gateways.payments.sandbox_service.ledger import Ledger
from gateways.payments.webhook_signature import key_of

ACCOUNT = "acct_sandbox"
_DEFAULT_TIMING = Timing()


def build(
    *,
    data_dir: Path,
    api_key: str,
    webhook_secret: str,
    public_url: str,
    previous_secret: str = "",
    timing: Timing = _DEFAULT_TIMING,
) -> Starlette:
    """The application. `public_url` is where buyers and merchants reach it, without a slash at the end.

    While a secret is being changed, `previous_secret` signs beside the new one. Raises ValueError for an empty secret or key.
    """
    keys = [key for key in (key_of(webhook_secret), key_of(previous_secret)) if key]
    if not api_key or not key_of(webhook_secret):
        raise ValueError("the sandbox needs an API key and a webhook secret")

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        ledger = await Ledger.open(data_dir)
        app.state.desk = Desk(ledger=ledger, account=ACCOUNT, public_url=public_url, timing=timing)
        try:
            async with delivery.webhook_client() as client:
                clocks = asyncio.create_task(delivery.run(app.state.desk, client, keys))
                try:
                    yield
                finally:
                    clocks.cancel()
                    with contextlib.suppress(asyncio.CancelledError):
                        await clocks
        finally:
            await ledger.close()

    return Starlette(routes=[*pages.routes(), Mount("/v1", routes=api.routes(api_key))], lifespan=lifespan)
