"""Dropping a kept method at its provider's, after its owner was done with it."""

from __future__ import annotations

from collections.abc import Mapping

from domain.ids import PaymentMethodId
from domain.payments.actions.methods import drop_method, forgotten_method
from domain.payments.provider import Provider, ProviderUnavailable, Unknown
from domain.unit import Transact


async def forget(transact: Transact, providers: Mapping[str, Provider], *, method_id: PaymentMethodId) -> None:
    """Tells the provider; what it refuses to drop is dropped here all the same. Raises ProviderUnavailable when it is silent."""
    method = await transact(forgotten_method, method_id=method_id)
    if method is None:
        return
    provider = providers.get(method.provider)
    if provider is None:
        raise ProviderUnavailable(f"{method.provider} is not set up")
    answer = await provider.forget_method(method.token)
    if isinstance(answer, Unknown):
        raise ProviderUnavailable(answer.reason)
    await transact(drop_method, method_id=method_id)
