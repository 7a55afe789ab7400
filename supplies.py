"""What the API is given from outside, made from the settings: connections, providers, hashers, and the ports of the schema.

`application` puts these to use; nothing here answers a request.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from uuid import UUID

import redis.asyncio
from pydantic import SecretStr

from domain.access.provider import AccessPorts
from domain.access.rules import RefreshSecrets
from domain.apps.actions import note_use
from domain.apps.provider import AppPorts
from domain.factors.provider import FactorPorts
from domain.identities.provider import IdentityPorts
from domain.invoices.provider import LINK_SECONDS
from domain.notices.provider import NoticePorts
from domain.payments.provider import CaptureMode, Offers, PaymentPorts, SampleMethod
from domain.seal import Seal
from domain.webhooks.provider import WebhookPorts
from gateways.addresses import WorldRules
from gateways.amounts import amounts_by_currency
from gateways.documents.links import SignedLinks
from gateways.federation.http import BoundedTransport
from gateways.federation.registry import FederationValues, identity_providers
from gateways.identity.emails import EmailSyntax
from gateways.identity.passkeys import WebAuthn
from gateways.identity.passwords import Argon2Hasher, ZxcvbnJudge
from gateways.identity.throttle import CountedAttempts
from gateways.identity.tokens import SignedTokens
from gateways.identity.totp import AppCodes
from gateways.letters.written import SheetWriter
from gateways.limiting.allowances import CountedAllowances
from gateways.live.redis import RedisLive
from gateways.mail.message import message_domain
from gateways.oauth.keys import RsaKeys
from gateways.payments import sandbox_words
from gateways.payments.configured import configured
from gateways.payments.http import payment_client
from gateways.payments.sandbox_service.scenarios import SCENARIOS
from gateways.settings import Settings
from gateways.sms.configured import sends_sms, sms_carrier
from gateways.sms.http import sms_client
from gateways.vault import KeyedVault
from persistence.engine import Database, DatabaseSettings
from persistence.row_cache import RowCache
from persistence.tags import PREFIX
from persistence.unit import Transactions
from schema.access.standings import KEPT_SECONDS, Standings
from schema.apps.standings import AppStandings
from schema.context import Ports
from schema.limits import Ceilings
from schema.notifications.feeds import NotificationFeed
from schema.orders.feeds import OrderFeeds
from schema.places import Places

_REDIS_SECONDS = 2.0

CheckSelection = Callable[[str], Awaitable[str | None]]


async def _no_selection(_text: str) -> str | None:
    return "Selections are not taken here."


class Supplies:
    """Everything the API holds open, made when it is built and opened when it starts."""

    def __init__(self, settings: Settings) -> None:
        if settings.database_url is None or settings.redis_url is None:
            raise ValueError("the API needs a database and a Redis")
        self.settings = settings
        self.database = Database(_database_settings(settings, settings.database_url))
        self.redis = redis.asyncio.Redis.from_url(
            settings.redis_url, socket_connect_timeout=_REDIS_SECONDS, socket_timeout=_REDIS_SECONDS
        )
        self.payments = payment_client()
        self.providers = configured(settings, client=self.payments)
        self._sms_client = sms_client()
        self.sms = sms_carrier(settings, client=self._sms_client)
        self.live = RedisLive(settings.redis_url)
        self.order_feeds = OrderFeeds(self.database, self.live)
        self.notification_feed = NotificationFeed(self.database, self.live)
        self.federation = BoundedTransport()
        self.hasher = Argon2Hasher()
        self.judge = ZxcvbnJudge()
        self.throttle = CountedAttempts(settings.redis_url, per_minute=settings.logins_per_minute)
        self.allowances = CountedAllowances(
            settings.redis_url,
            cost_per_minute=settings.cost_allowed,
            requests_per_minute=settings.requests_allowed,
            mutations_per_minute=settings.mutations_allowed,
        )

    def _identities(self, keys: tuple[bytes, ...]) -> IdentityPorts:
        return IdentityPorts(
            seal=Seal(keys),
            providers=identity_providers(_federation(self.settings), self.federation),
            redirect_urls=frozenset(self.settings.identity_redirect_urls),
        )

    async def open(self, stack: AsyncExitStack) -> None:
        """Opens what has to be opened and hands the closing of everything to the stack."""
        stack.push_async_callback(self.payments.aclose)
        stack.push_async_callback(self._sms_client.aclose)
        stack.push_async_callback(self.federation.aclose)
        stack.push_async_callback(self.redis.aclose)
        stack.push_async_callback(self.throttle.close)
        stack.push_async_callback(self.allowances.close)
        stack.callback(self.judge.close)
        stack.callback(self.hasher.close)
        stack.push_async_callback(self.database.close)
        await self.database.open()
        stack.push_async_callback(self.live.close)
        await self.live.open()

    def row_cache(self, *, now: Callable[[], datetime]) -> RowCache | None:
        """The cache of public rows, told of every change; None where it is switched off."""
        if not self.settings.row_cache_bytes:
            return None
        rows = RowCache(
            bytes_max=self.settings.row_cache_bytes,
            seconds_max=self.settings.response_cache_seconds,
            hears=lambda: self.live.hears,
            now=now,
        )
        self.live.attend(PREFIX, rows.heard)
        return rows

    def _places(self) -> Places:
        places = Places(time.monotonic)
        self.live.attend(f"{PREFIX}channel", places.forget)
        return places

    def ports(self, *, check_selection: CheckSelection = _no_selection) -> Ports:
        """The schema's view of all this. `check_selection` needs the schema itself, so it comes from whoever built that."""
        settings = self.settings
        keys = tuple(key.encode() for key in settings.secret_keys)
        emails = EmailSyntax()
        tokens = SignedTokens(settings.secret_keys, issuer=settings.own_url, lifetime_seconds=settings.access_token_seconds)
        return Ports(
            seal=Seal(keys),
            live=self.live,
            access=AccessPorts(
                hasher=self.hasher,
                judge=self.judge,
                emails=emails,
                tokens=tokens,
                throttle=self.throttle,
                secrets=RefreshSecrets(keys),
                refresh_seconds=settings.refresh_token_seconds,
            ),
            factors=_factors(settings, keys),
            identities=self._identities(keys),
            invoice_links=invoice_links(settings),
            notices=NoticePorts(
                writer=SheetWriter(), mail_domain=message_domain(settings.mail_from), sends_sms=sends_sms(settings)
            ),
            webhooks=WebhookPorts(vault=KeyedVault(keys), calls_local=settings.calls_local, check_selection=check_selection),
            standings=Standings(tokens, apps=self._app_standings()),
            addresses=WorldRules(),
            places=self._places(),
            order_feeds=self.order_feeds,
            notification_feed=self.notification_feed,
            payments=self._payments(),
            reservation_seconds=settings.reservation_seconds,
            draft_reservation_seconds=settings.draft_payment_days * 86_400,
            public_url=settings.own_url,
            storefront_url=settings.storefront_url,
        )

    def _payments(self) -> PaymentPorts:
        settings = self.settings
        return PaymentPorts(
            offers=Offers(self.providers, settings.offer_rules),
            webhook_url=settings.provider_callback_url,
            capture=CaptureMode.MANUAL if settings.payment_capture == "manual" else CaptureMode.AUTOMATIC,
            return_urls=settings.pages_to_return_to,
            refund_limits=amounts_by_currency(settings.refund_approval_above),
            sample_methods={} if settings.is_production else {sandbox_words.NAME: _sandbox_methods()},
        )

    def app_ports(self) -> AppPorts:
        """What the OAuth endpoints sign with, and for how long."""
        settings = self.settings
        return AppPorts(
            keys=RsaKeys(),
            vault=KeyedVault(tuple(key.encode() for key in settings.secret_keys)),
            access_seconds=settings.app_token_seconds,
            refresh_seconds=settings.app_refresh_seconds,
        )

    def _app_standings(self) -> AppStandings:
        """Tokens for development are taken in development only."""
        transact = Transactions(self.database, published=self.live.published)

        async def note(token_id: UUID, now: datetime) -> None:
            await transact(note_use, token_id=token_id, now=now)

        return AppStandings(kept_seconds=KEPT_SECONDS, note_use=note, takes_development=not self.settings.is_production)


