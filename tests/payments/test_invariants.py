"""The judge: silent over a shop that was used in every way, and loud at each thing that must not be."""

from __future__ import annotations

import asyncpg

from domain.viewer import Permission
from persistence.invariants import RULES, check
from tests.makers.people import a_customer_token, a_staff_token
from tests.payments.till import CANCEL, REFUND, Till, raw_id

_A_RETURN = """
    WITH new AS (INSERT INTO order_return (id, order_id, number, state, requested_by, decided_at, received_at)
        SELECT gen_random_uuid(), id, 9, 'RECEIVED', 'nobody', now(), now() FROM orders RETURNING id, order_id
    ), made AS (SELECT n.id, l.id AS line_id FROM new n JOIN order_line l USING (order_id))
    INSERT INTO order_return_line (return_id, order_line_id, quantity, reason, accepted)"""
# For each rule a deed that breaks it, on rows of the used shop; what the database itself would refuse is switched off.
SABOTAGE: dict[str, str] = {
    "stock.reserved_within_on_hand": "UPDATE stock SET reserved = on_hand + 1",
    "stock.on_hand_is_the_sum_of_movements": "DELETE FROM stock_movement",
    "stock.reserved_is_the_sum_of_live_reservations": "UPDATE reservation SET quantity = quantity + 1",
    "stock.cancelled_orders_hold_nothing": """
        UPDATE reservation SET state = 'ALLOCATED' WHERE order_id IN (SELECT id FROM orders WHERE status = 'CANCELLED')""",
    "orders.one_per_cart": "UPDATE orders SET cart_id = (SELECT cart_id FROM orders ORDER BY id LIMIT 1)",
    "orders.number_once_per_channel": "UPDATE orders SET number = 7",
    "orders.total_is_the_sum_of_its_parts": "UPDATE orders SET subtotal = subtotal + 1, discount = discount + 1",
    "orders.have_lines": "DELETE FROM order_line",
    "money.transfers_sum_to_zero": "UPDATE ledger_entry SET amount = amount + 1 WHERE account = 'CUSTOMER'",
    "money.one_currency_per_order": "UPDATE refund SET currency = 'JPY'",
    "money.bounds": "UPDATE payment SET captured = amount + 1 WHERE captured > 0",
    "money.orders_sum_their_payments": "UPDATE orders SET captured = captured + 1, authorized = authorized + 1",
    "money.ledger_agrees_with_payments": "DELETE FROM ledger_entry WHERE kind = 'REFUND'",
    "money.refunds_within_what_came_in": "UPDATE refund SET amount = amount + 1000000",
    "money.ledger_agrees_with_fees": "UPDATE payment SET fee = 30, fee_currency = 'EUR'",
    "money.ledger_agrees_with_disputes": """
        INSERT INTO dispute (id, payment_id, order_id, provider, reference, currency, amount, reason, status, respond_by)
        SELECT gen_random_uuid(), id, order_id, provider, 'dp_1', currency, amount, 'fraudulent', 'OPEN', now()
        FROM payment LIMIT 1""",
    "money.captures_within_what_was_promised": """
        INSERT INTO capture (id, payment_id, order_id, currency, amount, state, requested_by, settled_at)
        SELECT gen_random_uuid(), id, order_id, currency, amount + 1, 'DONE', 'staff', now() FROM payment LIMIT 1""",
    "money.nothing_is_given_back_for_twice": """
        INSERT INTO refund_line (request_id, order_line_id, quantity, amount, restocks)
        SELECT r.id, l.id, l.quantity + 1, 0, false FROM refund_request r JOIN order_line l ON l.order_id = r.order_id""",
    "money.decisions_were_carried_out": "UPDATE refund_request SET amount = amount + 1",
    "money.what_edits_took_off_was_promised_back": "UPDATE orders SET edited_back = edited_back + 1000000",
    "money.nothing_kept_of_cancelled_orders_nor_paid_twice": """
        WITH gone AS (DELETE FROM refund) UPDATE orders SET refunded = 0, updated_at = now() - interval '1 hour'""",
    "goods.nothing_is_sent_twice": """
        WITH made AS (INSERT INTO fulfillment (id, order_id, number, state, actor)
            SELECT gen_random_uuid(), id, 9, 'SHIPPED', 'nobody' FROM orders RETURNING id, order_id)
        INSERT INTO fulfillment_line SELECT m.id, l.id, l.quantity + 1 FROM made m JOIN order_line l USING (order_id)""",
    "goods.what_was_sent_has_left_the_shelves": "UPDATE reservation SET state = 'SHIPPED'",
    "goods.status_follows_the_shipments": "UPDATE orders SET fulfillment_status = 'SHIPPED'",
    "goods.no_more_comes_back_than_was_sent": f"{_A_RETURN} SELECT id, line_id, 1, 'OTHER', 1 FROM made",
    "goods.what_was_accepted_has_arrived": f"{_A_RETURN} SELECT id, line_id, 1, 'OTHER', 1 FROM made",
    "goods.what_came_back_is_shelved_once": """
        INSERT INTO stock_movement (variant_id, warehouse_id, delta, reason, order_id, actor)
        SELECT variant_id, warehouse_id, 1, 'RESTOCKED', order_id, 'nobody' FROM reservation""",
    "goods.returns_end_when_they_are_settled": f"{_A_RETURN} SELECT id, line_id, 1, 'OTHER', 0 FROM made",
    "drafts.carts_stand_as_their_drafts": "UPDATE cart SET state = 'DRAFT'",
    "drafts.orders_are_of_their_drafts": """
        INSERT INTO draft_order (cart_id, state, order_id, created_by, closed_at)
        SELECT (SELECT k.id FROM cart k WHERE k.id <> o.cart_id LIMIT 1), 'COMPLETED', o.id, 'nobody', now()
        FROM orders o LIMIT 1""",
    "drafts.alone_have_prices_of_their_own": "UPDATE cart_line SET own_price = 1",
    "states.history_without_gap": "DELETE FROM order_event WHERE seq = 2",
    "states.history_ends_where_the_order_is": "UPDATE orders SET status = 'COMPLETED'",
    "states.payment_status_follows_the_money": "UPDATE orders SET payment_status = 'AUTHORIZED'",
    "states.only_paid_orders_go_on": "UPDATE orders SET captured = 0, authorized = 0 WHERE status = 'CONFIRMED'",
    "states.status_by_the_table": "UPDATE order_event SET status = 'PROCESSING' WHERE seq = 1",
    "states.payment_status_by_the_table": "UPDATE order_event SET payment_status = 'REFUNDED' WHERE seq = 1",
    "states.fulfillment_status_by_the_table": "UPDATE order_event SET fulfillment_status = 'RETURNED' WHERE seq = 1",
    "coupons.uses_are_counted": "UPDATE coupon SET uses = uses + 1",
    "coupons.within_the_customer_limit": """
        WITH one AS (UPDATE coupon SET customer_limit = 1)
        UPDATE coupon_use SET returned_at = NULL, customer_key = 'the same'""",
    "coupons.held_by_live_orders_only": "UPDATE coupon_use SET returned_at = NULL",
    "inbox.once_per_notification": "UPDATE inbox SET notification_id = 'the same'",
    "inbox.ends_with_an_outcome": "UPDATE inbox SET outcome = NULL",
    "inbox.nothing_is_left_lying": """
        UPDATE inbox SET state = 'PENDING', outcome = NULL, next_attempt_at = now() - interval '1 hour'""",
    "outbox.facts_become_tasks": "UPDATE outbox_event SET routed_at = NULL, created_at = now() - interval '1 hour'",
    "outbox.tasks_are_done": "UPDATE outbox_task SET done_at = NULL, due_at = now() - interval '1 hour'",
    "outbox.every_order_was_announced": "DELETE FROM outbox_event WHERE kind = 'OrderPlaced'",
    "sessions.one_live_refresh_token": """
        INSERT INTO refresh_token SELECT (jsonb_populate_record(t, jsonb_build_object(
            'id', gen_random_uuid(), 'token_hash', '\\x00'))).* FROM refresh_token t LIMIT 1""",
    "sessions.none_when_revoked": "UPDATE session SET revoked_at = now()",
    "accounts.have_a_way_in": "UPDATE account SET has_password = false",
    "accounts.recovery_codes_stand_in_for_a_factor": """
        INSERT INTO recovery_code (id, account_id, code_hash) SELECT id, id, '\\x00' FROM account""",
    "accounts.one_good_letter_of_a_purpose": """
        INSERT INTO one_time_token (id, account_id, purpose, token_hash, bound_hash, expires_at)
        SELECT gen_random_uuid(), a.id, 'RESET_PASSWORD', n::text::bytea, '', now() FROM account a, generate_series(1, 2) n""",
    "log.positions_without_gap": "UPDATE outbox_event SET position = number * 2",
    "log.ends_where_its_counter_is": "UPDATE outbox_event SET position = 1000000 + number",
    "invoices.numbers_without_gap": """
        INSERT INTO invoice_series (channel_id, kind, last) SELECT id, 'INVOICE', 1 FROM channel LIMIT 1""",
    "invoices.credit_no_more_than_was_invoiced": """
        INSERT INTO invoice (id, order_id, channel_id, kind, number, label, currency, total, tax_total, facts, issued_at)
        SELECT gen_random_uuid(), o.id, o.channel_id, k.kind, 1, '1', o.currency, k.total, 0, '{}', now()
        FROM orders o, (VALUES ('INVOICE', 1), ('CREDIT_NOTE', 2)) AS k (kind, total)""",
    "record.chain_without_gap": "UPDATE audit_head SET seq = seq + 1",
    "record.changes_have_their_deed": "DELETE FROM audit_entry",
    "accounts.erased_keep_no_way_in": "UPDATE account SET erased_at = now()",
    "told.notifications_belong_where_their_order_does": """
        INSERT INTO notification (id, event_id, kind, permission, order_id, aggregate, aggregate_id)
        SELECT gen_random_uuid(), gen_random_uuid(), 'ORDER_PLACED', 'READ_ORDERS', id, 'order', id FROM orders LIMIT 1""",
    "told.nobody_was_sent_what_they_declined": """
        WITH told AS (
            INSERT INTO notice (id, cause, kind, recipient, language, subject, body_text, body_html, message_id, state, sent_at)
            VALUES (gen_random_uuid(), 'sabotage', 'BACK_IN_STOCK', 'Ada@mail.example', 'en', '', '', '', '<1@here>', 'SENT', now())
            RETURNING lower(recipient) AS address, kind, medium)
        INSERT INTO message_opt_out (address_key, kind, medium, created_at)
        SELECT address, kind, medium, now() - interval '1 hour' FROM told""",
}
_WITHOUT_BOUNDS = """
DO $$
DECLARE bound record;
BEGIN
    FOR bound IN SELECT conrelid::regclass AS held, conname FROM pg_constraint
                 WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'u', 'f') LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', bound.held, bound.conname);
    END LOOP;
    FOR bound IN SELECT indexrelid::regclass AS held FROM pg_index
                 WHERE indisunique AND NOT indisprimary AND indrelid::regclass::text <> 'alembic_version'
                   AND indexrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace) LOOP
        EXECUTE format('DROP INDEX %s', bound.held);
    END LOOP;
END $$"""


