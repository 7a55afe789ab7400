"""Text messages by Twilio's Programmable Messaging (REST API 2010-04-01): a form in, JSON out, status callbacks that are signed.

Twilio takes no key by which it would know a message again. After a try whose answer was lost it is asked what it has sent to
that number since, and each message's callback address names the message, so that a callback settles the doubt as well.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl
from uuid import UUID

from domain.ids import NoticeId
from domain.notices.model import Letter, Receipt, Report
from domain.notices.provider import Accepted, NotAccepted, ReportRefused
from gateways.payments.strict_json import Fields, decode
from gateways.sms.http import CALL_SECONDS, Heard, SmsLine
from gateways.sms.numbers import not_a_number

_NEVER = frozenset({21211, 21214, 21217, 21610, 21612, 21614, 21617, 21635})
"""Errors that no later try mends: the number cannot be, cannot be reached by text or has said STOP, or the text is too long."""
_RECEIPTS = {"delivered": Receipt.DELIVERED, "undelivered": Receipt.UNDELIVERED, "failed": Receipt.UNDELIVERED}
_UNDER_WAY = frozenset({"accepted", "scheduled", "queued", "sending", "sent"})
_LOOKED_THROUGH = 50
_CLOCKS_APART = timedelta(minutes=2)
_PARAMETERS_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioValues:
    """Our account, the sender (a number, a short code, a name, or a messaging service's id), and where callbacks go, if
    Twilio can reach us.
    """

    account_sid: str
    auth_tokens: tuple[str, ...] = field(repr=False)
    sender: str
    report_url: str
    url: str = "https://api.twilio.com"
    call_seconds: float = CALL_SECONDS


class Twilio:
    """`domain.notices.provider.SmsCarrier` made true."""

    name = "twilio"

    def __init__(self, line: SmsLine, values: TwilioValues) -> None:
        self._line = line
        self._values = values

    async def send(self, letter: Letter) -> Accepted | NotAccepted:
        """See the port."""
        if (problem := not_a_number(letter)) is not None:
            return problem
        if letter.is_unsure and (found := await self._find(letter)) is not None:
            return found
        is_service = self._values.sender.startswith("MG") and len(self._values.sender) == 34
        form = {
            "To": letter.recipient,
            "MessagingServiceSid" if is_service else "From": self._values.sender,
            "Body": letter.text,
        }
        if self._values.report_url:
            form["StatusCallback"] = f"{self._values.report_url}?message={letter.id}&try={letter.fence}"
        heard = await self._line.post(self._messages, form, self._headers())
        return heard if isinstance(heard, NotAccepted) else _outcome(heard)

    def read_report(self, body: bytes, headers: Mapping[str, str], query: Mapping[str, str]) -> Report | None:
        """See the port. Signed over the address that we gave and the fields of the form, by any of our tokens."""
        try:
            fields = parse_qsl(
                body.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=_PARAMETERS_MAX
            )
            message_id, fence = UUID(query.get("message", "")), int(query.get("try", ""))
        except ValueError as error:
            raise ReportRefused("no form, or no message is named") from error
        address = f"{self._values.report_url}?message={query['message']}&try={query['try']}"
        said = address + "".join(f"{name}{value}" for name, value in sorted(fields))
        given = headers.get("x-twilio-signature", "").encode()
        right = [hmac.compare_digest(signature(said, token).encode(), given) for token in self._values.auth_tokens]
        if not any(right):
            raise ReportRefused("no signature fits", is_forged=True)
        told = dict(fields)
        status, reference = told.get("MessageStatus", ""), told.get("MessageSid", "")
        if not reference or (status not in _RECEIPTS and status not in _UNDER_WAY):
            return None
        receipt = _RECEIPTS.get(status)
        reason = f"{status}: error {told.get('ErrorCode') or 'unknown'}" if receipt is Receipt.UNDELIVERED else ""
        return Report(reference=reference, notice_id=NoticeId(message_id), fence=fence, receipt=receipt, reason=reason)

    async def _find(self, letter: Letter) -> Accepted | NotAccepted | None:
        """The same text to the same number, sent since the message was written; None when there is none."""
        params = {"To": letter.recipient, "PageSize": str(_LOOKED_THROUGH)}
        heard = await self._line.get(self._messages, params, self._headers())
        if isinstance(heard, NotAccepted) or heard.status != 200:
            reason = heard.reason if isinstance(heard, NotAccepted) else f"the carrier answered {heard.status}"
            return NotAccepted(f"an earlier try may have been taken, and could not be looked up: {reason}", may_be_taken=True)
        since = letter.created_at - _CLOCKS_APART
        try:
            for each in Fields(decode(heard.body)).many("messages", most=_LOOKED_THROUGH):
                is_it = each.text("to") == letter.recipient and each.text("body").endswith(letter.text)
                if is_it and parsedate_to_datetime(each.text("date_created")) >= since:
                    return Accepted(reference=each.text("sid"))
        except ValueError as error:
            return NotAccepted(f"an answer that cannot be read: {error}", may_be_taken=True)
        return None

    @property
    def _messages(self) -> str:
        return f"{self._values.url}/2010-04-01/Accounts/{self._values.account_sid}/Messages.json"

    def _headers(self) -> dict[str, str]:
        pair = f"{self._values.account_sid}:{self._values.auth_tokens[0]}".encode()
        return {"authorization": f"Basic {base64.b64encode(pair).decode()}", "accept": "application/json"}


def signature(said: str, token: str) -> str:
    """X-Twilio-Signature: HMAC-SHA1 of the address with the form's names and values, sorted, after it."""
    return base64.b64encode(hmac.digest(token.encode(), said.encode(), hashlib.sha1)).decode()


def _outcome(heard: Heard) -> Accepted | NotAccepted:
    """What Twilio says to a message. What cannot be read of a success may have been one."""
    is_taken = 200 <= heard.status < 300
    try:
        fields = Fields(decode(heard.body))
        if is_taken:
            return Accepted(reference=fields.text("sid"))
        code = fields.whole_or_none("code", low=0, high=99_999)
        return NotAccepted(f"error {code}: {fields.text_or_none('message')}", is_final=code in _NEVER)
    except ValueError as error:
        return NotAccepted(f"the carrier answered {heard.status}, unreadable: {error}", may_be_taken=is_taken)
