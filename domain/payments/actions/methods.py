"""Kept methods: paid with by their owner only, and forgotten at their wish, here at once and at the provider's soon."""

from __future__ import annotations

from datetime import datetime

from domain.error import NotFound, UserError
from domain.ids import CustomerId, PaymentMethodId
from domain.payments.events import PaymentMethodForgotten
from domain.payments.model import SavedMethod
from domain.unit import Unit
from domain.viewer import Customer, Viewer


async def own_method(unit: Unit, *, method_id: PaymentMethodId, by: Viewer) -> SavedMethod | None:
    """The viewer's own kept method; None for everybody else's."""
    method = await unit.payments.method(method_id)
    return method if method is not None and isinstance(by, Customer) and method.customer_id == by.id else None


async def forget_method(unit: Unit, *, method_id: PaymentMethodId, by: Viewer, now: datetime) -> CustomerId | UserError:
    """Offers a method no more; whose it was. The provider is told afterwards."""
    method = await own_method(unit, method_id=method_id, by=by)
    if method is None:
        return NotFound(path=("input", "method_id"), what="payment method")
    await unit.payments.forget_method(method_id, now=now)
    unit.announce(PaymentMethodForgotten(method_id=method_id))
    return method.customer_id


async def forgotten_method(unit: Unit, *, method_id: PaymentMethodId) -> SavedMethod | None:
    """A method that its provider is still to be told to drop."""
    return await unit.payments.forgotten_method(method_id)


async def drop_method(unit: Unit, *, method_id: PaymentMethodId) -> None:
    """The provider has dropped it."""
    await unit.payments.drop_method(method_id)
