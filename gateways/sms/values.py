"""What may be set about text messages; `gateways.settings` reads it with everything else."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from gateways.federation.values import by_commas

Secrets = Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(by_commas)]
_URL = r"^https?://[^/]+$"
_NEEDED = {
    "twilio": ("twilio_account_sid", "twilio_auth_tokens", "twilio_from"),
    "africastalking": ("africastalking_username", "africastalking_api_key"),
}


class SmsValues(BaseModel):
    """Who carries text messages, and what is said to them. Secrets may be two during a rotation, the one in use first."""

    sms_provider: str = Field("", pattern=r"^(none|sandbox|twilio|africastalking)?$")

    twilio_account_sid: str = Field("", pattern=r"^(AC[0-9a-f]{32})?$")
    twilio_auth_tokens: Secrets = ()
    twilio_from: str = Field("", pattern=r"^([+][1-9][0-9]{6,14}|MG[0-9a-f]{32}|[0-9]{3,8}|[A-Za-z0-9 ]{1,11})?$")
    twilio_url: str = Field("https://api.twilio.com", pattern=_URL)

    africastalking_username: str = ""
    africastalking_api_key: SecretStr = SecretStr("")
    africastalking_from: str = ""
    africastalking_report_secrets: Secrets = ()
    africastalking_url: str = Field("https://api.africastalking.com", pattern=_URL)

    @model_validator(mode="after")
    def _whole_carrier(self) -> Self:
        missing = [name.upper() for name in _NEEDED.get(self.sms_provider, ()) if not _given(getattr(self, name))]
        if missing:
            raise ValueError(f"SMS_PROVIDER={self.sms_provider} needs {', '.join(missing)}")
        return self


def _given(value: object) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)
