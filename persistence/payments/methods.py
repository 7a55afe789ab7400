"""The statements of kept methods: a customer's, offered until they are forgotten, gone when their provider has dropped them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Date, DateTime, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from domain.ids import CustomerId, PaymentMethodId, new_id
from domain.payments.model import KeptMethod, SavedMethod
from persistence.payments.tables import PaymentMethodRow
from persistence.statement import Question, Statement
from persistence.transaction import Transaction


class _Method(NamedTuple):
    id: UUID
    customer_id: UUID
    provider: str
    token: str


_NOW = bindparam("now", type_=DateTime(timezone=True))
_COLUMNS = tuple(getattr(PaymentMethodRow, name) for name in _Method._fields)
_THIS = PaymentMethodRow.id == bindparam("method_id")
KEEP = Statement(
    insert(PaymentMethodRow)
    .values(
        id=bindparam("id"),
        customer_id=bindparam("customer_id"),
        provider=bindparam("provider"),
        token=bindparam("token"),
        brand=bindparam("brand"),
        last4=bindparam("last4"),
        expires_on=bindparam("expires_on", type_=Date()),
        created_at=_NOW,
    )
    .on_conflict_do_nothing()
)
OFFERED = Question(_Method, select(*_COLUMNS).where(_THIS, PaymentMethodRow.forgotten_at.is_(None)).with_for_update())
FORGOTTEN = Question(_Method, select(*_COLUMNS).where(_THIS, PaymentMethodRow.forgotten_at.is_not(None)))
FORGET = Statement(update(PaymentMethodRow).where(_THIS).values(forgotten_at=_NOW))
DROP = Statement(delete(PaymentMethodRow).where(_THIS, PaymentMethodRow.forgotten_at.is_not(None)))


async def keep(transaction: Transaction, customer_id: CustomerId, provider: str, kept: KeptMethod, now: datetime) -> None:
    """Keeps a method once."""
    await transaction.run(
        KEEP,
        id=new_id(),
        customer_id=customer_id,
        provider=provider,
        token=kept.token,
        brand=kept.shown.brand,
        last4=kept.shown.last4,
        expires_on=kept.expires_on,
        now=now,
    )


async def offered(transaction: Transaction, method_id: PaymentMethodId) -> SavedMethod | None:
    """A method that can be paid with."""
    return _method_of(await transaction.row(OFFERED, method_id=method_id))


async def forgotten(transaction: Transaction, method_id: PaymentMethodId) -> SavedMethod | None:
    """A method that is on its way out."""
    return _method_of(await transaction.row(FORGOTTEN, method_id=method_id))


async def forget(transaction: Transaction, method_id: PaymentMethodId, now: datetime) -> None:
    """Offers it no more."""
    await transaction.run(FORGET, method_id=method_id, now=now)


async def drop(transaction: Transaction, method_id: PaymentMethodId) -> None:
    """Removes it."""
    await transaction.run(DROP, method_id=method_id)


def _method_of(row: _Method | None) -> SavedMethod | None:
    if row is None:
        return None
    return SavedMethod(
        id=PaymentMethodId(row.id), customer_id=CustomerId(row.customer_id), provider=row.provider, token=row.token
    )
