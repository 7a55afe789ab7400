"""payment providers and settlements

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column('payment', 'version', type_=sa.BigInteger())
    op.alter_column(
        'payment',
        'next_action',
        type_=postgresql.JSONB(astext_type=sa.Text()),
        postgresql_using="""CASE WHEN next_action IS NOT NULL
            THEN jsonb_build_object('kind', 'REDIRECT', 'url', next_action) END""",
    )
    op.add_column('inbox', sa.Column('reference', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False))
    op.execute("UPDATE inbox SET reference = coalesce(payload ->> 'reference', '')")
    op.execute("""
        UPDATE inbox SET payload = jsonb_set(payload, '{next_action}',
            jsonb_build_object('kind', 'REDIRECT', 'url', payload -> 'next_action'))
        WHERE jsonb_typeof(payload -> 'next_action') = 'string'
    """)
    op.create_table('payment_method',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('provider', sa.Text(collation='C'), nullable=False),
    sa.Column('token', sa.Text(collation='C'), nullable=False),
    sa.Column('brand', sa.Text(collation='C'), nullable=False),
    sa.Column('last4', sa.Text(collation='C'), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('forgotten_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_payment_method_customer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment_method'))
    )
    op.create_index('ix_payment_method_customer', 'payment_method', ['customer_id', 'id'], unique=False)
    op.create_index('uq_payment_method_token', 'payment_method', ['provider', 'token'], unique=True)
    op.create_table('capture',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('payment_id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('currency', sa.Text(collation='C'), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(collation='C'), nullable=False),
    sa.Column('failure', sa.Text(collation='C'), nullable=True),
    sa.Column('requested_by', sa.Text(collation='C'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'PENDING') = (settled_at IS NULL)", name=op.f('ck_capture_ended_has_time')),
    sa.CheckConstraint("state IN ('PENDING', 'DONE', 'FAILED')", name=op.f('ck_capture_state_known')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_capture_amount_positive')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_capture_order_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_capture_payment_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_capture'))
    )
    op.create_index(op.f('ix_capture_order_id'), 'capture', ['order_id'], unique=False)
    op.create_index('ix_capture_payment', 'capture', ['payment_id'], unique=False)
    op.create_index('ix_capture_pending', 'capture', ['created_at'], unique=False, postgresql_where=sa.text("state = 'PENDING'"))
    op.create_table('refund_request',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('payment_id', sa.Uuid(), nullable=True),
    sa.Column('currency', sa.Text(collation='C'), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('shipping', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('reason', sa.Text(collation='C'), nullable=False),
    sa.Column('state', sa.Text(collation='C'), nullable=False),
    sa.Column('takes_two', sa.Boolean(), nullable=False),
    sa.Column('requested_by', sa.Text(collation='C'), nullable=False),
    sa.Column('decided_by', sa.Text(collation='C'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'WAITING') = (decided_at IS NULL)", name=op.f('ck_refund_request_ended_has_time')),
    sa.CheckConstraint("state IN ('WAITING', 'APPROVED', 'REJECTED')", name=op.f('ck_refund_request_state_known')),
    sa.CheckConstraint('(decided_at IS NULL) = (decided_by IS NULL)', name=op.f('ck_refund_request_ended_has_actor')),
    sa.CheckConstraint('NOT takes_two OR decided_by IS NULL OR decided_by <> requested_by', name=op.f('ck_refund_request_four_eyes')),
    sa.CheckConstraint('amount > 0 AND shipping BETWEEN 0 AND amount', name=op.f('ck_refund_request_amount_bounds')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_refund_request_order_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_refund_request_payment_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refund_request'))
    )
    op.create_index('ix_refund_request_order', 'refund_request', ['order_id', 'id'], unique=False)
    op.create_index(op.f('ix_refund_request_payment_id'), 'refund_request', ['payment_id'], unique=False)
    op.create_index('ix_refund_request_waiting', 'refund_request', ['id'], unique=False, postgresql_where=sa.text("state = 'WAITING'"))
    op.create_table('refund_line',
    sa.Column('request_id', sa.Uuid(), nullable=False),
    sa.Column('order_line_id', sa.Uuid(), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('restocks', sa.Boolean(), nullable=False),
    sa.CheckConstraint('amount >= 0', name=op.f('ck_refund_line_amount_not_negative')),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_refund_line_quantity_positive')),
    sa.ForeignKeyConstraint(['order_line_id'], ['order_line.id'], name=op.f('fk_refund_line_order_line_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['request_id'], ['refund_request.id'], name=op.f('fk_refund_line_request_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('request_id', 'order_line_id', name=op.f('pk_refund_line'))
    )
    op.create_index('ix_refund_line_order_line', 'refund_line', ['order_line_id'], unique=False)
    op.create_table('dispute',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('payment_id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('provider', sa.Text(collation='C'), nullable=False),
    sa.Column('reference', sa.Text(collation='C'), nullable=False),
    sa.Column('currency', sa.Text(collation='C'), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.Text(collation='C'), nullable=False),
    sa.Column('status', sa.Text(collation='C'), nullable=False),
    sa.Column('respond_by', sa.DateTime(timezone=True), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(status = 'OPEN') = (closed_at IS NULL)", name=op.f('ck_dispute_ended_has_time')),
    sa.CheckConstraint("status IN ('OPEN', 'WON', 'LOST')", name=op.f('ck_dispute_status_known')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_dispute_amount_positive')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_dispute_order_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_dispute_payment_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispute'))
    )
    op.create_index('ix_dispute_open', 'dispute', ['respond_by'], unique=False, postgresql_where=sa.text("status = 'OPEN'"))
    op.create_index('ix_dispute_order', 'dispute', ['order_id', 'id'], unique=False)
    op.create_index('uq_dispute_reference', 'dispute', ['payment_id', 'reference'], unique=True)
    op.create_table('settlement',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('provider', sa.Text(collation='C'), nullable=False),
    sa.Column('file_name', sa.Text(collation='C'), nullable=False),
    sa.Column('digest', sa.Text(collation='C'), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('unmatched', sa.Integer(), nullable=False),
    sa.Column('imported_by', sa.Text(collation='C'), nullable=False),
    sa.Column('imported_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('rows >= 0 AND unmatched BETWEEN 0 AND rows', name=op.f('ck_settlement_counts_bounds')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_settlement'))
    )
    op.create_index('uq_settlement_file', 'settlement', ['provider', 'digest'], unique=True)
    op.create_table('settlement_line',
    sa.Column('settlement_id', sa.Uuid(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('provider', sa.Text(collation='C'), nullable=False),
    sa.Column('key', sa.Text(collation='C'), nullable=True),
    sa.Column('kind', sa.Text(collation='C'), nullable=False),
    sa.Column('reference', sa.Text(collation='C'), nullable=False),
    sa.Column('currency', sa.Text(collation='C'), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('fee', sa.BigInteger(), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.Text(collation='C'), nullable=False),
    sa.Column('payment_id', sa.Uuid(), nullable=True),
    sa.Column('detail', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False),
    sa.CheckConstraint("outcome IN ('MATCHED', 'FEE_BOOKED', 'DIFFERENT', 'UNKNOWN', 'MISSING', 'REPEATED', 'IGNORED')", name=op.f('ck_settlement_line_outcome_known')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_settlement_line_payment_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['settlement_id'], ['settlement.id'], name=op.f('fk_settlement_line_settlement_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('settlement_id', 'line', name=op.f('pk_settlement_line'))
    )
    op.create_index('ix_settlement_line_payment', 'settlement_line', ['payment_id'], unique=False)
    op.create_index('uq_settlement_line_key', 'settlement_line', ['provider', 'key'], unique=True, postgresql_where=sa.text('key IS NOT NULL'))
    op.add_column('payment', sa.Column('keeps_method', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('payment', sa.Column('fee', sa.BigInteger(), nullable=True))
    op.add_column('payment', sa.Column('fee_currency', sa.Text(collation='C'), nullable=True))
    op.add_column('payment', sa.Column('is_settled', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('payment', sa.Column('asked_at', sa.DateTime(timezone=True), nullable=True))
    op.create_check_constraint(op.f('ck_payment_fee_has_currency'), 'payment', '(fee IS NULL) = (fee_currency IS NULL)')
    op.add_column('refund', sa.Column('request_id', sa.Uuid(), nullable=True))
    op.create_index(op.f('ix_refund_request_id'), 'refund', ['request_id'], unique=False)
    op.create_foreign_key(
        op.f('fk_refund_request_id'), 'refund', 'refund_request', ['request_id'], ['id'], ondelete='RESTRICT'
    )
    op.drop_constraint(op.f('ck_ledger_entry_account_known'), 'ledger_entry')
    op.create_check_constraint(
        op.f('ck_ledger_entry_account_known'),
        'ledger_entry',
        "account IN ('PROVIDER', 'CUSTOMER', 'AUTHORIZED', 'RECEIVABLE', 'FEES', 'DISPUTED', 'LOST')",
    )
    op.execute(
        'CREATE TRIGGER settlement_line_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON settlement_line '
        'FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()'
    )


def downgrade() -> None:
    op.drop_constraint(op.f('ck_ledger_entry_account_known'), 'ledger_entry')
    op.execute('ALTER TABLE ledger_entry DISABLE TRIGGER ledger_entry_append_only')
    op.execute("DELETE FROM ledger_entry WHERE account IN ('FEES', 'DISPUTED', 'LOST') OR kind IN ('FEE', 'FEE_BACK') OR kind LIKE 'DISPUTE%'")
    op.execute('ALTER TABLE ledger_entry ENABLE TRIGGER ledger_entry_append_only')
    op.create_check_constraint(
        op.f('ck_ledger_entry_account_known'),
        'ledger_entry',
        "account IN ('PROVIDER', 'CUSTOMER', 'AUTHORIZED', 'RECEIVABLE')",
    )
    op.drop_constraint(op.f('fk_refund_request_id'), 'refund')
    op.drop_index(op.f('ix_refund_request_id'), 'refund')
    op.drop_column('refund', 'request_id')
    op.drop_constraint(op.f('ck_payment_fee_has_currency'), 'payment')
    for column in ('keeps_method', 'fee', 'fee_currency', 'is_settled', 'asked_at'):
        op.drop_column('payment', column)
    for table in ('settlement_line', 'settlement', 'dispute', 'refund_line', 'refund_request', 'capture', 'payment_method'):
        op.drop_table(table)
    op.execute("""
        UPDATE inbox SET payload = jsonb_set(payload, '{next_action}', coalesce(payload #> '{next_action,url}', 'null'))
        WHERE jsonb_typeof(payload -> 'next_action') = 'object'
    """)
    op.drop_column('inbox', 'reference')
    op.alter_column('payment', 'next_action', type_=sa.Text(collation='C'), postgresql_using="next_action ->> 'url'")
    op.alter_column('payment', 'version', type_=sa.Integer())