def _federation(settings: Settings) -> FederationValues:
    """What the settings say about other sign-in providers."""

    def known_as(client_id: str, secret: SecretStr) -> tuple[str, str] | None:
        return (client_id, secret.get_secret_value()) if client_id else None

    return FederationValues(
        google=known_as(settings.google_client_id, settings.google_client_secret),
        github=known_as(settings.github_client_id, settings.github_client_secret),
        facebook=known_as(settings.facebook_client_id, settings.facebook_client_secret),
        issuers=settings.oidc_providers,
        trusted=settings.identity_trusted_emails,
    )


def invoice_links(settings: Settings) -> SignedLinks:
    """Links to printed invoices."""
    keys = [key.encode() for key in settings.secret_keys]
    return SignedLinks(keys, purpose="invoice", seconds=LINK_SECONDS)


def _factors(settings: Settings, keys: tuple[bytes, ...]) -> FactorPorts:
    """What second factors are made of."""
    return FactorPorts(
        seal=Seal(keys),
        vault=KeyedVault(keys),
        codes=AppCodes(issuer=settings.shop_name),
        passkeys=WebAuthn(rp_id=settings.passkey_domain_name, name=settings.shop_name, origins=settings.passkey_pages),
    )


def ceilings_of(settings: Settings) -> Ceilings:
    """How large, deep and dear a document may be."""
    return Ceilings(
        tokens=settings.document_tokens_max,
        depth=settings.document_depth_max,
        fields=settings.document_fields_max,
        aliases=settings.document_aliases_max,
        directives=settings.document_directives_max,
        definitions=settings.document_definitions_max,
        cost=settings.operation_cost_max,
    )


def _database_settings(settings: Settings, url: str) -> DatabaseSettings:
    return DatabaseSettings(
        url=url,
        read_size=settings.db_read_size,
        write_size=settings.db_write_size,
        wait_seconds=settings.db_wait_seconds,
        statement_seconds=settings.db_statement_seconds,
        pooler=bool(settings.db_pooler),
    )


def _sandbox_methods() -> tuple[SampleMethod, ...]:
    return tuple(SampleMethod(token=token, story=scenario.story) for token, scenario in SCENARIOS.items())
