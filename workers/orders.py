"""What the clock does with orders: calls off those whose reservation ran out before the money came."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog

from domain.orders.actions import expire_order, expired_orders
from persistence.failures import Overloaded, Unavailable
from workers.tasks import Tools

log = structlog.stdlib.get_logger(__name__)
_BATCH = 50


async def expire_unpaid(tools: Tools) -> None:
    """Goes through what is overdue, an order a transaction, so that one that fails keeps nobody else's goods."""
    for order_id in await tools.transact(expired_orders, limit=_BATCH):
        try:
            await tools.transact(expire_order, order_id=order_id, now=datetime.now(UTC))
        except (Unavailable, Overloaded):
            raise
        except Exception:
            log.exception("order.not_expired", order_id=str(order_id))
