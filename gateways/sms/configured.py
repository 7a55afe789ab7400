"""The carrier of text messages of a process, made from its settings: the same for the API and for the worker."""

from __future__ import annotations

import httpx2

from domain.notices.provider import SmsCarrier
from gateways.settings import Settings
from gateways.sms.africastalking import AfricasTalking, AfricasTalkingValues
from gateways.sms.files import FileSms
from gateways.sms.http import SmsLine
from gateways.sms.twilio import Twilio, TwilioValues

REPORTS = "/webhooks/sms"
"""Where carriers report to; their names come behind."""


def sends_sms(settings: Settings) -> bool:
    """Whether the shop sends text messages at all."""
    return _chosen(settings) != "none"


def sms_carrier(settings: Settings, *, client: httpx2.AsyncClient) -> SmsCarrier | None:
    """Who carries text messages; None where none are sent."""
    match _chosen(settings):
        case "twilio":
            return Twilio(SmsLine(client), _twilio(settings))
        case "africastalking":
            return AfricasTalking(SmsLine(client), _africastalking(settings))
        case "sandbox":
            return FileSms(settings.data_dir / "sms")
        case _:
            return None


def _chosen(settings: Settings) -> str:
    """The carrier's name. In development files, in production nobody, unless set."""
    return settings.sms_provider or ("none" if settings.is_production else "sandbox")


def _twilio(settings: Settings) -> TwilioValues:
    # Where Twilio cannot reach us it is not told to: it would refuse the message for its address.
    is_reachable = bool(settings.public_url or settings.webhook_url)
    return TwilioValues(
        account_sid=settings.twilio_account_sid,
        auth_tokens=tuple(each.get_secret_value() for each in settings.twilio_auth_tokens),
        sender=settings.twilio_from,
        report_url=f"{settings.provider_callback_url}{REPORTS}/twilio" if is_reachable else "",
        url=settings.twilio_url,
    )


def _africastalking(settings: Settings) -> AfricasTalkingValues:
    return AfricasTalkingValues(
        username=settings.africastalking_username,
        api_key=settings.africastalking_api_key.get_secret_value(),
        sender=settings.africastalking_from,
        report_secrets=tuple(each.get_secret_value() for each in settings.africastalking_report_secrets),
        url=settings.africastalking_url,
    )
