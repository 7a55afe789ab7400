"""ledger by time

Revision: 0016, after 0015
"""

from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Entries are only ever added, so that they lie in the order of their times: ranges of pages are enough to find them by.
    op.create_index("ix_ledger_entry_created", "ledger_entry", ["created_at"], unique=False, postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("ix_ledger_entry_created", table_name="ledger_entry", postgresql_using="brin")
