"""What carriers of text messages report by HTTP: read with a ceiling, shown to be theirs, kept in one transaction, answered after it."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from domain.notices.deliveries import take_report
from domain.notices.model import Report
from domain.notices.provider import ReportRefused, SmsCarrier
from edge.raw import TooLarge, machine_answer, raw_body
from persistence.failures import described
from persistence.unit import Transactions

PATH = "/webhooks/sms/{carrier}"
BODY_MAX = 16 * 1024

log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsReports:
    """The endpoint behind `PATH`, for POST."""

    carrier: SmsCarrier | None
    transact: Transactions

    async def take(self, request: Request) -> Response:
        """200 kept, known before, or about nothing of ours; 400 malformed; 403 not theirs; 404 no such carrier; 413; 503 later."""
        carrier = self.carrier
        if carrier is None or carrier.name != request.path_params["carrier"]:
            return machine_answer(404, "UNKNOWN_CARRIER")
        try:
            body = await raw_body(request, most=BODY_MAX)
            headers = {name.lower(): value for name, value in request.headers.items()}
            report = carrier.read_report(body, headers, request.query_params)
        except TooLarge:
            return machine_answer(413, "BODY_TOO_LARGE")
        except ClientDisconnect:
            return machine_answer(400, "INCOMPLETE")
        except ReportRefused as refused:
            log.warning("sms.report_refused", carrier=carrier.name, reason=str(refused))
            return machine_answer(403, "BAD_SIGNATURE") if refused.is_forged else machine_answer(400, "BAD_REPORT")
        return machine_answer(200, "IGNORED") if report is None else await self._keep(report)

    async def _keep(self, report: Report) -> Response:
        try:
            is_new = await self.transact(take_report, report=report)
        except Exception as trouble:
            # The database is away or busy: they report again. Anything else is a bug, answered by the layer outside.
            if described(trouble) is None:
                raise
            log.warning("sms.report_not_kept", kind=type(trouble).__name__)
            return machine_answer(503, "TRY_AGAIN")
        return machine_answer(200, "KEPT" if is_new else "IGNORED")
