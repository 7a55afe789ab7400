"""Providers' notifications by HTTP: read with a ceiling, signature first, kept with one insert, answered after the commit.

Nothing is decided here: what a notification means is the rules' business, later and under the order's lock. Answers are
for machines: 2xx when it is kept, 4xx when repeating it is useless, 5xx when it should be sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from domain.payments.actions.inbox import accept_notification
from domain.payments.model import Notification
from domain.payments.provider import BadSignature, NotificationRefused, Provider, ProviderUnavailable
from edge.raw import TooLarge, machine_answer, raw_body
from persistence.failures import described
from persistence.unit import Transactions

PATH = "/webhooks/payments/{provider}"
BODY_MAX = 256 * 1024

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentWebhooks:
    """The endpoint behind `PATH`, for POST."""

    providers: Mapping[str, Provider]
    transact: Transactions
    clock: Callable[[], datetime]

    async def take(self, request: Request) -> Response:
        """200 kept (or kept before, or not about a payment); 400 unsigned or malformed; 404 no such provider; 413; 503 later."""
        provider = self.providers.get(request.path_params["provider"])
        if provider is None:
            return machine_answer(404, "UNKNOWN_PROVIDER")
        try:
            body = await raw_body(request, most=BODY_MAX)
        except TooLarge:
            return machine_answer(413, "BODY_TOO_LARGE")
        except ClientDisconnect:
            return machine_answer(400, "INCOMPLETE")
        headers = {name.lower(): value for name, value in request.headers.items()}
        read = await self._read(provider, body, headers)
        return read if isinstance(read, Response) else await self._keep(read, getattr(request.state, "request_id", None))

    async def _read(self, provider: Provider, body: bytes, headers: Mapping[str, str]) -> Notification | Response:
        """The message, or the answer to one that is not kept."""
        try:
            notification = await provider.read_notification(body, headers, self.clock())
        except ProviderUnavailable as away:
            # Whether it is genuine cannot be told now, as without a certificate: they send it again.
            log.warning("notification.not_checked", provider=provider.name, reason=str(away))
            return machine_answer(503, "TRY_AGAIN")
        except NotificationRefused as refused:
            log.warning("notification.refused", provider=provider.name, reason=str(refused))
            return machine_answer(400, "BAD_SIGNATURE" if isinstance(refused, BadSignature) else "BAD_NOTIFICATION")
        return notification or machine_answer(200, "IGNORED")

    async def _keep(self, notification: Notification, request_id: str | None) -> Response:
        try:
            await self.transact.of_request(request_id)(accept_notification, notification=notification)
        except Exception as trouble:
            # The database is away or busy: they send it again. Anything else is a bug, answered by the layer outside.
            if described(trouble) is None:
                raise
            log.warning("notification.not_kept", provider=notification.provider, kind=type(trouble).__name__)
            return machine_answer(503, "TRY_AGAIN")
        log.info("notification.kept", provider=notification.provider, notification_id=notification.notification_id)
        return machine_answer(200, "KEPT")