async def _used(till: Till) -> None:
    """A shop in which something of everything has happened."""
    staff = await a_staff_token(till.shop, Permission.READ_PAYMENTS, Permission.MANAGE_PAYMENTS)
    await a_customer_token(till.shop)
    code = await till.shop.coupon()
    goods = await till.shop.goods(stock=20)
    orders = []
    for _ in range(3):
        shopper = till.shop.shopper()
        await shopper.adds(goods)
        await shopper.does("cartCouponApply", {"cartId": shopper.cart["id"], "code": code})
        orders.append(await shopper.orders((goods, 1)))
    kept, given_back, cancelled = orders
    await till.paid(kept, "tok_decline")
    await till.paid(kept)
    payment = await till.paid(given_back)
    refund = {"paymentId": payment["id"], "amount": "1.00", "reason": "Torn."}
    await till.shop.data(REFUND, {"input": refund}, token=staff, key="back")
    await till.paid(cancelled)
    await till.shop.data(CANCEL, {"input": {"orderToken": cancelled["token"]}})
    await till.told_of(payment, 2)
    await till.settled_orders(kept, given_back, cancelled)


async def test_the_judge_is_silent_over_a_used_shop_and_names_each_rule_that_is_broken(
    fresh_till: Till, fresh_database_url: str
) -> None:
    await _used(fresh_till)
    assert await check(fresh_database_url) == []
    assert set(SABOTAGE) == set(RULES)
    for name, deed in SABOTAGE.items():
        assert name in await _broken_by(fresh_database_url, deed), name


async def _broken_by(database_url: str, deed: str) -> set[str]:
    """The rules that the judge finds broken after a deed; the deed is undone with its transaction."""
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database_url)
    transaction = connection.transaction(isolation="repeatable_read")
    await transaction.start()
    try:
        await connection.execute(_WITHOUT_BOUNDS)
        await connection.execute("SET LOCAL session_replication_role = replica")
        await connection.execute(deed)
        return {
            name for name, question in RULES.items() if await connection.fetchval(f"SELECT count(*) FROM ({question}) broken")
        }
    finally:
        await transaction.rollback()
        await connection.close()


async def test_the_judge_tells_the_rows(fresh_till: Till, fresh_database_url: str) -> None:
    order = await fresh_till.order()
    await fresh_till.works()
    await fresh_till.shop.rows.execute("UPDATE orders SET payment_status = 'PAID' WHERE id = $1", raw_id(order["id"]))
    found = {each.name: each.rows for each in await fresh_till.judged()}
    assert found["states.payment_status_follows_the_money"] == [{"id": str(raw_id(order["id"])), "payment_status": "PAID"}]
