"""second factors and identities

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('account', sa.Column('has_password', sa.Boolean(), server_default=sa.text('true'), nullable=False))
    op.create_table('totp',
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=False),
    sa.Column('last_step', sa.BigInteger(), nullable=True),
    sa.Column('failures', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('paused_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('failures >= 0', name=op.f('ck_totp_failures_counted')),
    sa.CheckConstraint('(confirmed_at IS NULL) = (last_step IS NULL)', name=op.f('ck_totp_step_when_confirmed')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_totp_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_totp'))
    )
    op.create_table('recovery_code',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('code_hash', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_recovery_code_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_code')),
    sa.UniqueConstraint('account_id', 'code_hash', name=op.f('uq_recovery_code_account_id_code_hash'))
    )
    op.create_table('passkey',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('credential_id', sa.LargeBinary(), nullable=False),
    sa.Column('public_key', sa.LargeBinary(), nullable=False),
    sa.Column('sign_count', sa.BigInteger(), nullable=False),
    sa.Column('transports', postgresql.ARRAY(sa.Text(collation='C')), nullable=False),
    sa.Column('is_backed_up', sa.Boolean(), nullable=False),
    sa.Column('name', sa.Text(collation='C'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('sign_count >= 0', name=op.f('ck_passkey_sign_count_counted')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_passkey_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passkey')),
    sa.UniqueConstraint('credential_id', name=op.f('uq_passkey_credential_id'))
    )
    op.create_index(op.f('ix_passkey_account_id'), 'passkey', ['account_id'], unique=False)
    op.create_table('passkey_ceremony',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('purpose', sa.Text(collation='C'), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('challenge', sa.LargeBinary(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("purpose IN ('REGISTER', 'LOG_IN', 'PROVE')", name=op.f('ck_passkey_ceremony_purpose_known')),
    sa.CheckConstraint("(purpose = 'LOG_IN') = (account_id IS NULL)", name=op.f('ck_passkey_ceremony_account_known')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_passkey_ceremony_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passkey_ceremony'))
    )
    op.create_index(op.f('ix_passkey_ceremony_account_id'), 'passkey_ceremony', ['account_id'], unique=False)
    op.create_index(op.f('ix_passkey_ceremony_expires_at'), 'passkey_ceremony', ['expires_at'], unique=False)
    op.create_table('login_challenge',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('proof', sa.LargeBinary(), nullable=False),
    sa.Column('tries', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('tries >= 0', name=op.f('ck_login_challenge_tries_counted')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_login_challenge_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_login_challenge'))
    )
    op.create_index(op.f('ix_login_challenge_account_id'), 'login_challenge', ['account_id'], unique=False)
    op.create_index(op.f('ix_login_challenge_expires_at'), 'login_challenge', ['expires_at'], unique=False)
    op.create_table('identity',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('provider', sa.Text(collation='C'), nullable=False),
    sa.Column('subject', sa.Text(collation='C'), nullable=False),
    sa.Column('email', sa.Text(collation='C'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_identity_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity')),
    sa.UniqueConstraint('provider', 'subject', name=op.f('uq_identity_provider_subject'))
    )
    op.create_index('uq_identity_one_per_provider', 'identity', ['account_id', 'provider'], unique=True)
    op.create_table('identity_journey',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('provider', sa.Text(collation='C'), nullable=False),
    sa.Column('redirect_url', sa.Text(collation='C'), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_identity_journey_account_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_journey'))
    )
    op.create_index(op.f('ix_identity_journey_account_id'), 'identity_journey', ['account_id'], unique=False)
    op.create_index(op.f('ix_identity_journey_expires_at'), 'identity_journey', ['expires_at'], unique=False)


def downgrade() -> None:
    for table in ('identity_journey', 'identity', 'login_challenge', 'passkey_ceremony', 'passkey', 'recovery_code', 'totp'):
        op.drop_table(table)
    op.drop_column('account', 'has_password')
