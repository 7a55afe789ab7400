"""The words of invoices: who sells, what an invoice or a credit note says, and under which number."""

from __future__ import annotations

import enum
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.ids import ChannelId, OrderId

PREFIX_LENGTH_MAX = 20
TEXT_LENGTH_MAX = 500
LINES_OF_SELLER_MAX = 8


class InvoiceKind(enum.Enum):
    """An invoice asks for money or tells that it was paid; a credit note takes back all or part of one."""

    INVOICE = "INVOICE"
    CREDIT_NOTE = "CREDIT_NOTE"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceSettings:
    """How a channel writes invoices. `seller` are the lines of who sells; numbers follow the prefixes."""

    seller: tuple[str, ...]
    tax_id: str
    footer: str
    invoice_prefix: str
    credit_note_prefix: str
    is_automatic: bool
    """Whether an invoice is written by itself when an order is paid, and a credit note when money went back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """A line of goods; amounts are minor units. `total` holds the tax."""

    name: str
    sku: str
    quantity: int
    unit_price: int
    discount: int
    tax_basis_points: int
    tax: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxShare:
    """What one rate of tax makes of the whole: the amount it is on, without it, and the tax."""

    basis_points: int
    net: int
    tax: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceFacts:
    """Everything that the paper says, as it was when it was written; nothing of it is ever read from elsewhere again."""

    kind: str
    label: str
    issued_at: str
    """ISO 8601, UTC."""
    language: str
    currency: str
    seller: tuple[str, ...]
    tax_id: str
    footer: str
    buyer: tuple[str, ...]
    country: str
    order_number: int
    placed_at: str
    lines: tuple[InvoiceLine, ...]
    subtotal: int
    discount: int
    delivery_name: str
    shipping: int
    tax_added: int
    tax_total: int
    total: int
    taxes: tuple[TaxShare, ...]
    paid: int
    of_label: str = ""
    """Of a credit note: the invoice that it takes back."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvoice:
    """An invoice about to be kept under its number."""

    id: UUID
    order_id: OrderId
    channel_id: ChannelId
    kind: InvoiceKind
    number: int
    label: str
    edition: int
    refund_id: UUID | None
    corrects_id: UUID | None
    facts: InvoiceFacts
    issued_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentInvoice:
    """The invoice that holds for an order, the last of its editions; `credited` are minor units taken back of it."""

    id: UUID
    edition: int
    facts: InvoiceFacts
    credited: int
    issued_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledRefund:
    """Money that has gone back; `amount` in minor units, `promised_at` when that was decided."""

    order_id: OrderId
    amount: int
    reason: str
    promised_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldLine:
    """A line as its order keeps it."""

    product_name: str
    variant_name: str
    sku: str
    quantity: int
    unit_price: int
    discount: int
    tax_basis_points: int
    tax_total: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldOrder:
    """An order as its invoice needs it; amounts are minor units of its currency."""

    order_id: OrderId
    channel_id: ChannelId
    number: int
    language: str
    currency: str
    country: str
    billing_address: dict[str, Any]
    delivery: dict[str, Any] | None
    subtotal: int
    discount: int
    shipping: int
    tax_added: int
    tax_total: int
    total: int
    captured: int
    placed_at: datetime
    lines: tuple[SoldLine, ...]


def kept_facts(facts: InvoiceFacts) -> dict[str, Any]:
    """The facts as the JSON object that is kept."""
    return asdict(facts)


def facts_of(stored: dict[str, Any]) -> InvoiceFacts:
    """The facts behind what `kept_facts` made."""
    texts = {name: tuple(stored[name]) for name in ("seller", "buyer")}
    lines = tuple(InvoiceLine(**each) for each in stored["lines"])
    taxes = tuple(TaxShare(**each) for each in stored["taxes"])
    return InvoiceFacts(**{**stored, **texts, "lines": lines, "taxes": taxes})
