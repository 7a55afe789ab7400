"""Text messages by Africa's Talking (bulk SMS, version1/messaging): a form in, JSON out, delivery reports by form.

It takes no key by which it would know a message again, and cannot be asked what it has sent. A try whose answer was lost is
therefore the last: the message is parked for staff, who may send it again knowing that it may arrive twice.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl

from domain.notices.model import Letter, Receipt, Report
from domain.notices.provider import Accepted, NotAccepted, ReportRefused
from gateways.payments.strict_json import Fields, decode
from gateways.sms.http import CALL_SECONDS, Heard, SmsLine
from gateways.sms.numbers import not_a_number

_TAKEN = frozenset({100, 101, 102})
"""Processed, sent, queued."""
_NEVER = frozenset({403, 404, 406, 409})
"""Statuses of a recipient that no later try mends: no such number, none that takes texts, on the black list, do not disturb."""
_DOUBTFUL = frozenset({500, 501})
"""Errors of theirs and of gateways behind them, which may have taken it."""
_RECEIPTS = {
    "Success": Receipt.DELIVERED,
    "Failed": Receipt.UNDELIVERED,
    "Rejected": Receipt.UNDELIVERED,
    "AbsentSubscriber": Receipt.UNDELIVERED,
    "Expired": Receipt.UNDELIVERED,
}
_UNDER_WAY = frozenset({"Sent", "Submitted", "Buffered"})
_PARAMETERS_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AfricasTalkingValues:
    """Our account and sender (a short code or a name; empty for theirs). Reports are unsigned: their address ends with a
    secret of ours, without which none is taken.
    """

    username: str
    api_key: str = field(repr=False)
    sender: str = ""
    report_secrets: tuple[str, ...] = field(default=(), repr=False)
    url: str = "https://api.africastalking.com"
    call_seconds: float = CALL_SECONDS


class AfricasTalking:
    """`domain.notices.provider.SmsCarrier` made true."""

    name = "africastalking"

    def __init__(self, line: SmsLine, values: AfricasTalkingValues) -> None:
        self._line = line
        self._values = values

    async def send(self, letter: Letter) -> Accepted | NotAccepted:
        """See the port."""
        if (problem := not_a_number(letter)) is not None:
            return problem
        if letter.is_unsure:
            reason = "an earlier try may have been taken, and the carrier cannot be asked"
            return NotAccepted(reason, is_final=True, may_be_taken=True)
        form = {"username": self._values.username, "to": letter.recipient, "message": letter.text}
        if self._values.sender:
            form["from"] = self._values.sender
        headers = {"apikey": self._values.api_key, "accept": "application/json"}
        heard = await self._line.post(f"{self._values.url}/version1/messaging", form, headers)
        outcome = heard if isinstance(heard, NotAccepted) else _outcome(heard)
        if isinstance(outcome, NotAccepted) and outcome.may_be_taken:
            return replace(outcome, is_final=True)
        return outcome

    def read_report(self, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]) -> Report | None:
        """See the port."""
        del headers
        given = query.get("key", "").encode()
        right = [hmac.compare_digest(each.encode(), given) for each in self._values.report_secrets]
        if not any(right):
            raise ReportRefused("the address has no secret of ours", is_forged=True)
        try:
            told = dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_PARAMETERS_MAX))
        except ValueError as error:
            raise ReportRefused("this is no form") from error
        status, reference = told.get("status", ""), told.get("id", "")
        if not reference or (status not in _RECEIPTS and status not in _UNDER_WAY):
            return None
        receipt = _RECEIPTS.get(status)
        reason = f"{status}: {told.get('failureReason') or 'unknown'}" if receipt is Receipt.UNDELIVERED else ""
        return Report(reference=reference, receipt=receipt, reason=reason)


def _outcome(heard: Heard) -> Accepted | NotAccepted:
    """What is said of the one recipient. Without a word on them nothing was sent, as with a sender that is not ours."""
    if not 200 <= heard.status < 300:
        return NotAccepted(f"the carrier answered {heard.status}")
    try:
        data = Fields(decode(heard.body)).inner("SMSMessageData")
        recipients = data.many("Recipients", most=1)
        if not recipients:
            return NotAccepted(f"nobody was written to: {data.text_or_none('Message')}")
        code, status = recipients[0].whole("statusCode", low=0, high=999), recipients[0].text("status")
        if code in _TAKEN:
            return Accepted(reference=recipients[0].text("messageId"))
    except ValueError as error:
        return NotAccepted(f"an answer that cannot be read: {error}", may_be_taken=True)
    return NotAccepted(f"{code} {status}", is_final=code in _NEVER, may_be_taken=code in _DOUBTFUL)
