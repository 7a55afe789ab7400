"""What erasing a customer changes in every table that knows of them, and what a copy of their data is made of.

A table that can name a person belongs into `ERASED`, one that cannot into `KEPT` with the reason; a test holds that every
table which leads to an account, a customer or an order is in one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, Integer, LargeBinary, TextClause, Uuid, bindparam, text
from sqlalchemy.types import TypeEngine

from persistence.statement import Question, Statement

_ORDERS = "SELECT id FROM orders WHERE customer_id = :customer_id"
_KEYS = """SELECT email_key FROM account WHERE id = :customer_id
    UNION SELECT lower(old_email) FROM email_change WHERE account_id = :customer_id
    UNION SELECT lower(new_email) FROM email_change WHERE account_id = :customer_id"""
_COUNTRY = """CASE WHEN {0} IS NOT NULL THEN jsonb_build_object('first_name', '', 'last_name', '', 'company', '',
    'street', '[]'::jsonb, 'city', '', 'postal_code', '', 'region', '', 'phone', '', 'country', {0} ->> 'country') END"""
"""Of an address the country alone, which the tax depends on."""

ERASED: Mapping[str, str] = {
    # First what is found by the address, as long as the account still has it.
    "notice": """UPDATE notice SET recipient = '', subject = '', body_text = '', body_html = '',
        state = CASE WHEN state IN ('QUEUED', 'SENDING') THEN 'DEAD' ELSE state END,
        failure = CASE WHEN state IN ('QUEUED', 'SENDING') THEN 'erased' ELSE failure END
        WHERE order_id IN (orders_of_customer)
           OR recipient IN (SELECT email FROM account WHERE id = :customer_id
                            UNION SELECT old_email FROM email_change WHERE account_id = :customer_id
                            UNION SELECT new_email FROM email_change WHERE account_id = :customer_id)
           OR cause IN (SELECT t.id::text FROM outbox_task t JOIN outbox_event e ON e.id = t.event_id
                        WHERE e.aggregate = 'account' AND e.aggregate_id = :customer_id)""",
    "message_opt_out": "DELETE FROM message_opt_out WHERE address_key IN (keys_of_customer)",
    "stock_notice": "DELETE FROM stock_notice WHERE email_key IN (keys_of_customer)",
    "notification": "DELETE FROM notification WHERE customer_id = :customer_id",
    "notification_read": "DELETE FROM notification_read WHERE account_id = :customer_id",
    "notification_place": "DELETE FROM notification_place WHERE account_id = :customer_id",
    "log_in_failure": "DELETE FROM log_in_failure WHERE key_hash = :failure_key",
    "email_change": "DELETE FROM email_change WHERE account_id = :customer_id",
    "one_time_token": "DELETE FROM one_time_token WHERE account_id = :customer_id",
    "login_challenge": "DELETE FROM login_challenge WHERE account_id = :customer_id",
    "passkey_ceremony": "DELETE FROM passkey_ceremony WHERE account_id = :customer_id",
    "passkey": "DELETE FROM passkey WHERE account_id = :customer_id",
    "totp": "DELETE FROM totp WHERE account_id = :customer_id",
    "recovery_code": "DELETE FROM recovery_code WHERE account_id = :customer_id",
    "identity_journey": "DELETE FROM identity_journey WHERE account_id = :customer_id",
    "identity": "DELETE FROM identity WHERE account_id = :customer_id",
    "app_grant": "DELETE FROM app_grant WHERE account_id = :customer_id",
    "session": "DELETE FROM session WHERE account_id = :customer_id",
    "security_event": "UPDATE security_event SET address = NULL, device = NULL WHERE account_id = :customer_id",
    "audit_entry": "UPDATE audit_entry SET address = NULL WHERE actor = 'customer:' || CAST(:customer_id AS text)",
    "address": "DELETE FROM address WHERE customer_id = :customer_id",
    "data_export": "DELETE FROM data_export WHERE customer_id = :customer_id",
    "payment_method": "DELETE FROM payment_method WHERE customer_id = :customer_id",
    "payment": "UPDATE payment SET next_action = NULL WHERE order_id IN (orders_of_customer) AND next_action IS NOT NULL",
    "coupon_use": "UPDATE coupon_use SET customer_key = 'erased:' || order_id::text WHERE order_id IN (orders_of_customer)",
    "cart": """UPDATE cart SET email = NULL, sms_phone = NULL, note = '', shipping_address = country_of(shipping_address),
        billing_address = country_of(billing_address) WHERE customer_id = :customer_id""",
    "order_return": "UPDATE order_return SET note = '' WHERE order_id IN (orders_of_customer)",
    "draft_order": """UPDATE draft_order SET reduction_reason = '', closed_at = coalesce(closed_at, :now),
        state = CASE state WHEN 'DRAFT' THEN 'DELETED' ELSE state END
        WHERE cart_id IN (SELECT id FROM cart WHERE customer_id = :customer_id)""",
    "orders": """UPDATE orders SET email = 'erased@erased.invalid', email_key = 'erased@erased.invalid', note = '',
        shipping_address = country_of(shipping_address), billing_address = country_of(billing_address)
        WHERE customer_id = :customer_id""",
    "order_note": "UPDATE order_note SET text = '' WHERE order_id IN (orders_of_customer)",
    "customer": "UPDATE customer SET first_name = '', last_name = '', phone = NULL, wants_sms = false WHERE id = :customer_id",
    "account": """UPDATE account SET email = id::text || '@erased.invalid', email_key = id::text || '@erased.invalid',
        email_verified_at = NULL, password_hash = '', has_password = false, is_active = false, erase_after = NULL,
        erased_at = :now WHERE id = :customer_id""",
}
"""By table the one statement that takes the person out of it, in this order. Parameters: customer_id, failure_key, now."""
KEPT: Mapping[str, str] = {
    "app_code": "goes with its grant",
    "app_token": "goes with its grant",
    "capture": "amounts and references of a payment",
    "cart_line": "goods",
    "cart_merge": "ids of carts",
    "dispute": "amounts and references of a payment",
    "fulfillment": "goods, and the number of a parcel",
    "invoice": "what was issued stays as it was issued, name and address in it, for as long as tax law asks to keep it",
    "ledger_entry": "amounts",
    "order_event": "steps of an order, by ids",
    "order_line": "goods and amounts",
    "order_return_exchange": "ids of orders",
    "order_return_line": "goods",
    "order_return_receipt": "goods",
    "order_return_refund": "ids of decisions",
    "refresh_token": "goes with its session",
    "refund": "amounts and references of a payment",
    "refund_line": "goods",
    "refund_request": "amounts, and the reason as staff states it",
    "reconciliation_finding": "references of a payment",
    "reservation": "goods",
    "settlement_line": "amounts and references of a payment",
    "staff": "customers are none",
    "staff_channel": "customers are none",
    "stock_movement": "goods",
}
"""Tables that lead to a person and cannot name them, each with why."""


_KINDS: Mapping[str, TypeEngine[Any]] = {
    "customer_id": Uuid(),
    "failure_key": LargeBinary(),
    "now": DateTime(timezone=True),
}


def _bound(statement: str) -> TextClause:
    """The statement with what is written short in it: `orders_of_customer`, `keys_of_customer` and `country_of(column)`."""
    written = _whole(statement)
    for column in ("shipping_address", "billing_address"):
        written = written.replace(f"country_of({column})", _COUNTRY.format(column))
    return text(written).bindparams(*(bindparam(name, type_=_KINDS[name]) for name in _named(written)))


def _whole(statement: str) -> str:
    return statement.replace("orders_of_customer", _ORDERS).replace("keys_of_customer", _KEYS)


def _named(statement: str) -> tuple[str, ...]:
    return tuple(name for name in _KINDS if f":{name}" in statement)


STATEMENTS: tuple[tuple[Statement, tuple[str, ...]], ...] = tuple(
    (Statement(_bound(each)), _named(_whole(each))) for each in ERASED.values()
)
"""The statements with the names of their parameters."""


class Gathered(NamedTuple):
    """A whole copy."""

    content: dict[str, Any]


class IdKept(NamedTuple):
    """An id."""

    id: UUID


ORDERS_MAX = 10_000
"""Orders in one copy; whoever has more is no person."""
GATHER = Question(
    Gathered,
    text(
        """
        SELECT jsonb_build_object(
            'account', (SELECT jsonb_build_object('email', a.email, 'email_verified_at', a.email_verified_at,
                'created_at', a.created_at) FROM account a WHERE a.id = :customer_id),
            'profile', (SELECT jsonb_build_object('first_name', c.first_name, 'last_name', c.last_name, 'phone', c.phone,
                'wants_sms', c.wants_sms, 'language', c.language) FROM customer c WHERE c.id = :customer_id),
            'addresses', (SELECT coalesce(jsonb_agg(b.address ORDER BY b.created_at, b.id), '[]'::jsonb) FROM address b
                WHERE b.customer_id = :customer_id),
            'sessions', (SELECT coalesce(jsonb_agg(jsonb_build_object('device', s.user_agent, 'created_at', s.created_at,
                'last_used_at', s.last_used_at) ORDER BY s.created_at), '[]'::jsonb) FROM session s
                WHERE s.account_id = :customer_id),
            'security_events', (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', e.kind, 'at', e.at, 'address', e.address,
                'device', e.device) ORDER BY e.at, e.id), '[]'::jsonb) FROM security_event e WHERE e.account_id = :customer_id),
            'identities', (SELECT coalesce(jsonb_agg(jsonb_build_object('provider', i.provider, 'email', i.email)), '[]'::jsonb)
                FROM identity i WHERE i.account_id = :customer_id),
            'carts', (SELECT coalesce(jsonb_agg(jsonb_build_object('state', k.state, 'email', k.email, 'sms_phone', k.sms_phone,
                'note', k.note, 'shipping_address', k.shipping_address, 'billing_address', k.billing_address)), '[]'::jsonb)
                FROM cart k WHERE k.customer_id = :customer_id AND k.state IN ('OPEN', 'DRAFT')),
            'orders', (SELECT coalesce(jsonb_agg(o.line ORDER BY o.placed_at, o.id), '[]'::jsonb) FROM (
                SELECT r.id, r.placed_at, jsonb_build_object('number', r.number, 'placed_at', r.placed_at, 'status', r.status,
                    'currency', r.currency, 'total_minor_units', r.total, 'email', r.email, 'note', r.note,
                    'shipping_address', r.shipping_address, 'billing_address', r.billing_address, 'lines', (
                        SELECT coalesce(jsonb_agg(jsonb_build_object('product', l.product_name, 'variant', l.variant_name,
                            'sku', l.sku, 'quantity', l.quantity, 'total_minor_units', l.total) ORDER BY l.position), '[]'::jsonb)
                        FROM order_line l WHERE l.order_id = r.id),
                    'notes', (SELECT coalesce(jsonb_agg(jsonb_build_object('text', m.text, 'created_at', m.created_at)
                        ORDER BY m.created_at, m.id), '[]'::jsonb)
                        FROM order_note m WHERE m.order_id = r.id AND m.is_public),
                    'returns', (SELECT coalesce(jsonb_agg(jsonb_build_object('number', b.number, 'state', b.state,
                        'note', b.note, 'created_at', b.created_at) ORDER BY b.number), '[]'::jsonb)
                        FROM order_return b WHERE b.order_id = r.id)) AS line
                FROM orders r WHERE r.customer_id = :customer_id ORDER BY r.placed_at DESC LIMIT :orders_max) o),
            'message_opt_outs', (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', o.kind, 'medium', o.medium,
                'created_at', o.created_at) ORDER BY o.kind, o.medium), '[]'::jsonb) FROM message_opt_out o
                WHERE o.address_key = (SELECT email_key FROM account WHERE id = :customer_id)),
            'stock_notices', (SELECT coalesce(jsonb_agg(jsonb_build_object('sku', v.sku, 'created_at', w.created_at,
                'told_at', w.told_at) ORDER BY w.created_at, w.id), '[]'::jsonb) FROM stock_notice w
                JOIN variant v ON v.id = w.variant_id
                WHERE w.email_key = (SELECT email_key FROM account WHERE id = :customer_id)),
            'notifications', (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', t.kind, 'created_at', t.created_at)
                ORDER BY t.seq), '[]'::jsonb) FROM notification t WHERE t.customer_id = :customer_id),
            'letters', (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', n.kind, 'recipient', n.recipient,
                'subject', n.subject, 'created_at', n.created_at) ORDER BY n.created_at, n.id), '[]'::jsonb) FROM notice n
                WHERE n.recipient = (SELECT email FROM account WHERE id = :customer_id)
                    OR n.medium = 'SMS' AND n.order_id IN (orders_of_customer))
        ) AS content
        """.replace("orders_of_customer", _ORDERS)
    ).bindparams(bindparam("customer_id", type_=Uuid()), bindparam("orders_max", type_=Integer())),
)
