"""The one frozen Settings, read once from the environment and `.env`; nothing else in Vitrine reads either.

`.env.example` documents every variable. Others get values passed in.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from email.utils import parseaddr
from enum import Enum
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gateways.federation.values import SignInValues, by_commas
from gateways.kept_secrets import kept
from gateways.limiting.values import LimitValues
from gateways.payments.values import PaymentValues
from gateways.refusal import CannotStart
from gateways.sms.values import SmsValues

ROOT = Path(__file__).resolve().parent.parent
_SECRET_BYTES_MIN = 32
_REQUIRED_IN_PRODUCTION = ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "SMTP_URL")


class Mode(Enum):
    """How Vitrine runs: with everything it needs made at hand, or as a part of somebody's installation."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


Texts = Annotated[tuple[str, ...], NoDecode]
Secrets = Annotated[tuple[SecretStr, ...], NoDecode]


def default_data_dir() -> Path:
    """`var` beside the code; `/var/lib/vitrine` for root whose checkout the servers' unprivileged account cannot enter."""
    closed = any(not parent.stat().st_mode & 0o001 for parent in (ROOT, *ROOT.parents))
    return Path("/var/lib/vitrine") if os.geteuid() == 0 and closed else ROOT / "var"


class Settings(SignInValues, PaymentValues, SmsValues, LimitValues, BaseSettings):
    """Everything that may differ between two installations. Durations are whole seconds, sizes bytes."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        populate_by_name=True,
        validate_default=True,
    )

    mode: Mode = Field(Mode.DEVELOPMENT, validation_alias="VITRINE_MODE")
    data_dir: Path = Field(default_factory=default_data_dir, validation_alias="VITRINE_DATA_DIR")
    database_url: str | None = Field(None, repr=False, pattern=r"^postgres(ql)?://")
    redis_url: str | None = Field(None, repr=False, pattern=r"^(rediss?|unix)://")

    secret_key: Secrets = ()
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    public_url: str = Field("", pattern=r"^(https?://[^/]+)?$")
    storefront_url: str = Field("", pattern=r"^(https?://.+)?$")
    webhook_url: str = Field("", pattern=r"^(https?://[^/]+)?$")
    cors_origins: Texts = ()
    forwarded_allow_ips: str = "127.0.0.1"

    webhooks_call_local: bool | None = None

    sandbox_url: str = Field("", pattern=r"^(https?://[^/]+)?$")
    sandbox_public_url: str = Field("", pattern=r"^(https?://[^/]+)?$")
    sandbox_api_key: SecretStr = SecretStr("")
    sandbox_webhook_secrets: Secrets = ()

    payment_capture: str = Field("automatic", pattern=r"^(automatic|manual)$")
    return_urls: Texts = ()
    refund_approval_above: Texts = ()

    smtp_url: SecretStr = SecretStr("")
    mail_from: str = "Vitrine <shop@vitrine.example>"
    staff_email: str = Field("", pattern=r"^([^@\s]+@[^@\s]+)?$")

    access_token_seconds: int = Field(600, ge=30, le=86_400)
    app_token_seconds: int = Field(3_600, ge=60, le=86_400)
    app_refresh_seconds: int = Field(2_592_000, ge=600)
    session_cookies: str = Field("", pattern=r"^(strict|lax|none)?$")
    refresh_token_seconds: int = Field(604_800, ge=600)
    reservation_seconds: int = Field(900, ge=30)
    low_stock_at: int = Field(5, ge=-1)

    documents_only: bool = False
    response_cache_bytes: int = Field(67_108_864, ge=0)
    row_cache_bytes: int = Field(67_108_864, ge=0)
    response_cache_seconds: int = Field(60, ge=1)
    response_shared_seconds: int = Field(5, ge=0)
    introspection: bool | None = None
    compiled_executor: bool = True

    db_read_size: int = Field(10, ge=1)
    db_write_size: int = Field(10, ge=1)
    db_wait_seconds: float = Field(2.0, gt=0)
    db_statement_seconds: float = Field(5.0, gt=0)
    db_pooler: str = Field("", pattern=r"^(transaction)?$")
    request_seconds_max: int = Field(10, ge=1)
    worker_threads: int = Field(4, ge=1)
    drain_seconds: int = Field(15, ge=1)
    unready_seconds: int | None = Field(None, ge=0)
    log_level: str = Field("INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR)$")

    @field_validator(
        *("cors_origins", "return_urls", "refund_approval_above"),
        *("secret_key", "sandbox_webhook_secrets"),
        mode="before",
    )
    @classmethod
    def _by_commas(cls, value: object) -> object:
        """See there."""
        return by_commas(value)

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(key.get_secret_value().encode()) < _SECRET_BYTES_MIN for key in value):
            raise ValueError(f"every key needs at least {_SECRET_BYTES_MIN} bytes")
        return value

    @model_validator(mode="after")
    def _whole_in_production(self) -> Self:
        if self.is_production:
            missing = [name for name in _REQUIRED_IN_PRODUCTION if not _given(getattr(self, name.lower()))]
            if missing:
                raise ValueError(f"production needs {', '.join(missing)}")
        return self

    @property
    def is_production(self) -> bool:
        return self.mode is Mode.PRODUCTION

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The signing keys: the first signs, all verify."""
        return tuple(key.get_secret_value() for key in self.secret_key)

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The sandbox provider's webhook secrets (Standard Webhooks form); two during a rotation."""
        return tuple(secret.get_secret_value() for secret in self.sandbox_webhook_secrets)

    @property
    def introspects(self) -> bool:
        """Whether the schema may be asked about itself: in development, unless set."""
        return not self.is_production if self.introspection is None else self.introspection

    @property
    def calls_local(self) -> bool:
        """Whether merchants' webhooks may go to addresses that are not public, and without TLS: in development, unless set."""
        return not self.is_production if self.webhooks_call_local is None else self.webhooks_call_local

    @property
    def own_url(self) -> str:
        """Where buyers reach the API, without a slash at the end."""
        return self.public_url or f"http://{_browsable(self.host)}:{self.port}"

    @property
    def provider_callback_url(self) -> str:
        """Where payment providers reach the API, when that is not where buyers do."""
        return self.webhook_url or self.own_url

    @property
    def provider_url(self) -> str:
        """Where the sandbox provider answers; in development beside the API unless set, in production nowhere."""
        return self.sandbox_url or ("" if self.is_production else f"http://127.0.0.1:{self.port + 1}")

    @property
    def provider_public_url(self) -> str:
        """Where buyers reach the sandbox provider's pages, when that is not where we reach it."""
        return self.sandbox_public_url or self.provider_url

    @property
    def shop_name(self) -> str:
        """What the shop is called where a machine shows it: the name that its letters come from."""
        return parseaddr(self.mail_from)[0] or "Vitrine"

    @property
    def passkey_pages(self) -> tuple[str, ...]:
        """Origins of the pages that use passkeys: the shop's, unless set. This machine has to be called by its name for them."""
        parts = urlsplit(self.storefront_url or self.own_url)
        netloc = parts.netloc.replace("127.0.0.1", "localhost")
        return self.passkey_origins or (f"{parts.scheme}://{netloc}",)

    @property
    def passkey_domain_name(self) -> str:
        """The domain that passkeys belong to (relying party id): that of the first page, unless set."""
        return self.passkey_domain or urlsplit(self.passkey_pages[0]).hostname or "localhost"

    @property
    def staff_mailbox(self) -> str:
        """Where staff is told of new orders, "" for nowhere; in development the demo's administrator unless set."""
        return self.staff_email or ("" if self.is_production else "admin@example.com")

    @property
    def pages_to_return_to(self) -> tuple[str, ...]:
        """Under these addresses buyers may come back from a payment; the first is where they go when nothing is said."""
        own = (self.storefront_url or self.own_url, self.own_url)
        return tuple(dict.fromkeys((*own, *self.return_urls)))

    @property
    def seconds_unfinished(self) -> int:
        """How long a payment may be without an outcome before its provider is asked."""
        given = self.payment_unfinished_seconds
        return (600 if self.is_production else 30) if given is None else given

    @property
    def requests_allowed(self) -> int:
        """Operations that one account, or one guest's address, may ask for in a minute."""
        return self.requests_per_minute or (600 if self.is_production else 6_000)

    @property
    def cost_allowed(self) -> int:
        """What the operations of one account, or of one guest's address, may cost together in a minute."""
        return self.cost_per_minute or 200 * self.requests_allowed

    @property
    def mutations_allowed(self) -> int:
        """Mutations, by root field, that one account, or one guest's address, may ask for in a minute."""
        return self.mutations_per_minute or (120 if self.is_production else 1_200)

    @property
    def seconds_unready(self) -> int:
        """How long a stopping API reports itself unready before it stops accepting, for load balancers to notice."""
        return (2 if self.is_production else 0) if self.unready_seconds is None else self.unready_seconds


