"""Which payment providers this installation has, by name: ours where their values are set, and installed ones.

A package adds a provider by an entry point of the group `vitrine.payment_providers` that names a Maker. It is loaded only
when settings hold values under its name: being installed alone must not switch a way to pay on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Protocol

import httpx2

from domain.payments.provider import Provider
from gateways.payments import sandbox_words
from gateways.payments.sandbox import SandboxProvider, SandboxValues

GROUP = "vitrine.payment_providers"


class Maker(Protocol):
    """What an entry point names. `client` is shared and not the provider's to close; `values` are its own settings."""

    def __call__(self, *, client: httpx2.AsyncClient, values: Mapping[str, str]) -> Provider: ...


class UnknownProvider(Exception):
    """Settings name a provider that is not installed; a misspelling must not silently be a way to pay less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderValues:
    """What settings say about providers: None, or no entry, turns one off."""

    sandbox: SandboxValues | None = None
    installed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def providers(values: ProviderValues, *, client: httpx2.AsyncClient) -> Mapping[str, Provider]:
    """The providers that are set up, by name. Raises UnknownProvider, and whatever a maker says about wrong values."""
    made: dict[str, Provider] = {}
    if values.sandbox is not None:
        made[sandbox_words.NAME] = SandboxProvider(client, values.sandbox)
    for name, own in values.installed.items():
        if name in made:
            raise UnknownProvider(f"{name!r} is already a provider of ours")
        made[name] = _maker(name)(client=client, values=own)
    return made


def _maker(name: str) -> Maker:
    found = entry_points(group=GROUP, name=name)
    if not found:
        raise UnknownProvider(f"no installed package offers the payment provider {name!r}")
    maker: Maker = next(iter(found)).load()
    return maker
