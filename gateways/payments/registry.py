"""Which payment providers this installation has, by name: ours where their values are set, and installed ones.

A package adds a provider by an entry point of the group `vitrine.payment_providers` that names a Maker. It is loaded only
when settings hold values under its name: being installed alone must not switch a way to pay on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Protocol

import httpx2

from domain.payments.provider import Provider
from gateways.payments import chapa_words, manual, paypal_words, sandbox_words, square_words, stripe_words
from gateways.payments.chapa import ChapaProvider, ChapaValues
from gateways.payments.manual import ManualProvider, ManualValues
from gateways.payments.paypal import PayPalProvider
from gateways.payments.paypal_wire import PayPalValues
from gateways.payments.sandbox import SandboxProvider, SandboxValues
from gateways.payments.square import SquareProvider
from gateways.payments.square_wire import SquareValues
from gateways.payments.stripe import StripeProvider
from gateways.payments.stripe_wire import StripeValues

_NAME = re.compile(r"[a-z0-9_-]{1,40}\Z")
GROUP = "vitrine.payment_providers"
_OURS = frozenset(
    {
        *(stripe_words.NAME, paypal_words.NAME, square_words.NAME),
        *(chapa_words.NAME, manual.NAME, sandbox_words.NAME),
    }
)


class Maker(Protocol):
    """What an entry point names. `client` is shared and not the provider's to close; `values` are its own settings."""

    def __call__(self, *, client: httpx2.AsyncClient, values: Mapping[str, str]) -> Provider: ...


class UnknownProvider(Exception):
    """Settings name a provider that is not installed, or not under its name; a misspelling must not silently be a way to pay less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderValues:
    """What settings say about providers: None, or no entry, turns one off."""

    stripe: StripeValues | None = None
    paypal: PayPalValues | None = None
    square: SquareValues | None = None
    chapa: ChapaValues | None = None
    manual: ManualValues | None = None
    sandbox: SandboxValues | None = None
    installed: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)


def providers(values: ProviderValues, *, client: httpx2.AsyncClient) -> Mapping[str, Provider]:
    """The providers that are set up, by name; the sandbox last, for nobody's money is the last choice.

    Raises UnknownProvider, and ValueError about wrong values.
    """
    made: dict[str, Provider] = {}
    if values.stripe is not None:
        made[stripe_words.NAME] = StripeProvider(client, values.stripe)
    if values.paypal is not None:
        made[paypal_words.NAME] = PayPalProvider(client, values.paypal)
    if values.square is not None:
        made[square_words.NAME] = SquareProvider(client, values.square)
    if values.chapa is not None:
        made[chapa_words.NAME] = ChapaProvider(client, values.chapa)
    if values.manual is not None:
        made[manual.NAME] = ManualProvider(values.manual)
    made |= _installed(values, client)
    if values.sandbox is not None:
        made[sandbox_words.NAME] = SandboxProvider(client, values.sandbox)
    return made


def _installed(values: ProviderValues, client: httpx2.AsyncClient) -> dict[str, Provider]:
    made: dict[str, Provider] = {}
    for name, own in values.installed.items():
        if name in _OURS:
            raise UnknownProvider(f"{name!r} is already a provider of ours")
        if not _NAME.match(name):
            raise UnknownProvider(f"{name!r} is no name for a provider: small letters, digits, - and _")
        provider = _maker(name)(client=client, values=own)
        if provider.name != name:
            raise UnknownProvider(f"what is installed as {name!r} calls itself {provider.name!r}")
        made[name] = provider
    return made


def _maker(name: str) -> Maker:
    found = entry_points(group=GROUP, name=name)
    if not found:
        raise UnknownProvider(f"no installed package offers the payment provider {name!r}")
    maker: Maker = next(iter(found)).load()
    return maker
