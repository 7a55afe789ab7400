"""What customers and their address books need kept: the port that persistence makes true, with what each call locks."""

from __future__ import annotations

from typing import Protocol


class CustomersStore(Protocol):
    """Customers, inside one transaction."""