def load_settings(*, env_file: Path | None = ROOT / ".env", **given: object) -> Settings:
    """The settings of this process; `given` values (a command's options) come before the environment, None counts as not given.

    In development, secrets that are not set are made once and kept in the data directory, readable by us alone.
    Raises CannotStart naming every variable that is missing or wrong.
    """
    build: Callable[..., Settings] = Settings
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        settings = build(_env_file=env_file, **chosen)
    except ValidationError as trouble:
        raise CannotStart(_in_one_line(trouble)) from None
    return settings if settings.is_production else _with_kept_secrets(settings)


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment for our own child processes: ours, plus what this process decided (servers, ports, secrets)."""
    decided = {
        "VITRINE_MODE": settings.mode.value,
        "VITRINE_DATA_DIR": str(settings.data_dir.resolve()),
        "DATABASE_URL": settings.database_url or "",
        "REDIS_URL": settings.redis_url or "",
        "HOST": settings.host,
        "PORT": str(settings.port),
        "SECRET_KEY": ",".join(settings.secret_keys),
        "SANDBOX_URL": settings.provider_url,
        "SANDBOX_API_KEY": settings.sandbox_api_key.get_secret_value(),
        "SANDBOX_WEBHOOK_SECRETS": ",".join(settings.webhook_secrets),
    }
    return {**os.environ, **decided}


def _with_kept_secrets(settings: Settings) -> Settings:
    made: dict[str, object] = {}
    if not settings.secret_key:
        made["secret_key"] = (SecretStr(kept(settings.data_dir, "secret_key", secrets.token_urlsafe(48))),)
    if not settings.sandbox_api_key.get_secret_value():
        made["sandbox_api_key"] = SecretStr(
            kept(settings.data_dir, "sandbox_api_key", f"sk_sandbox_{secrets.token_urlsafe(24)}")
        )
    if not settings.sandbox_webhook_secrets:
        fresh = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        made["sandbox_webhook_secrets"] = (SecretStr(kept(settings.data_dir, "sandbox_webhook_secret", fresh)),)
    return settings.model_copy(update=made)


def _given(value: object) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


def _browsable(host: str) -> str:
    """An address for a browser: the wildcard addresses are none."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 -- compared with, not bound to
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _in_one_line(trouble: ValidationError) -> str:
    """What is wrong with which variable; never the value, which may be a secret."""
    told = []
    for error in trouble.errors(include_input=False, include_url=False, include_context=False):
        name = str(error["loc"][0]).upper() if error["loc"] else ""
        said = error["msg"].removeprefix("Value error, ")
        told.append(f"{name}: {said}" if name else said)
    return f"The settings do not do: {'; '.join(told)}. See .env.example."
