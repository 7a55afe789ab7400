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


def downgrade() -> None:
    op.execute("""
        UPDATE inbox SET payload = jsonb_set(payload, '{next_action}', coalesce(payload #> '{next_action,url}', 'null'))
        WHERE jsonb_typeof(payload -> 'next_action') = 'object'
    """)
    op.drop_column('inbox', 'reference')
    op.alter_column('payment', 'next_action', type_=sa.Text(collation='C'), postgresql_using="next_action ->> 'url'")
    op.alter_column('payment', 'version', type_=sa.Integer())
