"""The payment providers of a process, made from its settings: the same for the API and for the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import httpx2
from pydantic import SecretStr

from domain.payments.provider import Provider
from gateways.payments.chapa import ChapaValues
from gateways.payments.circuit import Circuit
from gateways.payments.http import TOTAL_SECONDS, Line
from gateways.payments.manual import ManualValues
from gateways.payments.paypal_wire import PayPalValues
from gateways.payments.registry import ProviderValues, UnknownProvider, providers
from gateways.payments.sandbox import SandboxValues
from gateways.payments.square_wire import SquareValues
from gateways.payments.stripe_wire import StripeValues
from gateways.refusal import CannotStart
from gateways.settings import Settings


def configured(settings: Settings, *, client: httpx2.AsyncClient) -> Mapping[str, Provider]:
    """The providers that are set up, by name; the sandbox last. Raises CannotStart when one cannot work as it is set up."""
    try:
        made = providers(provider_values(settings), client=client)
    except (UnknownProvider, ValueError) as wrong:
        raise CannotStart(f"A payment provider is set up wrongly: {wrong}") from None
    named = {name for rule in settings.offer_rules for name in rule.names}
    if unknown := named - set(made):
        raise CannotStart(f"PAYMENT_PROVIDERS names {', '.join(sorted(unknown))}, which is not set up. See .env.example.")
    return made


def provider_values(settings: Settings) -> ProviderValues:
    """What the settings say about each provider."""
    # Less than a request may take, so that a provider that hangs is answered with a pending payment.
    seconds = min(TOTAL_SECONDS, settings.request_seconds_max * 0.7)
    return ProviderValues(
        stripe=_stripe(settings, seconds) if settings.stripe_api_key.get_secret_value() else None,
        paypal=_paypal(settings, seconds) if settings.paypal_client_id else None,
        square=_square(settings, seconds) if settings.square_location_id else None,
        chapa=_chapa(settings, seconds) if settings.chapa_secret_key.get_secret_value() else None,
        manual=_manual(settings) if settings.manual_methods else None,
        sandbox=_sandbox(settings, seconds) if settings.provider_url and settings.sandbox_api_key.get_secret_value() else None,
        installed=settings.payment_plugins,
    )


def _stripe(settings: Settings, seconds: float) -> StripeValues:
    return StripeValues(
        api_key=settings.stripe_api_key.get_secret_value(),
        account=settings.stripe_account,
        webhook_secrets=_all(settings.stripe_webhook_secrets),
        url=settings.stripe_url,
        total_seconds=seconds,
    )


def _paypal(settings: Settings, seconds: float) -> PayPalValues:
    return PayPalValues(
        client_id=settings.paypal_client_id,
        client_secret=settings.paypal_client_secret.get_secret_value(),
        account=settings.paypal_account,
        webhook_ids=settings.paypal_webhook_ids,
        url=settings.paypal_url,
        certificate_roots=settings.paypal_certificate_roots,
        total_seconds=seconds,
    )


def _square(settings: Settings, seconds: float) -> SquareValues:
    return SquareValues(
        access_token=settings.square_access_token.get_secret_value(),
        location_id=settings.square_location_id,
        webhook_secrets=_all(settings.square_webhook_secrets),
        notification_url=f"{settings.provider_callback_url}/webhooks/payments/square",
        url=settings.square_url,
        total_seconds=seconds,
    )


def _chapa(settings: Settings, seconds: float) -> ChapaValues:
    return ChapaValues(
        secret_key=settings.chapa_secret_key.get_secret_value(),
        webhook_secrets=_all(settings.chapa_webhook_secrets),
        url=settings.chapa_url,
        total_seconds=seconds,
    )


def _manual(settings: Settings) -> ManualValues:
    return ManualValues(
        methods=settings.manual_methods,
        instructions=settings.manual_instructions,
        wait=timedelta(days=settings.manual_wait_days),
    )


def _sandbox(settings: Settings, seconds: float) -> SandboxValues:
    return SandboxValues(
        url=settings.provider_url,
        api_key=settings.sandbox_api_key.get_secret_value(),
        webhook_secrets=settings.webhook_secrets,
        total_seconds=seconds,
    )


def circuits(made: Mapping[str, Provider]) -> Mapping[str, Callable[[], bool]]:
    """Of each provider of ours that is called, by name: whether it is not asked for now, because it did not answer."""
    lines = {name: getattr(provider, "line", None) for name, provider in made.items()}
    return {name: _reading(line.circuit) for name, line in lines.items() if isinstance(line, Line)}


def _reading(circuit: Circuit) -> Callable[[], bool]:
    return lambda: circuit.is_open


def _all(secrets: tuple[SecretStr, ...]) -> tuple[str, ...]:
    return tuple(secret.get_secret_value() for secret in secrets)
