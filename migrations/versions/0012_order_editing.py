"""order editing

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What staff's list of orders is read by: a channel's newest, totals of a currency, and lines by how their SKU begins.
    op.create_index("ix_orders_channel", "orders", ["channel_id", "placed_at", "id"])
    op.create_index("ix_orders_total", "orders", ["currency", "total", "id"])
    op.create_index("ix_order_line_sku", "order_line", [sa.text("lower(sku)"), "order_id"])


def downgrade() -> None:
    op.drop_index("ix_order_line_sku", table_name="order_line")
    op.drop_index("ix_orders_total", table_name="orders")
    op.drop_index("ix_orders_channel", table_name="orders")
