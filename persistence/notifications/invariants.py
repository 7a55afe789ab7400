"""What must hold of what people are told: nobody learns of others' orders, and nobody is sent what they have declined."""

from __future__ import annotations

from collections.abc import Mapping

TOLD: Mapping[str, str] = {
    "told.notifications_belong_where_their_order_does": """
        SELECT n.id FROM notification n JOIN orders o ON o.id = n.order_id
        WHERE n.channel_id IS DISTINCT FROM o.channel_id
           OR (n.customer_id IS NOT NULL AND n.customer_id IS DISTINCT FROM o.customer_id)""",
    # Who declines while a message is on its way gets that one still.
    "told.nobody_was_sent_what_they_declined": """
        SELECT n.id FROM notice n
        JOIN message_opt_out d ON d.address_key = lower(n.recipient) AND d.kind = n.kind AND d.medium = n.medium
        WHERE n.state = 'SENT' AND n.sent_at > d.created_at + interval '5 minutes'""",
}
