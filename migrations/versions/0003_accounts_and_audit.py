"""accounts and audit

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

ONLY_ADDED = {
    'audit_entry': ("+seq", "+hash", "-address"),
    'audit_change': (),
    'security_event': ("-address", "-device"),
}
"""Tables that are only added to, with the columns that may be filled once (+) or emptied (-)."""


def keep_append_only() -> None:
    """The database refuses every other change, whoever asks."""
    op.execute(
        """
        CREATE FUNCTION refuse_change_but() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            was jsonb := to_jsonb(OLD);
            becomes jsonb;
            allowed text;
            name text;
        BEGIN
            IF TG_OP = 'UPDATE' THEN
                becomes := to_jsonb(NEW);
                FOREACH allowed IN ARRAY coalesce(TG_ARGV, '{}') LOOP
                    name := substr(allowed, 2);
                    IF (left(allowed, 1) = '+' AND was ->> name IS NULL) OR (left(allowed, 1) = '-' AND becomes ->> name IS NULL) THEN
                        was := was - name;
                        becomes := becomes - name;
                    END IF;
                END LOOP;
                IF was = becomes THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
        END $$
        """
    )
    for table, columns in ONLY_ADDED.items():
        arguments = ", ".join(f"'{each}'" for each in columns)
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION refuse_change_but({arguments})"
        )
        op.execute(
            f"CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def watch_changes() -> None:
    """What a watched table's trigger keeps of a row: numbers, times, ids and words of closed sets; of any other text, that it is there.

    Which tables are watched, and which of their columns hold such words, is said when the trigger is made (persistence.audit.watch).
    """
    op.execute(
        """
        CREATE FUNCTION audit_shown(here jsonb, there jsonb, words text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
            SELECT jsonb_object_agg(key, CASE
                WHEN jsonb_typeof(value) IN ('number', 'boolean', 'null') OR key = ANY (words) THEN value
                WHEN jsonb_typeof(value) = 'string' AND value #>> '{}' ~
                    '^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+[+-][0-9:]+)$' THEN value
                ELSE to_jsonb('\u2026'::text) END)
            FROM jsonb_each(here) WHERE there IS NULL OR value IS DISTINCT FROM there -> key
        $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            entry uuid := current_setting('vitrine.audit')::uuid;
            was jsonb;
            becomes jsonb;
        BEGIN
            IF TG_OP <> 'INSERT' THEN
                was := to_jsonb(OLD);
            END IF;
            IF TG_OP <> 'DELETE' THEN
                becomes := to_jsonb(NEW);
            END IF;
            IF was IS DISTINCT FROM becomes THEN
                INSERT INTO audit_change (entry_id, position, table_name, row_id, operation, before, after)
                VALUES (
                    entry,
                    (SELECT count(*) FROM audit_change WHERE entry_id = entry),
                    TG_TABLE_NAME,
                    coalesce(becomes ->> TG_ARGV[0], was ->> TG_ARGV[0], ''),
                    TG_OP,
                    audit_shown(was, becomes, TG_ARGV[1:]),
                    audit_shown(becomes, was, TG_ARGV[1:])
                );
            END IF;
            RETURN NULL;
        END $$
        """
    )


def upgrade() -> None:
    op.create_table('audit_entry',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('actor', sa.Text(collation='C'), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=True),
    sa.Column('address', sa.Text(collation='C'), nullable=True),
    sa.Column('request_id', sa.Text(collation='C'), nullable=True),
    sa.Column('action', sa.Text(collation='C'), nullable=False),
    sa.Column('step', sa.Text(collation='C'), nullable=False),
    sa.Column('entity', sa.Text(collation='C'), nullable=True),
    sa.Column('entity_id', sa.Uuid(), nullable=True),
    sa.Column('said', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=True),
    sa.Column('hash', sa.LargeBinary(), nullable=True),
    sa.CheckConstraint('(seq IS NULL) = (hash IS NULL)', name=op.f('ck_audit_entry_sealed_whole')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry')),
    sa.UniqueConstraint('seq', name=op.f('uq_audit_entry_seq'))
    )
    op.create_index('ix_audit_entry_actor', 'audit_entry', ['actor', 'at', 'id'], unique=False)
    op.create_index('ix_audit_entry_at', 'audit_entry', ['at', 'id'], unique=False)
    op.create_index('ix_audit_entry_entity', 'audit_entry', ['entity_id', 'at', 'id'], unique=False)
    op.create_index('ix_audit_entry_unsealed', 'audit_entry', ['id'], unique=False, postgresql_where=sa.text('seq IS NULL'))
    op.create_table('audit_head',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('hash', sa.LargeBinary(), nullable=False),
    sa.Column('sealed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_audit_head_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_head'))
    )
    op.create_table('log_in_failure',
    sa.Column('key_hash', sa.LargeBinary(), nullable=False),
    sa.Column('hour', sa.DateTime(timezone=True), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('key_hash', 'hour', name=op.f('pk_log_in_failure'))
    )
    op.create_index(op.f('ix_log_in_failure_hour'), 'log_in_failure', ['hour'], unique=False)
    op.create_table('audit_change',
    sa.Column('entry_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('table_name', sa.Text(collation='C'), nullable=False),
    sa.Column('row_id', sa.Text(collation='C'), nullable=False),
    sa.Column('operation', sa.Text(collation='C'), nullable=False),
    sa.Column('before', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('after', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.ForeignKeyConstraint(['entry_id'], ['audit_entry.id'], name=op.f('fk_audit_change_entry_id'), ondelete='RESTRICT', initially='DEFERRED', deferrable=True),
    sa.PrimaryKeyConstraint('entry_id', 'position', name=op.f('pk_audit_change'))
    )
    op.create_table('email_change',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('old_email', sa.Text(collation='C'), nullable=False),
    sa.Column('new_email', sa.Text(collation='C'), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('old_confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('new_confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_email_change_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_email_change'))
    )
    op.create_table('one_time_token',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('purpose', sa.Text(collation='C'), nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('bound_hash', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('replaced_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("purpose IN ('VERIFY_EMAIL', 'RESET_PASSWORD', 'LEAVE_EMAIL', 'TAKE_EMAIL')", name=op.f('ck_one_time_token_purpose_known')),
    sa.CheckConstraint('used_at IS NULL OR replaced_at IS NULL', name=op.f('ck_one_time_token_ends_once')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_one_time_token_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_one_time_token')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_one_time_token_token_hash'))
    )
    op.create_index(op.f('ix_one_time_token_expires_at'), 'one_time_token', ['expires_at'], unique=False)
    op.create_index('uq_one_time_token_live', 'one_time_token', ['account_id', 'purpose'], unique=True, postgresql_where=sa.text('used_at IS NULL AND replaced_at IS NULL'))
    op.create_table('security_event',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('kind', sa.Text(collation='C'), nullable=False),
    sa.Column('session_id', sa.Uuid(), nullable=True),
    sa.Column('address', sa.Text(collation='C'), nullable=True),
    sa.Column('device', sa.Text(collation='C'), nullable=True),
    sa.Column('detail', sa.Text(collation='C'), server_default=sa.text("''"), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("kind IN ('NEW_DEVICE', 'LOG_INS_FAILED', 'EMAIL_VERIFIED', 'EMAIL_CHANGE_REQUESTED', 'EMAIL_CHANGED', 'PASSWORD_CHANGED', 'PASSWORD_RESET', 'SESSION_ENDED', 'SESSIONS_ENDED', 'TOKEN_REUSED', 'FACTOR_ADDED', 'FACTOR_REMOVED', 'RECOVERY_CODES_MADE', 'RECOVERY_CODE_USED', 'PASSKEY_CLONED', 'IDENTITY_LINKED', 'IDENTITY_UNLINKED', 'ROLE_CHANGED', 'ACCOUNT_DEACTIVATED', 'ACCOUNT_REACTIVATED', 'ERASURE_REQUESTED', 'ERASURE_CANCELLED', 'DATA_EXPORTED')", name=op.f('ck_security_event_kind_known')),
    sa.CheckConstraint('count > 0', name=op.f('ck_security_event_count_positive')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_security_event_account_id'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_security_event'))
    )
    op.create_index('ix_security_event_account', 'security_event', ['account_id', 'at', 'id'], unique=False)
    op.create_index('ix_security_event_at', 'security_event', ['at', 'id'], unique=False)
    op.create_table('data_export',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.Text(collation='C'), server_default=sa.text("'QUEUED'"), nullable=False),
    sa.Column('requested_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('ready_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('content', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.CheckConstraint("(state = 'READY') = (content IS NOT NULL)", name=op.f('ck_data_export_ready_has_content')),
    sa.CheckConstraint("state IN ('QUEUED', 'READY')", name=op.f('ck_data_export_state_known')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_data_export_customer_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_data_export'))
    )
    op.create_index('ix_data_export_customer', 'data_export', ['customer_id', 'requested_at'], unique=False)
    op.create_index(op.f('ix_data_export_expires_at'), 'data_export', ['expires_at'], unique=False)
    op.create_index('uq_data_export_queued', 'data_export', ['customer_id'], unique=True, postgresql_where=sa.text("state = 'QUEUED'"))
    op.add_column('account', sa.Column('erase_after', sa.DateTime(timezone=True), nullable=True))
    op.add_column('account', sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('channel', sa.Column('requires_verification', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('session', sa.Column('device_hash', sa.LargeBinary(), nullable=True))
    op.create_check_constraint(op.f('ck_account_erased_is_closed'), 'account', 'erased_at IS NULL OR NOT is_active')
    op.create_index('ix_account_erase_after', 'account', ['erase_after'], unique=False, postgresql_where=sa.text('erase_after IS NOT NULL AND erased_at IS NULL'))
    op.execute("INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'))")
    keep_append_only()
    watch_changes()


def downgrade() -> None:
    op.execute("DROP FUNCTION audit_change() CASCADE")
    op.execute("DROP FUNCTION audit_shown(jsonb, jsonb, text[])")
    op.drop_index('ix_account_erase_after', table_name='account', postgresql_where=sa.text('erase_after IS NOT NULL AND erased_at IS NULL'))
    op.drop_constraint(op.f('ck_account_erased_is_closed'), 'account', type_='check')
    op.drop_column('session', 'device_hash')
    op.drop_column('channel', 'requires_verification')
    op.drop_column('account', 'erased_at')
    op.drop_column('account', 'erase_after')
    for table in ('data_export', 'security_event', 'one_time_token', 'email_change', 'audit_change', 'log_in_failure', 'audit_head', 'audit_entry'):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_change_but()")
