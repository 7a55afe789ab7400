"""staff roles and apps

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

TEXT = sa.Text(collation='C')
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column('role', sa.Column('is_administrator', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.add_column('role', sa.Column('requires_second_factor', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.execute("UPDATE role SET is_administrator = true WHERE name = 'administrator'")
    op.create_index('uq_role_administrator', 'role', ['is_administrator'], unique=True,
                    postgresql_where=sa.text('is_administrator'))
    op.add_column('staff', sa.Column('is_limited', sa.Boolean(), server_default=sa.text('false'), nullable=False))
    op.create_table('staff_channel',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('channel_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['staff.account_id'], name=op.f('fk_staff_channel_account_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_staff_channel_channel_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', 'channel_id', name=op.f('pk_staff_channel'))
    )
    op.create_index(op.f('ix_staff_channel_channel_id'), 'staff_channel', ['channel_id'])
    keep_an_administrator()
    apps()


def keep_an_administrator() -> None:
    """Whoever would be the last active administrator with every channel stays one. The lock makes rivals see each other."""
    op.execute(
        """
        CREATE FUNCTION keep_an_administrator() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM pg_advisory_xact_lock(7205759403792794);
            IF NOT EXISTS (
                SELECT FROM staff JOIN role ON role.id = staff.role_id JOIN account ON account.id = staff.account_id
                WHERE role.is_administrator AND NOT staff.is_limited AND account.is_active
            ) THEN
                RAISE EXCEPTION 'an administrator must be left' USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION was_administrator(held uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
            SELECT EXISTS (SELECT FROM role WHERE id = held AND is_administrator)
        $$
        """
    )
    op.execute(
        "CREATE TRIGGER staff_keeps_an_administrator AFTER UPDATE OF role_id, is_limited ON staff FOR EACH ROW "
        "WHEN (NOT OLD.is_limited AND (NEW.is_limited OR NEW.role_id <> OLD.role_id) AND was_administrator(OLD.role_id)) "
        "EXECUTE FUNCTION keep_an_administrator()"
    )
    op.execute(
        "CREATE TRIGGER staff_removed_keeps_an_administrator AFTER DELETE ON staff FOR EACH ROW "
        "WHEN (NOT OLD.is_limited AND was_administrator(OLD.role_id)) EXECUTE FUNCTION keep_an_administrator()"
    )
    op.execute(
        "CREATE FUNCTION account_is_administrator(who uuid) RETURNS boolean LANGUAGE sql STABLE AS $$ "
        "SELECT EXISTS (SELECT FROM staff JOIN role ON role.id = staff.role_id "
        "WHERE staff.account_id = who AND role.is_administrator AND NOT staff.is_limited) $$"
    )
    op.execute(
        "CREATE TRIGGER account_keeps_an_administrator AFTER UPDATE OF is_active ON account FOR EACH ROW "
        "WHEN (OLD.is_active AND NOT NEW.is_active AND account_is_administrator(OLD.id)) "
        "EXECUTE FUNCTION keep_an_administrator()"
    )
    op.execute(
        "CREATE TRIGGER role_keeps_an_administrator AFTER UPDATE OF is_administrator ON role FOR EACH ROW "
        "WHEN (OLD.is_administrator AND NOT NEW.is_administrator) EXECUTE FUNCTION keep_an_administrator()"
    )


def apps() -> None:
    op.create_table('app',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('name', TEXT, nullable=False),
    sa.Column('secret_hash', sa.LargeBinary(), nullable=True),
    sa.Column('redirect_uris', postgresql.ARRAY(TEXT), nullable=False),
    sa.Column('scopes', postgresql.ARRAY(TEXT), nullable=False),
    sa.Column('is_limited', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('is_active', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('created_by', TEXT, nullable=False),
    sa.Column('created_at', TIME, server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_app')),
    sa.UniqueConstraint('name', name=op.f('uq_app_name'))
    )
    op.create_table('app_channel',
    sa.Column('app_id', sa.Uuid(), nullable=False),
    sa.Column('channel_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['app_id'], ['app.id'], name=op.f('fk_app_channel_app_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['channel_id'], ['channel.id'], name=op.f('fk_app_channel_channel_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('app_id', 'channel_id', name=op.f('pk_app_channel'))
    )
    op.create_index(op.f('ix_app_channel_channel_id'), 'app_channel', ['channel_id'])
    op.create_table('app_grant',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('app_id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('scopes', postgresql.ARRAY(TEXT), nullable=False),
    sa.Column('created_at', TIME, server_default=sa.text('now()'), nullable=False),
    sa.Column('ended_at', TIME, nullable=True),
    sa.Column('ended_because', TEXT, nullable=True),
    sa.CheckConstraint('(ended_at IS NULL) = (ended_because IS NULL)', name=op.f('ck_app_grant_ended_because')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_app_grant_account_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['app_id'], ['app.id'], name=op.f('fk_app_grant_app_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_app_grant'))
    )
    op.create_index(op.f('ix_app_grant_account_id'), 'app_grant', ['account_id'])
    op.create_index(op.f('ix_app_grant_app_id'), 'app_grant', ['app_id'])
    op.create_table('app_code',
    sa.Column('code_hash', sa.LargeBinary(), nullable=False),
    sa.Column('grant_id', sa.Uuid(), nullable=False),
    sa.Column('redirect_uri', TEXT, nullable=False),
    sa.Column('nonce', TEXT, nullable=True),
    sa.Column('challenge', TEXT, nullable=False),
    sa.Column('authenticated_at', TIME, nullable=False),
    sa.Column('created_at', TIME, server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', TIME, nullable=False),
    sa.Column('used_at', TIME, nullable=True),
    sa.ForeignKeyConstraint(['grant_id'], ['app_grant.id'], name=op.f('fk_app_code_grant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('code_hash', name=op.f('pk_app_code'))
    )
    op.create_index(op.f('ix_app_code_expires_at'), 'app_code', ['expires_at'])
    op.create_index(op.f('ix_app_code_grant_id'), 'app_code', ['grant_id'])
    op.create_table('app_token',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('app_id', sa.Uuid(), nullable=False),
    sa.Column('grant_id', sa.Uuid(), nullable=True),
    sa.Column('kind', TEXT, nullable=False),
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('hint', TEXT, nullable=False),
    sa.Column('name', TEXT, nullable=True),
    sa.Column('scopes', postgresql.ARRAY(TEXT), nullable=False),
    sa.Column('created_by', TEXT, nullable=False),
    sa.Column('created_at', TIME, server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', TIME, nullable=True),
    sa.Column('last_used_at', TIME, nullable=True),
    sa.Column('used_at', TIME, nullable=True),
    sa.Column('revoked_at', TIME, nullable=True),
    sa.CheckConstraint("kind IN ('ACCESS', 'REFRESH', 'KEY', 'DEVELOPMENT')", name=op.f('ck_app_token_kind_known')),
    sa.CheckConstraint("(kind IN ('KEY', 'DEVELOPMENT')) = (name IS NOT NULL)", name=op.f('ck_app_token_named_keys')),
    sa.CheckConstraint("kind <> 'REFRESH' OR grant_id IS NOT NULL", name=op.f('ck_app_token_refresh_of_grant')),
    sa.CheckConstraint("kind = 'KEY' OR expires_at IS NOT NULL", name=op.f('ck_app_token_expires')),
    sa.ForeignKeyConstraint(['app_id'], ['app.id'], name=op.f('fk_app_token_app_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['grant_id'], ['app_grant.id'], name=op.f('fk_app_token_grant_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_app_token')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_app_token_token_hash'))
    )
    op.create_index(op.f('ix_app_token_app_id'), 'app_token', ['app_id'])
    op.create_index(op.f('ix_app_token_expires_at'), 'app_token', ['expires_at'])
    op.create_index(op.f('ix_app_token_grant_id'), 'app_token', ['grant_id'])
    op.create_index('uq_app_token_refresh', 'app_token', ['grant_id'], unique=True,
                    postgresql_where=sa.text("kind = 'REFRESH' AND used_at IS NULL AND revoked_at IS NULL"))
    op.create_table('signing_key',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('public', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('is_current', sa.Boolean(), nullable=False),
    sa.Column('created_at', TIME, server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_signing_key'))
    )
    op.create_index('uq_signing_key_current', 'signing_key', ['is_current'], unique=True,
                    postgresql_where=sa.text('is_current'))


def downgrade() -> None:
    for table in ('signing_key', 'app_token', 'app_code', 'app_grant', 'app_channel', 'app'):
        op.drop_table(table)
    op.execute('DROP TRIGGER staff_keeps_an_administrator ON staff')
    op.execute('DROP TRIGGER staff_removed_keeps_an_administrator ON staff')
    op.execute('DROP TRIGGER account_keeps_an_administrator ON account')
    op.execute('DROP TRIGGER role_keeps_an_administrator ON role')
    op.execute('DROP FUNCTION keep_an_administrator()')
    op.execute('DROP FUNCTION was_administrator(uuid)')
    op.execute('DROP FUNCTION account_is_administrator(uuid)')
    op.drop_table('staff_channel')
    op.drop_column('staff', 'is_limited')
    op.drop_index('uq_role_administrator', table_name='role')
    op.drop_column('role', 'requires_second_factor')
    op.drop_column('role', 'is_administrator')
