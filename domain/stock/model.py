"""The words of stock: why a level changed, and what a reservation can be."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from domain.ids import VariantId, WarehouseId


class MovementReason(enum.Enum):
    """Why units came or went; the value is what the ledger keeps."""

    SEEDED = "SEEDED"
    IMPORTED = "IMPORTED"
    ADJUSTED = "ADJUSTED"
    SHIPPED = "SHIPPED"
    RETURNED = "RETURNED"
    RESTOCKED = "RESTOCKED"


class ReservationState(enum.Enum):
    """HELD until it expires, ALLOCATED once paid, then SHIPPED; RELEASED when the order wants it no more."""

    HELD = "HELD"
    ALLOCATED = "ALLOCATED"
    RELEASED = "RELEASED"
    SHIPPED = "SHIPPED"


@dataclass(frozen=True, slots=True)
class Shortage:
    """Units that were asked for and are not free: `available` is what could be had at that moment."""

    variant_id: VariantId
    asked: int
    available: int


@dataclass(frozen=True, slots=True)
class Sent:
    """Units that left a warehouse."""

    variant_id: VariantId
    warehouse_id: WarehouseId
    quantity: int
