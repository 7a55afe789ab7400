"""products by date

Revision: 0017, after 0016
"""

from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # When the next product is published is asked after every change of one.
    op.create_index("ix_product_published", "product", ["published_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_product_published", table_name="product")
