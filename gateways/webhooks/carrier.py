"""Carries webhooks out: signed as Standard Webhooks has it, to public addresses only, with deadlines and no redirects.

What a receiver answers is kept in part, for the people who have to find out why it refused.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import time
from datetime import datetime

import httpcore2
from standardwebhooks import Webhook

from domain.webhooks.model import Outcome
from domain.webhooks.provider import Message
from gateways.webhooks.reachable import PublicOnly, Resolve, resolved

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 10.0
RESPONSE_MAX = 500
"""Characters of the answer that are kept; no more than a few times as many bytes are read."""
_READ_MAX = 4 * RESPONSE_MAX
_GONE = 410


class SignedCarrier:
    """`domain.webhooks.provider.Carrier`. Belongs to one event loop; `close` it."""

    def __init__(
        self,
        *,
        allows_local: bool,
        total_seconds: float = TOTAL_SECONDS,
        resolve: Resolve = resolved,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._seconds = total_seconds
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=trust or ssl.create_default_context(),
            max_connections=200,
            max_keepalive_connections=20,
            keepalive_expiry=20,
            network_backend=PublicOnly(allows_local=allows_local, resolve=resolve),
        )

    async def close(self) -> None:
        await self._pool.aclose()

    async def send(self, message: Message, *, now: datetime) -> Outcome:
        """One POST. Taken means any 2xx; a redirect is a refusal, for nobody is followed elsewhere."""
        began = time.monotonic()
        status: int | None = None
        response, reason = "", None
        try:
            async with asyncio.timeout(self._seconds):
                status, response = await self._post(message, now)
            reason = None if 200 <= status < 300 else f"the receiver answered {status}"
        except TimeoutError:
            reason = f"no answer within {self._seconds:g} seconds"
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as failure:
            reason = f"no answer: {type(failure).__name__} {failure}"[:300]
        except (OSError, ValueError) as failure:
            reason = f"no answer: {type(failure).__name__}"
        return Outcome(
            status=status,
            reason=reason,
            response=response,
            milliseconds=round((time.monotonic() - began) * 1000),
            is_final=status == _GONE,
            at=now,
        )

    async def _post(self, message: Message, now: datetime) -> tuple[int, str]:
        headers: dict[str | bytes, str | bytes] = {
            "content-type": "application/json",
            "user-agent": "Vitrine-Webhooks",
            "webhook-id": message.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signatures(message, now),
        }
        deadlines = {"connect": CONNECT_SECONDS, "read": self._seconds, "write": self._seconds, "pool": self._seconds}
        async with self._pool.stream(
            "POST", message.url, headers=headers, content=message.body, extensions={"timeout": deadlines}
        ) as answer:
            read = bytearray()
            async for chunk in answer.aiter_stream():
                read += chunk
                if len(read) >= _READ_MAX:
                    break
            return answer.status, read[:_READ_MAX].decode("utf-8", "replace").replace("\x00", "")[:RESPONSE_MAX]


def signatures(message: Message, now: datetime) -> str:
    """One signature per key, with spaces between: the receiver may hold any of them (Standard Webhooks, "rotation")."""
    body = message.body.decode()
    return " ".join(
        Webhook(base64.b64encode(key).decode()).sign(msg_id=message.id, timestamp=now, data=body) for key in message.secrets
    )
