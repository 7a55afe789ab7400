"""the shop

Revision: 0001, after 
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0001'
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("stock_movement", "order_event", "ledger_entry")


def keep_append_only() -> None:
    """Histories are only ever added to; the database refuses the rest, whoever asks."""
    op.execute(
        """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )



def upgrade() -> None:
    op.create_table('account',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('email', sa.Text(collation='C'), nullable=False),
    sa.Column('email_key', sa.Text(collation='C'), nullable=False),
    sa.Column('email_verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('password_hash', sa.Text(collation='C'), nullable=False),
    sa.Column('is_active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account')),
    sa.UniqueConstraint('email_key', name=op.f('uq_account_email_key'))
    )
    op.create_table('category',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('position', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('slug', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('description', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False),
    sa.Column('seo_title', sa.Text(collation='C'), nullable=True),
    sa.Column('seo_description', sa.Text(collation='C'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('parent_id <> id', name=op.f('ck_category_own_parent')),
    sa.ForeignKeyConstraint(['parent_id'], ['category.id'], name=op.f('fk_category_parent_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_category')),
    sa.UniqueConstraint('slug', name=op.f('uq_category_slug'))
    )
    op.create_index('ix_category_parent', 'category', ['parent_id', 'position'], unique=False)
    op.create_table('channel',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('currency', sa.Text(collation='C'), nullable=False),
    sa.Column('currencies', postgresql.ARRAY(sa.Text(collation='C')), nullable=False),
    sa.Column('country', sa.Text(collation='C'), nullable=False),
    sa.Column('language', sa.Text(collation='C'), nullable=False),
    sa.Column('prices_include_tax', sa.Boolean(), nullable=False),
    sa.Column('is_default', sa.Boolean(), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f('ck_channel_currency_iso')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_channel')),
    sa.UniqueConstraint('slug', name=op.f('uq_channel_slug'))
    )
    op.create_table('collection',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('description', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False),
    sa.Column('is_published', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('seo_title', sa.Text(collation='C'), nullable=True),
    sa.Column('seo_description', sa.Text(collation='C'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_collection')),
    sa.UniqueConstraint('slug', name=op.f('uq_collection_slug'))
    )
    op.create_table('idempotency',
    sa.Column('actor', sa.Text(collation='C'), nullable=False),
    sa.Column('mutation', sa.Text(collation='C'), nullable=False),
    sa.Column('key', sa.Text(collation='C'), nullable=False),
    sa.Column('fingerprint', sa.LargeBinary(), nullable=False),
    sa.Column('outcome', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('actor', 'mutation', 'key', name=op.f('pk_idempotency'))
    )
    op.create_index('ix_idempotency_created', 'idempotency', ['created_at'], unique=False)
    op.create_table('inbox',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('provider', sa.Text(collation='C'), nullable=False),
    sa.Column('notification_id', sa.Text(collation='C'), nullable=False),
    sa.Column('kind', sa.Text(collation='C'), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('state', sa.Text(collation='C'), server_default=sa.text("'PENDING'"), nullable=False),
    sa.Column('outcome', sa.Text(collation='C'), nullable=True),
    sa.Column('attempts', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('next_attempt_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("(state = 'PENDING') = (outcome IS NULL)", name=op.f('ck_inbox_ended_has_outcome')),
    sa.CheckConstraint("state IN ('PENDING', 'DONE', 'PARKED')", name=op.f('ck_inbox_state_known')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inbox'))
    )
    op.create_index('ix_inbox_pending', 'inbox', ['next_attempt_at'], unique=False, postgresql_where=sa.text("state = 'PENDING'"))
    op.create_index('uq_inbox_notification', 'inbox', ['provider', 'notification_id'], unique=True)
    op.create_table('outbox_event',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(collation='C'), nullable=False),
    sa.Column('aggregate', sa.Text(collation='C'), nullable=False),
    sa.Column('aggregate_id', sa.Uuid(), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('request_id', sa.Text(collation='C'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('routed_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_event'))
    )
    op.create_index('ix_outbox_event_aggregate', 'outbox_event', ['aggregate', 'aggregate_id'], unique=False)
    op.create_index('ix_outbox_event_unrouted', 'outbox_event', ['id'], unique=False, postgresql_where=sa.text('routed_at IS NULL'))
    op.create_table('reconciliation_run',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('provider', sa.Text(collation='C'), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('payments_checked', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('failure', sa.Text(collation='C'), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reconciliation_run'))
    )
    op.create_index('ix_reconciliation_run_started', 'reconciliation_run', ['started_at', 'id'], unique=False)
    op.create_table('role',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('permissions', postgresql.ARRAY(sa.Text(collation='C')), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_role')),
    sa.UniqueConstraint('name', name=op.f('uq_role_name'))
    )
    op.create_table('schedule',
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('next_run_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_schedule'))
    )
    op.create_table('shop',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('seeded_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shop'))
    )
    op.create_table('warehouse',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('country', sa.Text(collation='C'), nullable=False),
    sa.Column('priority', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('is_active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_warehouse')),
    sa.UniqueConstraint('slug', name=op.f('uq_warehouse_slug'))
    )
    op.create_table('category_closure',
    sa.Column('ancestor_id', sa.Uuid(), nullable=False),
    sa.Column('descendant_id', sa.Uuid(), nullable=False),
    sa.Column('depth', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['ancestor_id'], ['category.id'], name=op.f('fk_category_closure_ancestor_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['descendant_id'], ['category.id'], name=op.f('fk_category_closure_descendant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('ancestor_id', 'descendant_id', name=op.f('pk_category_closure'))
    )
    op.create_index('ix_category_closure_descendant', 'category_closure', ['descendant_id', 'depth'], unique=False)
    op.create_table('coupon',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('channel_id', sa.Uuid(), nullable=False),
    sa.Column('code', sa.Text(collation='C'), nullable=False),
    sa.Column('code_key', sa.Text(collation='C'), nullable=False),
    sa.Column('kind', sa.Text(collation='C'), nullable=False),
    sa.Column('basis_points', sa.Integer(), nullable=True),
    sa.Column('amount', sa.BigInteger(), nullable=True),
    sa.Column('currency', sa.Text(collation='C'), nullable=True),
    sa.Column('minimum', sa.BigInteger(), nullable=True),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('usage_limit', sa.Integer(), nullable=True),
    sa.Column('customer_limit', sa.Integer(), nullable=True),
    sa.Column('uses', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('is_active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("(kind = 'FIXED') = (amount IS NOT NULL)", name=op.f('ck_coupon_fixed_has_amount')),
    sa.CheckConstraint("(kind = 'PERCENTAGE') = (basis_points IS NOT NULL)", name=op.f('ck_coupon_percentage_has_basis_points')),
    sa.CheckConstraint("kind IN ('PERCENTAGE', 'FIXED')", name=op.f('ck_coupon_kind_known')),
    sa.CheckConstraint('amount IS NULL OR (amount > 0 AND currency IS NOT NULL)', name=op.f('ck_coupon_amount_has_currency')),
    sa.CheckConstraint('basis_points BETWEEN 1 AND 10000', name=op.f('ck_coupon_basis_points_bounds')),
    sa.CheckConstraint('ends_at IS NULL OR starts_at IS NULL OR starts_at < ends_at', name=op.f('ck_coupon_period')),
    sa.CheckConstraint('minimum IS NULL OR (minimum > 0 AND currency IS NOT NULL)', name=op.f('ck_coupon_minimum_has_currency')),
    sa.CheckConstraint('uses >= 0 AND (usage_limit IS NULL OR uses <= usage_limit)', name=op.f('ck_coupon_uses_within_limit')),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_coupon_channel_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coupon'))
    )
    op.create_index('uq_coupon_channel_code', 'coupon', ['channel_id', 'code_key'], unique=True)
    op.create_table('customer',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('first_name', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False),
    sa.Column('last_name', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False),
    sa.Column('phone', sa.Text(collation='C'), nullable=True),
    sa.Column('language', sa.Text(collation='C'), server_default=sa.text("'en'"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['id'], ['account.id'], name=op.f('fk_customer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_customer'))
    )
    op.create_table('order_number',
    sa.Column('channel_id', sa.Uuid(), nullable=False),
    sa.Column('next', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_order_number_channel_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('channel_id', name=op.f('pk_order_number'))
    )
    op.create_table('outbox_task',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('event_id', sa.Uuid(), nullable=False),
    sa.Column('actor', sa.Text(collation='C'), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('attempts', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failure', sa.Text(collation='C'), nullable=True),
    sa.Column('parked_because', sa.Text(collation='C'), nullable=True),
    sa.ForeignKeyConstraint(['event_id'], ['outbox_event.id'], name=op.f('fk_outbox_task_event_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_task'))
    )
    op.create_index('ix_outbox_task_due', 'outbox_task', ['due_at'], unique=False, postgresql_where=sa.text('done_at IS NULL AND parked_because IS NULL'))
    op.create_index('uq_outbox_task_actor', 'outbox_task', ['event_id', 'actor'], unique=True)
    op.create_table('product',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('name_key', sa.Text(collation='C'), nullable=False),
    sa.Column('description', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False),
    sa.Column('vendor', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False),
    sa.Column('product_type', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False),
    sa.Column('tags', postgresql.ARRAY(sa.Text(collation='C')), server_default=sa.text("'{}'::text[]"), nullable=False),
    sa.Column('status', sa.Text(collation='C'), nullable=False),
    sa.Column('category_id', sa.Uuid(), nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('seo_title', sa.Text(collation='C'), nullable=True),
    sa.Column('seo_description', sa.Text(collation='C'), nullable=True),
    sa.Column('attributes', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('search', postgresql.TSVECTOR(), server_default=sa.text("''::tsvector"), nullable=False),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("status IN ('DRAFT', 'ACTIVE', 'ARCHIVED')", name=op.f('ck_product_status_known')),
    sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_product_category_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_product')),
    sa.UniqueConstraint('slug', name=op.f('uq_product_slug'))
    )
    op.create_index(op.f('ix_product_category_id'), 'product', ['category_id'], unique=False)
    op.create_index('ix_product_search', 'product', ['search'], unique=False, postgresql_using='gin')
    op.create_index('ix_product_status_created', 'product', ['status', 'created_at', 'id'], unique=False)
    op.create_index('ix_product_status_name', 'product', ['status', 'name_key', 'id'], unique=False)
    op.create_table('product_import',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('status', sa.Text(collation='C'), nullable=False),
    sa.Column('started_by', sa.Text(collation='C'), nullable=False),
    sa.Column('channel_id', sa.Uuid(), nullable=False),
    sa.Column('warehouse_id', sa.Uuid(), nullable=False),
    sa.Column('bytes_total', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('rows_read', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('products_created', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('products_updated', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('products_unchanged', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('errors_count', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('failure', sa.Text(collation='C'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('moved_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("status IN ('UPLOADING', 'QUEUED', 'RUNNING', 'DONE', 'FAILED')", name=op.f('ck_product_import_status_known')),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_product_import_channel_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['warehouse_id'], ['warehouse.id'], name=op.f('fk_product_import_warehouse_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_product_import'))
    )
    op.create_table('session',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('user_agent', sa.Text(collation='C'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_because', sa.Text(collation='C'), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_session_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_session'))
    )
    op.create_index(op.f('ix_session_account_id'), 'session', ['account_id'], unique=False)
    op.create_table('shipping_method',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('channel_id', sa.Uuid(), nullable=False),
    sa.Column('slug', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('description', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False),
    sa.Column('countries', postgresql.ARRAY(sa.Text(collation='C')), nullable=False),
    sa.Column('currency', sa.Text(collation='C'), nullable=False),
    sa.Column('price', sa.BigInteger(), nullable=False),
    sa.Column('free_from', sa.BigInteger(), nullable=True),
    sa.Column('days_min', sa.Integer(), nullable=False),
    sa.Column('days_max', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('is_active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('days_min >= 0 AND days_max >= days_min', name=op.f('ck_shipping_method_days')),
    sa.CheckConstraint('price >= 0 AND (free_from IS NULL OR free_from > 0)', name=op.f('ck_shipping_method_amounts')),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_shipping_method_channel_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shipping_method'))
    )
    op.create_index('uq_shipping_method_slug', 'shipping_method', ['channel_id', 'slug'], unique=True)
    op.create_table('staff',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('role_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_staff_account_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['role_id'], ['role.id'], name=op.f('fk_staff_role_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_staff'))
    )
    op.create_index(op.f('ix_staff_role_id'), 'staff', ['role_id'], unique=False)
    op.create_table('tax_rate',
    sa.Column('channel_id', sa.Uuid(), nullable=False),
    sa.Column('country', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('basis_points', sa.Integer(), nullable=False),
    sa.CheckConstraint('basis_points BETWEEN 0 AND 10000', name=op.f('ck_tax_rate_basis_points_bounds')),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_tax_rate_channel_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('channel_id', 'country', name=op.f('pk_tax_rate'))
    )
    op.create_table('address',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('address', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('is_default_shipping', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('is_default_billing', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_address_customer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_address'))
    )
    op.create_index('ix_address_customer', 'address', ['customer_id', 'created_at'], unique=False)
    op.create_index('uq_address_default_billing', 'address', ['customer_id'], unique=True, postgresql_where=sa.text('is_default_billing'))
    op.create_index('uq_address_default_shipping', 'address', ['customer_id'], unique=True, postgresql_where=sa.text('is_default_shipping'))
    op.create_table('cart',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Text(collation='C'), server_default=sa.text("'OPEN'"), nullable=False),
    sa.Column('channel_id', sa.Uuid(), nullable=False),
    sa.Column('currency', sa.Text(collation='C'), nullable=False),
    sa.Column('country', sa.Text(collation='C'), nullable=False),
    sa.Column('language', sa.Text(collation='C'), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=True),
    sa.Column('email', sa.Text(collation='C'), nullable=True),
    sa.Column('shipping_address', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('billing_address', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('shipping_method_id', sa.Uuid(), nullable=True),
    sa.Column('coupon_id', sa.Uuid(), nullable=True),
    sa.Column('note', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("state IN ('OPEN', 'COMPLETED', 'MERGED')", name=op.f('ck_cart_state_known')),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_cart_channel_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['coupon_id'], ['coupon.id'], name=op.f('fk_cart_coupon_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_cart_customer_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['shipping_method_id'], ['shipping_method.id'], name=op.f('fk_cart_shipping_method_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cart'))
    )
    op.create_index(op.f('ix_cart_coupon_id'), 'cart', ['coupon_id'], unique=False)
    op.create_index('ix_cart_updated', 'cart', ['updated_at'], unique=False, postgresql_where=sa.text("state = 'OPEN'"))
    op.create_index('uq_cart_open_customer', 'cart', ['customer_id', 'channel_id'], unique=True, postgresql_where=sa.text("state = 'OPEN'"))
    op.create_table('listing',
    sa.Column('product_id', sa.Uuid(), nullable=False),
    sa.Column('channel_id', sa.Uuid(), nullable=False),
    sa.Column('currency', sa.Text(collation='C'), nullable=False),
    sa.Column('price_min', sa.BigInteger(), nullable=False),
    sa.Column('price_max', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_listing_channel_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_listing_product_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('product_id', 'channel_id', 'currency', name=op.f('pk_listing'))
    )
    op.create_index('ix_listing_price', 'listing', ['channel_id', 'currency', 'price_min', 'product_id'], unique=False)
    op.create_table('product_category',
    sa.Column('product_id', sa.Uuid(), nullable=False),
    sa.Column('category_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['category_id'], ['category.id'], name=op.f('fk_product_category_category_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_product_category_product_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('product_id', 'category_id', name=op.f('pk_product_category'))
    )
    op.create_index(op.f('ix_product_category_category_id'), 'product_category', ['category_id'], unique=False)
    op.create_table('product_collection',
    sa.Column('product_id', sa.Uuid(), nullable=False),
    sa.Column('collection_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.ForeignKeyConstraint(['collection_id'], ['collection.id'], name=op.f('fk_product_collection_collection_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_product_collection_product_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('product_id', 'collection_id', name=op.f('pk_product_collection'))
    )
    op.create_index('ix_product_collection_position', 'product_collection', ['collection_id', 'position', 'product_id'], unique=False)
    op.create_table('product_image',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('product_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('url', sa.Text(collation='C'), nullable=False),
    sa.Column('alt', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_product_image_product_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_product_image')),
    sa.UniqueConstraint('product_id', 'position', deferrable=True, name=op.f('uq_product_image_product_id_position')),
    sa.UniqueConstraint('product_id', 'url', name=op.f('uq_product_image_product_id_url'))
    )
    op.create_table('product_import_error',
    sa.Column('import_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('line', sa.Integer(), nullable=False),
    sa.Column('column', sa.Text(collation='C'), nullable=False),
    sa.Column('reason', sa.Text(collation='C'), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['product_import.id'], name=op.f('fk_product_import_error_import_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('import_id', 'position', name=op.f('pk_product_import_error'))
    )
    op.create_table('product_import_part',
    sa.Column('import_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['product_import.id'], name=op.f('fk_product_import_part_import_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('import_id', 'position', name=op.f('pk_product_import_part'))
    )
    op.create_table('product_option',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('product_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.CheckConstraint('position BETWEEN 1 AND 3', name=op.f('ck_product_option_three_at_most')),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_product_option_product_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_product_option')),
    sa.UniqueConstraint('product_id', 'name', name=op.f('uq_product_option_product_id_name')),
    sa.UniqueConstraint('product_id', 'position', deferrable=True, name=op.f('uq_product_option_product_id_position'))
    )
    op.create_table('refresh_token',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('successor_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['session_id'], ['session.id'], name=op.f('fk_refresh_token_session_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['successor_id'], ['refresh_token.id'], name=op.f('fk_refresh_token_successor_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refresh_token')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_refresh_token_token_hash'))
    )
    op.create_index(op.f('ix_refresh_token_expires_at'), 'refresh_token', ['expires_at'], unique=False)
    op.create_index(op.f('ix_refresh_token_session_id'), 'refresh_token', ['session_id'], unique=False)
    op.create_index(op.f('ix_refresh_token_successor_id'), 'refresh_token', ['successor_id'], unique=False)
    op.create_index('uq_refresh_token_live', 'refresh_token', ['session_id'], unique=True, postgresql_where=sa.text('used_at IS NULL AND revoked_at IS NULL'))
    op.create_table('cart_merge',
    sa.Column('cart_id', sa.Uuid(), nullable=False),
    sa.Column('into_cart_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['cart_id'], ['cart.id'], name=op.f('fk_cart_merge_cart_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['into_cart_id'], ['cart.id'], name=op.f('fk_cart_merge_into_cart_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('cart_id', name=op.f('pk_cart_merge'))
    )
    op.create_index(op.f('ix_cart_merge_into_cart_id'), 'cart_merge', ['into_cart_id'], unique=False)
    op.create_table('orders',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('cart_id', sa.Uuid(), nullable=False),
    sa.Column('channel_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=True),
    sa.Column('email', sa.Text(collation='C'), nullable=False),
    sa.Column('email_key', sa.Text(collation='C'), nullable=False),
    sa.Column('status', sa.Text(collation='C'), nullable=False),
    sa.Column('payment_status', sa.Text(collation='C'), nullable=False),
    sa.Column('fulfillment_status', sa.Text(collation='C'), nullable=False),
    sa.Column('currency', sa.Text(collation='C'), nullable=False),
    sa.Column('country', sa.Text(collation='C'), nullable=False),
    sa.Column('language', sa.Text(collation='C'), nullable=False),
    sa.Column('shipping_address', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('billing_address', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('delivery', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('coupon_code', sa.Text(collation='C'), nullable=True),
    sa.Column('note', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False),
    sa.Column('subtotal', sa.BigInteger(), nullable=False),
    sa.Column('discount', sa.BigInteger(), nullable=False),
    sa.Column('shipping', sa.BigInteger(), nullable=False),
    sa.Column('tax_added', sa.BigInteger(), nullable=False),
    sa.Column('tax_total', sa.BigInteger(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('explanation', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('authorized', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('captured', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('refunded', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('event_seq', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('version', sa.Integer(), server_default=sa.text('1'), nullable=False),
    sa.Column('cancel_reason', sa.Text(collation='C'), nullable=True),
    sa.Column('placed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("fulfillment_status IN ('UNFULFILLED', 'PARTIALLY_SHIPPED', 'SHIPPED', 'DELIVERED', 'RETURNED')", name=op.f('ck_orders_fulfillment_status_known')),
    sa.CheckConstraint("payment_status IN ('UNPAID', 'PENDING', 'AUTHORIZED', 'PARTIALLY_PAID', 'PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')", name=op.f('ck_orders_payment_status_known')),
    sa.CheckConstraint("status IN ('PENDING', 'CONFIRMED', 'PROCESSING', 'COMPLETED', 'CANCELLED')", name=op.f('ck_orders_status_known')),
    sa.CheckConstraint('0 <= refunded AND refunded <= captured AND captured <= authorized', name=op.f('ck_orders_money_bounds')),
    sa.CheckConstraint('subtotal >= 0 AND discount BETWEEN 0 AND subtotal AND shipping >= 0', name=op.f('ck_orders_parts_positive')),
    sa.CheckConstraint('tax_added >= 0 AND tax_total >= tax_added', name=op.f('ck_orders_tax_positive')),
    sa.CheckConstraint('total = subtotal - discount + shipping + tax_added AND total >= 0', name=op.f('ck_orders_total_adds_up')),
    sa.ForeignKeyConstraint(['cart_id'], ['cart.id'], name=op.f('fk_orders_cart_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_orders_channel_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_orders_customer_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_orders')),
    sa.UniqueConstraint('cart_id', name=op.f('uq_orders_cart_id'))
    )
    op.create_index('ix_orders_customer', 'orders', ['customer_id', 'placed_at', 'id'], unique=False)
    op.create_index('ix_orders_email', 'orders', ['email_key'], unique=False)
    op.create_index('ix_orders_placed', 'orders', ['placed_at', 'id'], unique=False)
    op.create_index('uq_orders_number', 'orders', ['channel_id', 'number'], unique=True)
    op.create_table('variant',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('product_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('sku', sa.Text(collation='C'), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('option1', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False),
    sa.Column('option2', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False),
    sa.Column('option3', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False),
    sa.Column('barcode', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False),
    sa.Column('weight_grams', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('requires_shipping', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('is_taxable', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('tracks_stock', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('is_active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('image_id', sa.Uuid(), nullable=True),
    sa.Column('attributes', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('weight_grams >= 0', name=op.f('ck_variant_weight_positive')),
    sa.ForeignKeyConstraint(['image_id'], ['product_image.id'], name=op.f('fk_variant_image_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['product_id'], ['product.id'], name=op.f('fk_variant_product_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_variant')),
    sa.UniqueConstraint('product_id', 'option1', 'option2', 'option3', name=op.f('uq_variant_product_id_option1_option2_option3')),
    sa.UniqueConstraint('sku', name=op.f('uq_variant_sku'))
    )
    op.create_index(op.f('ix_variant_image_id'), 'variant', ['image_id'], unique=False)
    op.create_index('ix_variant_product_position', 'variant', ['product_id', 'position'], unique=False)
    op.create_table('cart_line',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('cart_id', sa.Uuid(), nullable=False),
    sa.Column('variant_id', sa.Uuid(), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('price_seen', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('quantity BETWEEN 1 AND 9999', name=op.f('ck_cart_line_quantity_bounds')),
    sa.ForeignKeyConstraint(['cart_id'], ['cart.id'], name=op.f('fk_cart_line_cart_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['variant_id'], ['variant.id'], name=op.f('fk_cart_line_variant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cart_line'))
    )
    op.create_index(op.f('ix_cart_line_variant_id'), 'cart_line', ['variant_id'], unique=False)
    op.create_index('uq_cart_line_variant', 'cart_line', ['cart_id', 'variant_id'], unique=True)
    op.create_table('coupon_use',
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('coupon_id', sa.Uuid(), nullable=False),
    sa.Column('customer_key', sa.Text(collation='C'), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('returned_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['coupon_id'], ['coupon.id'], name=op.f('fk_coupon_use_coupon_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_coupon_use_order_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('order_id', name=op.f('pk_coupon_use'))
    )
    op.create_index('ix_coupon_use_customer', 'coupon_use', ['coupon_id', 'customer_key'], unique=False, postgresql_where=sa.text('returned_at IS NULL'))
    op.create_table('notice',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('cause', sa.Text(collation='C'), nullable=False),
    sa.Column('kind', sa.Text(collation='C'), nullable=False),
    sa.Column('medium', sa.Text(collation='C'), server_default=sa.text("'EMAIL'"), nullable=False),
    sa.Column('recipient', sa.Text(collation='C'), nullable=False),
    sa.Column('language', sa.Text(collation='C'), nullable=False),
    sa.Column('subject', sa.Text(collation='C'), nullable=False),
    sa.Column('body_text', sa.Text(collation='C'), nullable=False),
    sa.Column('body_html', sa.Text(collation='C'), nullable=False),
    sa.Column('message_id', sa.Text(collation='C'), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.Text(collation='C'), server_default=sa.text("'QUEUED'"), nullable=False),
    sa.Column('attempts', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('failure', sa.Text(collation='C'), nullable=True),
    sa.Column('next_attempt_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('QUEUED', 'SENDING', 'SENT', 'DEAD')", name=op.f('ck_notice_state_known')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_notice_order_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice')),
    sa.UniqueConstraint('cause', name=op.f('uq_notice_cause')),
    sa.UniqueConstraint('message_id', name=op.f('uq_notice_message_id'))
    )
    op.create_index('ix_notice_created', 'notice', ['created_at', 'id'], unique=False)
    op.create_index('ix_notice_due', 'notice', ['next_attempt_at'], unique=False, postgresql_where=sa.text("state IN ('QUEUED', 'SENDING')"))
    op.create_index(op.f('ix_notice_order_id'), 'notice', ['order_id'], unique=False)
    op.create_table('order_event',
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Text(collation='C'), nullable=False),
    sa.Column('actor', sa.Text(collation='C'), nullable=False),
    sa.Column('status', sa.Text(collation='C'), nullable=False),
    sa.Column('payment_status', sa.Text(collation='C'), nullable=False),
    sa.Column('fulfillment_status', sa.Text(collation='C'), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('seq > 0', name=op.f('ck_order_event_seq_positive')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_order_event_order_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('order_id', 'seq', name=op.f('pk_order_event'))
    )
    op.create_table('order_line',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('variant_id', sa.Uuid(), nullable=True),
    sa.Column('product_name', sa.Text(collation='C'), nullable=False),
    sa.Column('variant_name', sa.Text(collation='C'), nullable=False),
    sa.Column('sku', sa.Text(collation='C'), nullable=False),
    sa.Column('image_url', sa.Text(collation='C'), nullable=True),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('unit_price', sa.BigInteger(), nullable=False),
    sa.Column('discount', sa.BigInteger(), nullable=False),
    sa.Column('tax_basis_points', sa.Integer(), nullable=False),
    sa.Column('tax_added', sa.BigInteger(), nullable=False),
    sa.Column('tax_total', sa.BigInteger(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_order_line_quantity_positive')),
    sa.CheckConstraint('total = unit_price * quantity - discount + tax_added AND total >= 0', name=op.f('ck_order_line_total_adds_up')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_order_line_order_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['variant_id'], ['variant.id'], name=op.f('fk_order_line_variant_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_order_line'))
    )
    op.create_index('ix_order_line_order', 'order_line', ['order_id', 'position'], unique=False)
    op.create_index(op.f('ix_order_line_variant_id'), 'order_line', ['variant_id'], unique=False)
    op.create_table('payment',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('provider', sa.Text(collation='C'), nullable=False),
    sa.Column('reference', sa.Text(collation='C'), nullable=True),
    sa.Column('state', sa.Text(collation='C'), nullable=False),
    sa.Column('currency', sa.Text(collation='C'), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('authorized', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('captured', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('refunded', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('version', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('next_action', sa.Text(collation='C'), nullable=True),
    sa.Column('failure_code', sa.Text(collation='C'), nullable=True),
    sa.Column('failure_message', sa.Text(collation='C'), nullable=True),
    sa.Column('method', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("state IN ('PENDING', 'REQUIRES_ACTION', 'AUTHORIZED', 'CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'FAILED', 'CANCELLED')", name=op.f('ck_payment_state_known')),
    sa.CheckConstraint('0 <= refunded AND refunded <= captured AND captured <= authorized', name=op.f('ck_payment_money_bounds')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_payment_amount_positive')),
    sa.CheckConstraint('authorized <= amount', name=op.f('ck_payment_authorized_within_amount')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_payment_order_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment'))
    )
    op.create_index('ix_payment_order', 'payment', ['order_id', 'created_at'], unique=False)
    op.create_index('ix_payment_unfinished', 'payment', ['created_at'], unique=False, postgresql_where=sa.text("state NOT IN ('CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'FAILED', 'CANCELLED')"))
    op.create_index('uq_payment_reference', 'payment', ['provider', 'reference'], unique=True, postgresql_where=sa.text('reference IS NOT NULL'))
    op.create_table('price',
    sa.Column('variant_id', sa.Uuid(), nullable=False),
    sa.Column('channel_id', sa.Uuid(), nullable=False),
    sa.Column('currency', sa.Text(collation='C'), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('compare_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f('ck_price_currency_iso')),
    sa.CheckConstraint('amount BETWEEN 0 AND 1000000000000', name=op.f('ck_price_amount_bounds')),
    sa.CheckConstraint('compare_at IS NULL OR compare_at BETWEEN 0 AND 1000000000000', name=op.f('ck_price_compare_at_bounds')),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_price_channel_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['variant_id'], ['variant.id'], name=op.f('fk_price_variant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('variant_id', 'channel_id', 'currency', name=op.f('pk_price'))
    )
    op.create_table('reservation',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('variant_id', sa.Uuid(), nullable=False),
    sa.Column('warehouse_id', sa.Uuid(), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('state', sa.Text(collation='C'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("(state = 'HELD') = (expires_at IS NOT NULL)", name=op.f('ck_reservation_held_expires')),
    sa.CheckConstraint("state IN ('HELD', 'ALLOCATED', 'RELEASED', 'SHIPPED')", name=op.f('ck_reservation_state_known')),
    sa.CheckConstraint('quantity > 0', name=op.f('ck_reservation_quantity_positive')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_reservation_order_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.ForeignKeyConstraint(['variant_id'], ['variant.id'], name=op.f('fk_reservation_variant_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['warehouse_id'], ['warehouse.id'], name=op.f('fk_reservation_warehouse_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reservation'))
    )
    op.create_index('ix_reservation_expiry', 'reservation', ['expires_at'], unique=False, postgresql_where=sa.text("state = 'HELD'"))
    op.create_index('ix_reservation_live', 'reservation', ['variant_id', 'warehouse_id'], unique=False, postgresql_where=sa.text("state IN ('HELD', 'ALLOCATED')"))
    op.create_index(op.f('ix_reservation_order_id'), 'reservation', ['order_id'], unique=False)
    op.create_table('stock',
    sa.Column('variant_id', sa.Uuid(), nullable=False),
    sa.Column('warehouse_id', sa.Uuid(), nullable=False),
    sa.Column('on_hand', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('reserved', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.CheckConstraint('on_hand >= 0', name=op.f('ck_stock_on_hand_positive')),
    sa.CheckConstraint('reserved BETWEEN 0 AND on_hand', name=op.f('ck_stock_reserved_bounds')),
    sa.ForeignKeyConstraint(['variant_id'], ['variant.id'], name=op.f('fk_stock_variant_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['warehouse_id'], ['warehouse.id'], name=op.f('fk_stock_warehouse_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('variant_id', 'warehouse_id', name=op.f('pk_stock'))
    )
    op.create_table('stock_movement',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('variant_id', sa.Uuid(), nullable=False),
    sa.Column('warehouse_id', sa.Uuid(), nullable=False),
    sa.Column('delta', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(collation='C'), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=True),
    sa.Column('actor', sa.Text(collation='C'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("reason IN ('SEEDED', 'IMPORTED', 'ADJUSTED', 'SHIPPED', 'RETURNED')", name=op.f('ck_stock_movement_reason_known')),
    sa.CheckConstraint('delta <> 0', name=op.f('ck_stock_movement_delta_something')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_stock_movement_order_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['variant_id'], ['variant.id'], name=op.f('fk_stock_movement_variant_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['warehouse_id'], ['warehouse.id'], name=op.f('fk_stock_movement_warehouse_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stock_movement'))
    )
    op.create_index('ix_stock_movement_level', 'stock_movement', ['variant_id', 'warehouse_id', 'created_at'], unique=False)
    op.create_index(op.f('ix_stock_movement_order_id'), 'stock_movement', ['order_id'], unique=False)
    op.create_table('ledger_entry',
    sa.Column('id', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False),
    sa.Column('transfer', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('payment_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.Text(collation='C'), nullable=False),
    sa.Column('account', sa.Text(collation='C'), nullable=False),
    sa.Column('currency', sa.Text(collation='C'), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("account IN ('PROVIDER', 'CUSTOMER', 'AUTHORIZED', 'RECEIVABLE')", name=op.f('ck_ledger_entry_account_known')),
    sa.CheckConstraint('amount <> 0', name=op.f('ck_ledger_entry_amount_something')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_ledger_entry_order_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_ledger_entry_payment_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ledger_entry'))
    )
    op.create_index('ix_ledger_entry_order', 'ledger_entry', ['order_id'], unique=False)
    op.create_index('ix_ledger_entry_payment', 'ledger_entry', ['payment_id'], unique=False)
    op.create_table('reconciliation_finding',
    sa.Column('run_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('payment_id', sa.Uuid(), nullable=True),
    sa.Column('reference', sa.Text(collation='C'), nullable=True),
    sa.Column('kind', sa.Text(collation='C'), nullable=False),
    sa.Column('was_repaired', sa.Boolean(), nullable=False),
    sa.Column('detail', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_reconciliation_finding_payment_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['run_id'], ['reconciliation_run.id'], name=op.f('fk_reconciliation_finding_run_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('run_id', 'position', name=op.f('pk_reconciliation_finding'))
    )
    op.create_index(op.f('ix_reconciliation_finding_payment_id'), 'reconciliation_finding', ['payment_id'], unique=False)
    op.create_index('ix_reconciliation_finding_reference', 'reconciliation_finding', ['reference'], unique=False, postgresql_where=sa.text('NOT was_repaired'))
    op.create_table('refund',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('payment_id', sa.Uuid(), nullable=False),
    sa.Column('order_id', sa.Uuid(), nullable=False),
    sa.Column('currency', sa.Text(collation='C'), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.Text(collation='C'), nullable=False),
    sa.Column('state', sa.Text(collation='C'), nullable=False),
    sa.Column('failure', sa.Text(collation='C'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('PENDING', 'DONE', 'FAILED')", name=op.f('ck_refund_state_known')),
    sa.CheckConstraint('amount > 0', name=op.f('ck_refund_amount_positive')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_refund_order_id'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_refund_payment_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refund'))
    )
    op.create_index(op.f('ix_refund_order_id'), 'refund', ['order_id'], unique=False)
    op.create_index('ix_refund_payment', 'refund', ['payment_id'], unique=False)
    op.create_index('ix_refund_pending', 'refund', ['created_at'], unique=False, postgresql_where=sa.text("state = 'PENDING'"))
    keep_append_only()


def downgrade() -> None:
    op.drop_index('ix_refund_pending', table_name='refund', postgresql_where=sa.text("state = 'PENDING'"))
    op.drop_index('ix_refund_payment', table_name='refund')
    op.drop_index(op.f('ix_refund_order_id'), table_name='refund')
    op.drop_table('refund')
    op.drop_index('ix_reconciliation_finding_reference', table_name='reconciliation_finding', postgresql_where=sa.text('NOT was_repaired'))
    op.drop_index(op.f('ix_reconciliation_finding_payment_id'), table_name='reconciliation_finding')
    op.drop_table('reconciliation_finding')
    op.drop_index('ix_ledger_entry_payment', table_name='ledger_entry')
    op.drop_index('ix_ledger_entry_order', table_name='ledger_entry')
    op.drop_table('ledger_entry')
    op.drop_index(op.f('ix_stock_movement_order_id'), table_name='stock_movement')
    op.drop_index('ix_stock_movement_level', table_name='stock_movement')
    op.drop_table('stock_movement')
    op.drop_table('stock')
    op.drop_index(op.f('ix_reservation_order_id'), table_name='reservation')
    op.drop_index('ix_reservation_live', table_name='reservation', postgresql_where=sa.text("state IN ('HELD', 'ALLOCATED')"))
    op.drop_index('ix_reservation_expiry', table_name='reservation', postgresql_where=sa.text("state = 'HELD'"))
    op.drop_table('reservation')
    op.drop_table('price')
    op.drop_index('uq_payment_reference', table_name='payment', postgresql_where=sa.text('reference IS NOT NULL'))
    op.drop_index('ix_payment_unfinished', table_name='payment', postgresql_where=sa.text("state NOT IN ('CAPTURED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'FAILED', 'CANCELLED')"))
    op.drop_index('ix_payment_order', table_name='payment')
    op.drop_table('payment')
    op.drop_index(op.f('ix_order_line_variant_id'), table_name='order_line')
    op.drop_index('ix_order_line_order', table_name='order_line')
    op.drop_table('order_line')
    op.drop_table('order_event')
    op.drop_index(op.f('ix_notice_order_id'), table_name='notice')
    op.drop_index('ix_notice_due', table_name='notice', postgresql_where=sa.text("state IN ('QUEUED', 'SENDING')"))
    op.drop_index('ix_notice_created', table_name='notice')
    op.drop_table('notice')
    op.drop_index('ix_coupon_use_customer', table_name='coupon_use', postgresql_where=sa.text('returned_at IS NULL'))
    op.drop_table('coupon_use')
    op.drop_index('uq_cart_line_variant', table_name='cart_line')
    op.drop_index(op.f('ix_cart_line_variant_id'), table_name='cart_line')
    op.drop_table('cart_line')
    op.drop_index('ix_variant_product_position', table_name='variant')
    op.drop_index(op.f('ix_variant_image_id'), table_name='variant')
    op.drop_table('variant')
    op.drop_index('uq_orders_number', table_name='orders')
    op.drop_index('ix_orders_placed', table_name='orders')
    op.drop_index('ix_orders_email', table_name='orders')
    op.drop_index('ix_orders_customer', table_name='orders')
    op.drop_table('orders')
    op.drop_index(op.f('ix_cart_merge_into_cart_id'), table_name='cart_merge')
    op.drop_table('cart_merge')
    op.drop_index('uq_refresh_token_live', table_name='refresh_token', postgresql_where=sa.text('used_at IS NULL AND revoked_at IS NULL'))
    op.drop_index(op.f('ix_refresh_token_successor_id'), table_name='refresh_token')
    op.drop_index(op.f('ix_refresh_token_session_id'), table_name='refresh_token')
    op.drop_index(op.f('ix_refresh_token_expires_at'), table_name='refresh_token')
    op.drop_table('refresh_token')
    op.drop_table('product_option')
    op.drop_table('product_import_part')
    op.drop_table('product_import_error')
    op.drop_table('product_image')
    op.drop_index('ix_product_collection_position', table_name='product_collection')
    op.drop_table('product_collection')
    op.drop_index(op.f('ix_product_category_category_id'), table_name='product_category')
    op.drop_table('product_category')
    op.drop_index('ix_listing_price', table_name='listing')
    op.drop_table('listing')
    op.drop_index('uq_cart_open_customer', table_name='cart', postgresql_where=sa.text("state = 'OPEN'"))
    op.drop_index('ix_cart_updated', table_name='cart', postgresql_where=sa.text("state = 'OPEN'"))
    op.drop_index(op.f('ix_cart_coupon_id'), table_name='cart')
    op.drop_table('cart')
    op.drop_index('uq_address_default_shipping', table_name='address', postgresql_where=sa.text('is_default_shipping'))
    op.drop_index('uq_address_default_billing', table_name='address', postgresql_where=sa.text('is_default_billing'))
    op.drop_index('ix_address_customer', table_name='address')
    op.drop_table('address')
    op.drop_table('tax_rate')
    op.drop_index(op.f('ix_staff_role_id'), table_name='staff')
    op.drop_table('staff')
    op.drop_index('uq_shipping_method_slug', table_name='shipping_method')
    op.drop_table('shipping_method')
    op.drop_index(op.f('ix_session_account_id'), table_name='session')
    op.drop_table('session')
    op.drop_table('product_import')
    op.drop_index('ix_product_status_name', table_name='product')
    op.drop_index('ix_product_status_created', table_name='product')
    op.drop_index('ix_product_search', table_name='product', postgresql_using='gin')
    op.drop_index(op.f('ix_product_category_id'), table_name='product')
    op.drop_table('product')
    op.drop_index('uq_outbox_task_actor', table_name='outbox_task')
    op.drop_index('ix_outbox_task_due', table_name='outbox_task', postgresql_where=sa.text('done_at IS NULL AND parked_because IS NULL'))
    op.drop_table('outbox_task')
    op.drop_table('order_number')
    op.drop_table('customer')
    op.drop_index('uq_coupon_channel_code', table_name='coupon')
    op.drop_table('coupon')
    op.drop_index('ix_category_closure_descendant', table_name='category_closure')
    op.drop_table('category_closure')
    op.drop_table('warehouse')
    op.drop_table('shop')
    op.drop_table('schedule')
    op.drop_table('role')
    op.drop_index('ix_reconciliation_run_started', table_name='reconciliation_run')
    op.drop_table('reconciliation_run')
    op.drop_index('ix_outbox_event_unrouted', table_name='outbox_event', postgresql_where=sa.text('routed_at IS NULL'))
    op.drop_index('ix_outbox_event_aggregate', table_name='outbox_event')
    op.drop_table('outbox_event')
    op.drop_index('uq_inbox_notification', table_name='inbox')
    op.drop_index('ix_inbox_pending', table_name='inbox', postgresql_where=sa.text("state = 'PENDING'"))
    op.drop_table('inbox')
    op.drop_index('ix_idempotency_created', table_name='idempotency')
    op.drop_table('idempotency')
    op.drop_table('collection')
    op.drop_table('channel')
    op.drop_index('ix_category_parent', table_name='category')
    op.drop_table('category')
    op.drop_table('account')
    op.execute("DROP FUNCTION refuse_change()")
