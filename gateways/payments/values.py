"""What may be set about payment providers; `gateways.settings` reads it with everything else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from domain.money import Currency
from domain.payments.provider import OfferRule
from gateways.federation.values import Listed, by_commas
from gateways.payments.manual import METHODS, TRANSFER

Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(by_commas)]
_URL = r"^https?://[^/]+$"
_RULE = re.compile(r"(\*|[a-z0-9-]+):(\*|[A-Z]{3})=([a-z0-9_-]+(?:,[a-z0-9_-]+)*)\Z")
_TOGETHER = (
    ("stripe_api_key", "stripe_account"),
    ("paypal_client_id", "paypal_client_secret", "paypal_account"),
    ("square_access_token", "square_location_id"),
)


class PaymentValues(BaseModel):
    """A provider is set up by its key and account; without them it is off. How long money is waited for stands beside."""

    payment_providers: str = ""
    payment_plugins: Mapping[str, Mapping[str, str]] = Field(default_factory=dict, repr=False)
    payment_unfinished_seconds: int | None = Field(None, ge=15)
    draft_payment_days: int = Field(7, ge=1, le=90)

    stripe_api_key: SecretStr = SecretStr("")
    stripe_account: str = Field("", pattern=r"^(acct_[A-Za-z0-9]+)?$")
    stripe_webhook_secrets: Secrets = ()
    stripe_url: str = Field("https://api.stripe.com", pattern=_URL)

    paypal_client_id: str = ""
    paypal_client_secret: SecretStr = SecretStr("")
    paypal_account: str = ""
    paypal_webhook_ids: Listed = ()
    paypal_url: str = Field("https://api-m.paypal.com", pattern=_URL)
    paypal_certificate_roots: str = Field("", repr=False)

    square_access_token: SecretStr = SecretStr("")
    square_location_id: str = ""
    square_webhook_secrets: Secrets = ()
    square_url: str = Field("https://connect.squareup.com", pattern=_URL)

    chapa_secret_key: SecretStr = SecretStr("")
    chapa_webhook_secrets: Secrets = ()
    chapa_url: str = Field("https://api.chapa.co", pattern=_URL)

    manual_methods: Listed = ()
    manual_instructions: str = ""
    manual_wait_days: int = Field(7, ge=1, le=90)

    @model_validator(mode="after")
    def _whole_providers(self) -> Self:
        for names in _TOGETHER:
            missing = [name.upper() for name in names if not _text(getattr(self, name))]
            if missing and len(missing) < len(names):
                raise ValueError(f"set {', '.join(missing)} too, or none of the provider's")
        if unknown := set(self.manual_methods) - set(METHODS):
            raise ValueError(f"MANUAL_METHODS knows {' and '.join(METHODS)}, not {', '.join(sorted(unknown))}")
        if TRANSFER in self.manual_methods and not self.manual_instructions.strip():
            raise ValueError("MANUAL_INSTRUCTIONS has to say where a bank transfer goes")
        self.offer_rules  # noqa: B018 -- raises when they cannot be read
        return self

    @property
    def offer_rules(self) -> tuple[OfferRule, ...]:
        """Who is offered where. Raises ValueError when it cannot be read."""
        rules = []
        for part in filter(None, (each.strip() for each in self.payment_providers.split(";"))):
            found = _RULE.match(part.replace(" ", ""))
            if found is None:
                raise ValueError(f"PAYMENT_PROVIDERS is read as channel:CURRENCY=provider,provider;... and not {part[:80]!r}")
            rules.append(
                OfferRule(
                    channel=None if found[1] == "*" else found[1],
                    currency=None if found[2] == "*" else Currency(found[2]),
                    names=tuple(dict.fromkeys(found[3].split(","))),
                )
            )
        return tuple(rules)


def _text(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
