"""What must hold of goods that come back: no more than went out, each accepted unit told once, each on its shelf once."""

from __future__ import annotations

from collections.abc import Mapping

RETURNS: Mapping[str, str] = {
    "goods.no_more_comes_back_than_was_sent": """
        SELECT l.id, l.quantity, s.sent, b.units AS in_return FROM order_line l JOIN (
            SELECT a.order_line_id, sum(CASE WHEN r.received_at IS NULL THEN a.quantity ELSE a.accepted END) AS units
            FROM order_return r JOIN order_return_line a ON a.return_id = r.id
            WHERE r.state NOT IN ('DECLINED', 'CANCELLED') GROUP BY 1) b ON b.order_line_id = l.id CROSS JOIN LATERAL (
            SELECT coalesce(sum(p.quantity), 0) AS sent FROM fulfillment_line p JOIN fulfillment f ON f.id = p.fulfillment_id
            WHERE p.order_line_id = l.id AND f.state <> 'CANCELLED') s CROSS JOIN LATERAL (
            SELECT coalesce(sum(g.quantity), 0) AS restocked FROM refund_line g JOIN refund_request q ON q.id = g.request_id
            WHERE g.order_line_id = l.id AND g.restocks AND q.state = 'APPROVED') c
        WHERE b.units + greatest(s.sent + c.restocked - l.quantity, 0) > s.sent""",
    "goods.what_was_accepted_has_arrived": """
        SELECT a.return_id, a.order_line_id, a.accepted, c.units FROM order_return_line a LEFT JOIN (
            SELECT return_id, order_line_id, sum(quantity) AS units FROM order_return_receipt GROUP BY 1, 2) c
            USING (return_id, order_line_id)
        WHERE a.accepted <> coalesce(c.units, 0)""",
    "goods.what_came_back_is_shelved_once": """
        SELECT order_id, variant_id, warehouse_id, c.units AS received, m.units AS moved FROM (
            SELECT r.order_id, l.variant_id, c.warehouse_id, sum(c.quantity) AS units
            FROM order_return_receipt c JOIN order_return r ON r.id = c.return_id JOIN order_line l ON l.id = c.order_line_id
            WHERE c.warehouse_id IS NOT NULL GROUP BY 1, 2, 3) c FULL JOIN (
            SELECT order_id, variant_id, warehouse_id, sum(delta) AS units FROM stock_movement
            WHERE reason = 'RESTOCKED' GROUP BY 1, 2, 3) m USING (order_id, variant_id, warehouse_id)
        WHERE c.units IS DISTINCT FROM m.units""",
    "goods.returns_end_when_they_are_settled": """
        SELECT r.id, r.state, s.accepted, s.exchanged, g.refunded FROM order_return r CROSS JOIN LATERAL (
            SELECT sum(a.accepted) AS accepted, sum(a.exchanged) AS exchanged
            FROM order_return_line a WHERE a.return_id = r.id) s CROSS JOIN LATERAL (
            SELECT coalesce(sum(g.quantity), 0) AS refunded, coalesce(bool_or(q.state = 'WAITING'), false) AS waits
            FROM order_return_refund b JOIN refund_request q ON q.id = b.request_id JOIN refund_line g ON g.request_id = q.id
            WHERE b.return_id = r.id AND q.state <> 'REJECTED') g
        WHERE g.refunded + s.exchanged > s.accepted
           OR (r.state = 'RECEIVED' AND g.refunded + s.exchanged = s.accepted AND NOT g.waits)""",
}
