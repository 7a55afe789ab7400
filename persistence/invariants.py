"""What must hold of a shop's data at every moment, as questions that answer with what breaks it: no rows, or somebody looks.

All are asked within one read-only snapshot. What only comes true in time (deliveries, refunds) has a stated delay.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any, NamedTuple

import asyncpg

from domain.orders.model import NEXT_FULFILLMENT_STATUS, NEXT_PAYMENT_STATUS, NEXT_STATUS
from persistence.fulfillments.invariants import GOODS
from persistence.notifications.invariants import TOLD
from persistence.returns.invariants import RETURNS
from persistence.statement import Connection

ROWS_MAX = 20
"""Rows told of one broken rule; there may be more."""


class Violation(NamedTuple):
    """A rule that is broken, and where."""

    name: str
    rows: list[dict[str, str]]


_STOCK = {
    "stock.reserved_within_on_hand": "SELECT * FROM stock WHERE reserved < 0 OR reserved > on_hand",
    "stock.on_hand_is_the_sum_of_movements": """
        SELECT s.variant_id, s.warehouse_id, s.on_hand, coalesce(m.sum, 0) AS moved
        FROM stock s FULL JOIN (SELECT variant_id, warehouse_id, sum(delta) AS sum FROM stock_movement GROUP BY 1, 2) m
            USING (variant_id, warehouse_id)
        WHERE coalesce(s.on_hand, 0) <> coalesce(m.sum, 0)""",
    "stock.reserved_is_the_sum_of_live_reservations": """
        SELECT s.variant_id, s.warehouse_id, s.reserved, coalesce(r.sum, 0) AS live
        FROM stock s FULL JOIN (
            SELECT variant_id, warehouse_id, sum(quantity) AS sum FROM reservation
            WHERE state IN ('HELD', 'ALLOCATED') GROUP BY 1, 2) r USING (variant_id, warehouse_id)
        WHERE coalesce(s.reserved, 0) <> coalesce(r.sum, 0)""",
    "stock.cancelled_orders_hold_nothing": """
        SELECT DISTINCT o.id FROM orders o JOIN reservation r ON r.order_id = o.id
        WHERE o.status = 'CANCELLED' AND r.state IN ('HELD', 'ALLOCATED')""",
}
_ORDERS = {
    "orders.one_per_cart": "SELECT cart_id FROM orders GROUP BY 1 HAVING count(*) > 1",
    "orders.number_once_per_channel": "SELECT channel_id, number FROM orders GROUP BY 1, 2 HAVING count(*) > 1",
    "orders.total_is_the_sum_of_its_parts": """
        SELECT o.id, o.total FROM orders o
        JOIN (SELECT order_id, sum(unit_price * quantity) AS goods, sum(discount) AS discount, sum(tax_added) AS tax,
                     bool_or(total <> unit_price * quantity - discount + tax_added) AS is_wrong
              FROM order_line GROUP BY 1) l ON l.order_id = o.id
        WHERE o.total <> o.subtotal - o.discount + o.shipping + o.tax_added OR o.total < 0
           OR o.subtotal <> l.goods OR o.discount <> l.discount OR o.tax_added < l.tax OR l.is_wrong""",
    "orders.have_lines": "SELECT id FROM orders o WHERE NOT EXISTS (SELECT FROM order_line l WHERE l.order_id = o.id)",
}
_MONEY = {
    "money.transfers_sum_to_zero": """
        SELECT transfer, order_id, currency FROM ledger_entry GROUP BY 1, 2, 3 HAVING sum(amount) <> 0""",
    "money.one_currency_per_order": """
        SELECT o.id FROM orders o JOIN payment p ON p.order_id = o.id WHERE p.currency <> o.currency
        UNION SELECT o.id FROM orders o JOIN ledger_entry e ON e.order_id = o.id
              WHERE e.currency <> o.currency AND e.kind IN ('AUTHORIZATION', 'RELEASE', 'CAPTURE', 'REFUND', 'REFUND_FAILED')
        UNION SELECT o.id FROM orders o JOIN refund r ON r.order_id = o.id WHERE r.currency <> o.currency""",
    "money.bounds": """
        SELECT id FROM payment WHERE NOT (0 <= refunded AND refunded <= captured AND captured <= authorized AND authorized <= amount)
        UNION SELECT id FROM orders WHERE NOT (0 <= refunded AND refunded <= captured AND captured <= authorized)""",
    "money.orders_sum_their_payments": """
        SELECT o.id, o.authorized, o.captured, o.refunded FROM orders o LEFT JOIN (
            SELECT order_id, sum(authorized) AS authorized, sum(captured) AS captured, sum(refunded) AS refunded
            FROM payment GROUP BY 1) p ON p.order_id = o.id
        WHERE (o.authorized, o.captured, o.refunded)
            <> (coalesce(p.authorized, 0), coalesce(p.captured, 0), coalesce(p.refunded, 0))""",
    "money.ledger_agrees_with_payments": """
        SELECT p.id, p.authorized, p.captured, p.refunded FROM payment p LEFT JOIN (
            SELECT payment_id, sum(amount) FILTER (WHERE account = 'PROVIDER' AND kind IN ('CAPTURE', 'REFUND', 'REFUND_FAILED')) AS held,
                   sum(amount) FILTER (WHERE account = 'AUTHORIZED') AS authorized,
                   sum(amount) FILTER (WHERE account = 'PROVIDER' AND kind IN ('REFUND', 'REFUND_FAILED')) AS refunded
            FROM ledger_entry GROUP BY 1) l ON l.payment_id = p.id
        WHERE coalesce(l.held, 0) <> p.captured - p.refunded OR coalesce(l.authorized, 0) <> p.authorized
           OR coalesce(-l.refunded, 0) <> p.refunded""",
    "money.refunds_within_what_came_in": """
        SELECT p.id, p.captured, p.refunded FROM payment p JOIN (
            SELECT payment_id, sum(amount) FILTER (WHERE state <> 'FAILED') AS promised,
                   sum(amount) FILTER (WHERE state = 'DONE') AS done
            FROM refund GROUP BY 1) r ON r.payment_id = p.id
        WHERE r.promised > p.captured OR r.done > p.refunded""",
    "money.ledger_agrees_with_fees": """
        SELECT p.id, p.fee, p.fee_currency FROM payment p LEFT JOIN (
            SELECT payment_id, currency, sum(amount) AS booked FROM ledger_entry
            WHERE account = 'FEES' GROUP BY 1, 2) l ON l.payment_id = p.id AND l.currency = p.fee_currency
        WHERE coalesce(l.booked, 0) <> coalesce(p.fee, 0)""",
    "money.ledger_agrees_with_disputes": """
        SELECT d.payment_id FROM (
            SELECT payment_id, sum(amount) FILTER (WHERE status = 'OPEN') AS held, sum(amount) FILTER (WHERE status = 'LOST') AS lost
            FROM dispute GROUP BY 1) d FULL JOIN (
            SELECT payment_id, sum(amount) FILTER (WHERE account = 'DISPUTED') AS held,
                   sum(amount) FILTER (WHERE account = 'LOST') AS lost
            FROM ledger_entry WHERE account IN ('DISPUTED', 'LOST') GROUP BY 1) l USING (payment_id)
        WHERE coalesce(d.held, 0) <> coalesce(l.held, 0) OR coalesce(d.lost, 0) <> coalesce(l.lost, 0)""",
    "money.captures_within_what_was_promised": """
        SELECT p.id, p.captured FROM payment p JOIN (
            SELECT payment_id, sum(amount) AS done FROM capture WHERE state = 'DONE' GROUP BY 1) c ON c.payment_id = p.id
        WHERE c.done > p.captured""",
    "money.nothing_is_given_back_for_twice": """
        SELECT l.id, l.quantity FROM order_line l JOIN (
            SELECT b.order_line_id, sum(b.quantity) AS units FROM refund_line b JOIN refund_request r ON r.id = b.request_id
            WHERE r.state <> 'REJECTED' GROUP BY 1) g ON g.order_line_id = l.id
        WHERE g.units > l.quantity""",
    "money.decisions_were_carried_out": """
        SELECT r.id, r.state, r.amount FROM refund_request r LEFT JOIN (
            SELECT request_id, sum(amount) AS promised FROM refund GROUP BY 1) f ON f.request_id = r.id
        WHERE coalesce(f.promised, 0) <> CASE WHEN r.state = 'APPROVED' THEN r.amount ELSE 0 END""",
    "money.what_edits_took_off_was_promised_back": """
        SELECT o.id, o.edited_back FROM orders o WHERE o.edited_back > (
            SELECT coalesce(sum(f.amount), 0) FROM refund f WHERE f.order_id = o.id) + (
            SELECT coalesce(sum(q.amount), 0) FROM refund_request q WHERE q.order_id = o.id AND q.state <> 'APPROVED')""",
    "money.nothing_kept_of_cancelled_orders_nor_paid_twice": """
        SELECT o.id, o.status, o.total, o.captured, o.refunded FROM orders o LEFT JOIN (
            SELECT order_id, sum(amount) FILTER (WHERE state <> 'FAILED') AS promised, bool_or(state = 'FAILED') AS is_told
            FROM refund GROUP BY 1) r ON r.order_id = o.id
        WHERE o.updated_at < now() - interval '5 minutes' AND NOT coalesce(r.is_told, false)
          AND o.captured - greatest(o.refunded, coalesce(r.promised, 0))
              > CASE WHEN o.status = 'CANCELLED' THEN 0 ELSE o.total END + (
            SELECT coalesce(sum(q.amount), 0) FROM refund_request q WHERE q.order_id = o.id AND q.state <> 'APPROVED')""",
}
_STATES = {
    "states.history_without_gap": """
        SELECT o.id, o.event_seq FROM orders o LEFT JOIN order_event e ON e.order_id = o.id
        GROUP BY o.id HAVING min(e.seq) IS DISTINCT FROM 1 OR max(e.seq) <> count(e.seq) OR max(e.seq) <> o.event_seq""",
    "states.history_ends_where_the_order_is": """
        SELECT o.id FROM orders o JOIN order_event e ON e.order_id = o.id AND e.seq = o.event_seq
        WHERE (o.status, o.payment_status, o.fulfillment_status) <> (e.status, e.payment_status, e.fulfillment_status)""",
    "states.payment_status_follows_the_money": """
        SELECT o.id, o.payment_status FROM orders o WHERE o.payment_status <> CASE
            WHEN o.refunded > o.edited_back AND o.refunded = o.captured THEN 'REFUNDED'
            WHEN o.refunded > o.edited_back THEN 'PARTIALLY_REFUNDED'
            WHEN o.captured > 0 OR o.total = 0
                THEN CASE WHEN o.total + o.edited_back <= o.captured THEN 'PAID' ELSE 'PARTIALLY_PAID' END
            WHEN o.authorized > 0 THEN 'AUTHORIZED'
            WHEN EXISTS (SELECT FROM payment p WHERE p.order_id = o.id AND p.state IN ('PENDING', 'REQUIRES_ACTION'))
                THEN 'PENDING'
            ELSE 'UNPAID' END""",
    "states.only_paid_orders_go_on": """
        SELECT id, status, total, captured FROM orders
        WHERE status NOT IN ('PENDING', 'CANCELLED') AND authorized < total + edited_back AND NOT EXISTS (
            SELECT FROM ledger_entry e WHERE e.order_id = orders.id AND e.kind = 'RELEASE') AND NOT EXISTS (
            SELECT FROM order_event h WHERE h.order_id = orders.id AND h.kind = 'EDITED')""",
}
_COUPONS = {
    "coupons.uses_are_counted": """
        SELECT c.id, c.uses, count(u.order_id) AS held FROM coupon c
        LEFT JOIN coupon_use u ON u.coupon_id = c.id AND u.returned_at IS NULL
        GROUP BY c.id HAVING c.uses <> count(u.order_id) OR c.uses > c.usage_limit""",
    "coupons.within_the_customer_limit": """
        SELECT c.id, u.customer_key FROM coupon c
        JOIN coupon_use u ON u.coupon_id = c.id AND u.returned_at IS NULL
        GROUP BY c.id, u.customer_key HAVING count(*) > c.customer_limit""",
    "coupons.held_by_live_orders_only": """
        SELECT o.id FROM orders o JOIN coupon_use u ON u.order_id = o.id
        WHERE (o.status = 'CANCELLED' OR o.coupon_code IS NULL) <> (u.returned_at IS NOT NULL)""",
}
_DRAFTS = {
    "drafts.carts_stand_as_their_drafts": """
        SELECT k.id, k.state, d.state AS draft FROM cart k LEFT JOIN draft_order d ON d.cart_id = k.id
        WHERE (d.cart_id IS NOT NULL AND k.state <> CASE d.state WHEN 'COMPLETED' THEN 'COMPLETED' ELSE 'DRAFT' END)
           OR (k.state = 'DRAFT' AND d.cart_id IS NULL)""",
    "drafts.orders_are_of_their_drafts": """
        SELECT d.cart_id, o.id FROM draft_order d JOIN orders o ON o.id = d.order_id
        WHERE d.cart_id <> o.cart_id""",
    "drafts.alone_have_prices_of_their_own": """
        SELECT k.id FROM cart k LEFT JOIN draft_order d ON d.cart_id = k.id
        WHERE d.cart_id IS NULL AND (num_nonnulls(k.reduction_basis_points, k.reduction_amount) > 0
            OR EXISTS (SELECT FROM cart_line l WHERE l.cart_id = k.id AND l.own_price IS NOT NULL))""",
}
_DELIVERY = {
    "inbox.once_per_notification": "SELECT provider, notification_id FROM inbox GROUP BY 1, 2 HAVING count(*) > 1",
    "inbox.ends_with_an_outcome": "SELECT id, state FROM inbox WHERE (state = 'PENDING') <> (outcome IS NULL)",
    "inbox.nothing_is_left_lying": """
        SELECT id, attempts FROM inbox WHERE state = 'PENDING' AND next_attempt_at < now() - interval '10 minutes'""",
    "outbox.facts_become_tasks": """
        SELECT id, kind FROM outbox_event WHERE routed_at IS NULL AND created_at < now() - interval '1 minute'""",
    "outbox.tasks_are_done": """
        SELECT id, actor, attempts FROM outbox_task
        WHERE done_at IS NULL AND parked_because IS NULL AND due_at < now() - interval '1 minute'""",
    "outbox.every_order_was_announced": """
        SELECT o.id FROM orders o WHERE o.placed_at > now() - interval '29 days' AND NOT EXISTS (
            SELECT FROM outbox_event e WHERE e.aggregate = 'order' AND e.aggregate_id = o.id AND e.kind = 'OrderPlaced')""",
}
_ACCOUNTS = {
    "accounts.erased_keep_no_way_in": """
        SELECT a.id FROM account a WHERE a.erased_at IS NOT NULL AND (a.has_password
            OR EXISTS (SELECT FROM session s WHERE s.account_id = a.id)
            OR EXISTS (SELECT FROM identity i WHERE i.account_id = a.id)
            OR EXISTS (SELECT FROM passkey p WHERE p.account_id = a.id))""",
    "accounts.one_good_letter_of_a_purpose": """
        SELECT account_id, purpose FROM one_time_token WHERE used_at IS NULL AND replaced_at IS NULL
        GROUP BY 1, 2 HAVING count(*) > 1""",
    "record.chain_without_gap": """
        SELECT h.seq, count(e.seq) AS sealed, max(e.seq) AS last FROM audit_head h LEFT JOIN audit_entry e ON e.seq IS NOT NULL
        GROUP BY h.seq HAVING h.seq <> count(e.seq) OR h.seq <> coalesce(max(e.seq), 0)""",
    "record.changes_have_their_deed": """
        SELECT c.entry_id FROM audit_change c LEFT JOIN audit_entry e ON e.id = c.entry_id WHERE e.id IS NULL""",
    "sessions.one_live_refresh_token": """
        SELECT session_id FROM refresh_token WHERE used_at IS NULL AND revoked_at IS NULL GROUP BY 1 HAVING count(*) > 1""",
    "sessions.none_when_revoked": """
        SELECT s.id FROM session s JOIN refresh_token t ON t.session_id = s.id
        WHERE s.revoked_at IS NOT NULL AND t.used_at IS NULL AND t.revoked_at IS NULL""",
    "accounts.have_a_way_in": """
        SELECT a.id FROM account a WHERE a.is_active AND NOT a.has_password
            AND NOT EXISTS (SELECT FROM identity i WHERE i.account_id = a.id)
            AND NOT EXISTS (SELECT FROM passkey k WHERE k.account_id = a.id)""",
    "accounts.recovery_codes_stand_in_for_a_factor": """
        SELECT DISTINCT r.account_id FROM recovery_code r
        WHERE NOT EXISTS (SELECT FROM totp t WHERE t.account_id = r.account_id AND t.confirmed_at IS NOT NULL)
            AND NOT EXISTS (SELECT FROM passkey k WHERE k.account_id = r.account_id)""",
}


_LOG: Mapping[str, str] = {
    "log.positions_without_gap": """
        SELECT min(position) AS first, max(position) AS last, count(*) AS events FROM outbox_event WHERE position > 0
        HAVING count(*) > 0 AND max(position) - min(position) + 1 <> count(*)""",
    "log.ends_where_its_counter_is": """
        SELECT l.position FROM event_log l WHERE l.position < (SELECT max(position) FROM outbox_event)""",
    "invoices.numbers_without_gap": """
        SELECT s.channel_id, s.kind, s.last, count(i.id) AS invoices FROM invoice_series s
        LEFT JOIN invoice i ON i.channel_id = s.channel_id AND i.kind = s.kind
        GROUP BY 1, 2, 3 HAVING s.last <> count(i.id) OR s.last <> coalesce(max(i.number), 0)""",
    "invoices.credit_no_more_than_was_invoiced": """
        SELECT order_id, edition FROM invoice GROUP BY 1, 2
        HAVING sum(total) FILTER (WHERE kind = 'CREDIT_NOTE') > sum(total) FILTER (WHERE kind = 'INVOICE')""",
}


def _transitions(column: str, table: Mapping[Any, frozenset[Any]]) -> str:
    """What finds steps of histories that the published table does not have."""
    steps = [f"('{_name(start)}', '{_name(end)}')" for start, ends in table.items() for end in sorted(ends, key=_name)]
    return f"""
        SELECT order_id, seq, before, after FROM (
            SELECT order_id, seq, {column} AS after, lag({column}) OVER (PARTITION BY order_id ORDER BY seq) AS before
            FROM order_event) step
        WHERE before <> after AND (before, after) NOT IN ({", ".join(steps)})"""  # noqa: S608 - all of it is ours


def _name(state: enum.Enum) -> str:
    return str(state.value)


RULES: Mapping[str, str] = {
    **_STOCK,
    **_ORDERS,
    **_MONEY,
    **GOODS,
    **RETURNS,
    **TOLD,
    **_STATES,
    "states.status_by_the_table": _transitions("status", NEXT_STATUS),
    "states.payment_status_by_the_table": _transitions("payment_status", NEXT_PAYMENT_STATUS),
    "states.fulfillment_status_by_the_table": _transitions("fulfillment_status", NEXT_FULFILLMENT_STATUS),
    **_COUPONS,
    **_DRAFTS,
    **_DELIVERY,
    **_ACCOUNTS,
    **_LOG,
}


async def violations(connection: Connection) -> list[Violation]:
    """The rules that are broken right now, with up to twenty rows of each."""
    found: list[Violation] = []
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        for name, question in RULES.items():
            rows = await connection.fetch(f"SELECT * FROM ({question}) broken LIMIT {ROWS_MAX}")  # noqa: S608 - as above
            if rows:
                found.append(Violation(name, [{key: str(value) for key, value in row.items()} for row in rows]))
    return found


async def check(database_url: str) -> list[Violation]:
    """The same, on a connection of its own."""
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database_url)
    try:
        return await violations(connection)
    finally:
        await connection.close()
