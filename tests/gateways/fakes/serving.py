"""What all fakes of providers have in common: real ports, faults on demand, and webhooks that are sent again until they are taken."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import httpx2
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.gateways.receiver import QuietServer

SLOW_SECONDS = 0.3
RETRY_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


class Fault(enum.Enum):
    """What goes wrong with one request that changes something."""

    DOWN = "DOWN"
    """503, and nothing was done."""
    BROKEN_AFTER = "BROKEN_AFTER"
    """It was done, and the answer is a 500."""
    SLOW = "SLOW"
    """It is done, and answered late."""
    LOST_AFTER = "LOST_AFTER"
    """It was done, and no answer comes: the caller gives up waiting."""


@dataclass
class Backstage:
    """What a test arranges behind a fake's back, and what it sees there."""

    sign: Callable[[bytes], dict[str, str]]
    """The headers of a webhook, made anew for every sending."""
    webhook_url: str = ""
    faults: deque[Fault] = field(default_factory=deque)
    drops: int = 0
    """So many webhooks are never sent."""
    answers: list[int] = field(default_factory=list)
    """What webhooks were answered with."""
    _sending: set[asyncio.Task[None]] = field(default_factory=set)

    def tell(self, body: bytes) -> None:
        """Sends a webhook, again and again until it is answered with a 2xx."""
        if self.drops:
            self.drops -= 1
        elif self.webhook_url:
            task = asyncio.create_task(self._tell(self.webhook_url, body))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def told(self) -> None:
        """Returns when all webhooks were taken, or given up."""
        while self._sending:
            await asyncio.gather(*self._sending)

    async def _tell(self, url: str, body: bytes) -> None:
        async with httpx2.AsyncClient(trust_env=False) as client:
            for pause in RETRY_SECONDS:
                with contextlib.suppress(httpx2.TransportError):
                    answer = await client.post(url, content=body, headers=self.sign(body))
                    self.answers.append(answer.status_code)
                    if answer.is_success:
                        return
                await asyncio.sleep(pause)

    def wrapped(self, app: ASGIApp) -> ASGIApp:
        """The fake's application, with the faults."""

        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            is_deed = scope["type"] == "http" and scope["method"] != "GET" and not scope["path"].startswith("/pages")
            if not is_deed or not self.faults:
                await app(scope, receive, send)
                return
            fault = self.faults.popleft()
            if fault is Fault.SLOW:
                await asyncio.sleep(SLOW_SECONDS)
                await app(scope, receive, send)
                return
            if fault is not Fault.DOWN:
                await app(scope, receive, _swallowed)
            if fault is Fault.LOST_AFTER:
                while (await receive())["type"] != "http.disconnect":
                    pass
                return
            status = 503 if fault is Fault.DOWN else 500
            await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/html")]})
            await send({"type": "http.response.body", "body": b"<html>trouble</html>"})

        return faulty


async def _swallowed(message: Message) -> None:
    del message


@contextlib.asynccontextmanager
async def serving(app: Callable[[str], ASGIApp]) -> AsyncIterator[str]:
    """The application that `app` makes for its own address, served there; the address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = QuietServer(uvicorn.Config(app(url), log_level="critical", lifespan="off", ws="none", access_log=False))
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield url
        finally:
            server.should_exit = True
            await running
