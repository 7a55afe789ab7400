"""The version of a snapshot from a provider that counts none."""

from __future__ import annotations

from dataclasses import replace

from domain.payments.model import ProviderPayment
from domain.payments.provider import version_by_progress


def versioned(payment: ProviderPayment) -> ProviderPayment:
    """The snapshot with the version that follows from how far it has come."""
    version = version_by_progress(
        payment.status,
        authorized=payment.authorized.minor,
        captured=payment.captured.minor,
        refunded=payment.refunded.minor,
        came_back=0 if payment.came_back is None else payment.came_back.minor,
        fee=None if payment.fee is None else payment.fee.minor,
        dispute=None if payment.dispute is None else payment.dispute.status,
    )
    return replace(payment, version=version)
