"""The ids of every concept, typed, and how they are made: UUIDv7 (RFC 9562), so that they sort by time and leak no count."""

from __future__ import annotations

import secrets
import time
from typing import NewType
from uuid import UUID

AccountId = NewType("AccountId", UUID)
AddressId = NewType("AddressId", UUID)
AppId = NewType("AppId", UUID)
CartId = NewType("CartId", UUID)
CartLineId = NewType("CartLineId", UUID)
CategoryId = NewType("CategoryId", UUID)
ChannelId = NewType("ChannelId", UUID)
CollectionId = NewType("CollectionId", UUID)
CouponId = NewType("CouponId", UUID)
CustomerId = NewType("CustomerId", UUID)
DraftId = NewType("DraftId", UUID)
ExportId = NewType("ExportId", UUID)
FulfillmentId = NewType("FulfillmentId", UUID)
ImportId = NewType("ImportId", UUID)
NoticeId = NewType("NoticeId", UUID)
OrderId = NewType("OrderId", UUID)
OrderLineId = NewType("OrderLineId", UUID)
PaymentId = NewType("PaymentId", UUID)
PaymentMethodId = NewType("PaymentMethodId", UUID)
ProductId = NewType("ProductId", UUID)
ReconciliationRunId = NewType("ReconciliationRunId", UUID)
RefundRequestId = NewType("RefundRequestId", UUID)
ReturnId = NewType("ReturnId", UUID)
RoleId = NewType("RoleId", UUID)
SettlementId = NewType("SettlementId", UUID)
SessionId = NewType("SessionId", UUID)
ShippingMethodId = NewType("ShippingMethodId", UUID)
VariantId = NewType("VariantId", UUID)
WarehouseId = NewType("WarehouseId", UUID)


def new_id() -> UUID:
    """A fresh UUIDv7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return UUID(int=value)
