"""fulfillments

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    fulfillments()
    shipped_before()


def fulfillments() -> None:
    op.create_table(
        "fulfillment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=True),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("carrier", TEXT, nullable=True),
        sa.Column("tracking_number", TEXT, nullable=True),
        sa.Column("tracking_url", TEXT, nullable=True),
        sa.Column("cancel_reason", TEXT, nullable=True),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("delivered_at", TIME, nullable=True),
        sa.Column("cancelled_at", TIME, nullable=True),
        sa.CheckConstraint("state IN ('SHIPPED', 'DELIVERED', 'CANCELLED')", name=op.f("ck_fulfillment_state_known")),
        sa.CheckConstraint(
            "carrier IN ('DHL', 'DPD', 'FEDEX', 'GLS', 'ROYAL_MAIL', 'UPS', 'USPS', 'OTHER')",
            name=op.f("ck_fulfillment_carrier_known"),
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_fulfillment_number_from_one")),
        sa.CheckConstraint("tracking_url LIKE 'https://%'", name=op.f("ck_fulfillment_tracking_url_safe")),
        sa.CheckConstraint("(state = 'DELIVERED') = (delivered_at IS NOT NULL)", name=op.f("ck_fulfillment_delivered_when")),
        sa.CheckConstraint("(state = 'CANCELLED') = (cancelled_at IS NOT NULL)", name=op.f("ck_fulfillment_cancelled_when")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_fulfillment_order_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["warehouse_id"], ["warehouse.id"], name=op.f("fk_fulfillment_warehouse_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fulfillment")),
    )
    op.create_index("uq_fulfillment_number", "fulfillment", ["order_id", "number"], unique=True)
    op.create_index(op.f("ix_fulfillment_warehouse_id"), "fulfillment", ["warehouse_id"])
    op.create_table(
        "fulfillment_line",
        sa.Column("fulfillment_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_fulfillment_line_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["fulfillment_id"], ["fulfillment.id"], name=op.f("fk_fulfillment_line_fulfillment_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["order_line_id"], ["order_line.id"], name=op.f("fk_fulfillment_line_order_line_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("fulfillment_id", "order_line_id", name=op.f("pk_fulfillment_line")),
    )
    op.create_index(op.f("ix_fulfillment_line_order_line_id"), "fulfillment_line", ["order_line_id"])


def shipped_before() -> None:
    """Orders that went out whole, before shipments were kept, get theirs: one for each warehouse that goods left.

    A variant had one line in an order then. What lay on no shelf goes with the first shipment.
    """
    op.execute("""
        CREATE TEMPORARY TABLE sent ON COMMIT DROP AS
        WITH moved AS (
            SELECT o.id AS order_id, o.fulfillment_status, e.created_at, e.actor
            FROM orders o CROSS JOIN LATERAL (
                SELECT created_at, actor FROM order_event
                WHERE order_id = o.id AND fulfillment_status = 'SHIPPED' ORDER BY seq LIMIT 1) e
            WHERE o.fulfillment_status IN ('SHIPPED', 'DELIVERED', 'RETURNED')
        ), shelved AS (
            SELECT l.order_id, l.id AS line_id, r.warehouse_id, CAST(sum(r.quantity) AS int) AS quantity
            FROM moved m JOIN order_line l USING (order_id)
            JOIN reservation r ON r.order_id = l.order_id AND r.variant_id = l.variant_id AND r.state = 'SHIPPED'
            GROUP BY 1, 2, 3
        ), first AS (
            SELECT DISTINCT ON (order_id) order_id, warehouse_id FROM shelved ORDER BY order_id, warehouse_id
        ), part AS (
            SELECT order_id, line_id, warehouse_id, quantity FROM shelved
            UNION ALL
            SELECT l.order_id, l.id, f.warehouse_id, l.quantity
            FROM moved m JOIN order_line l USING (order_id) LEFT JOIN first f USING (order_id)
            WHERE NOT EXISTS (
                SELECT FROM reservation r WHERE r.order_id = l.order_id AND r.variant_id = l.variant_id)
        )
        SELECT p.*, m.fulfillment_status, m.created_at, m.actor FROM part p JOIN moved m USING (order_id)""")
    op.execute("""
        INSERT INTO fulfillment (id, order_id, number, warehouse_id, state, actor, created_at, delivered_at)
        SELECT gen_random_uuid(), s.order_id, row_number() OVER (PARTITION BY s.order_id ORDER BY s.warehouse_id),
               s.warehouse_id, CASE WHEN s.fulfillment_status = 'SHIPPED' THEN 'SHIPPED' ELSE 'DELIVERED' END, s.actor,
               s.created_at, CASE WHEN s.fulfillment_status <> 'SHIPPED' THEN coalesce((
                   SELECT min(e.created_at) FROM order_event e
                   WHERE e.order_id = s.order_id AND e.fulfillment_status <> 'SHIPPED' AND e.created_at >= s.created_at
               ), s.created_at) END
        FROM (SELECT DISTINCT order_id, warehouse_id, fulfillment_status, actor, created_at FROM sent) s""")
    op.execute("""
        INSERT INTO fulfillment_line (fulfillment_id, order_line_id, quantity)
        SELECT f.id, s.line_id, s.quantity FROM sent s
        JOIN fulfillment f ON f.order_id = s.order_id AND f.warehouse_id IS NOT DISTINCT FROM s.warehouse_id""")
    op.execute("DROP TABLE sent")


def downgrade() -> None:
    op.drop_table("fulfillment_line")
    op.drop_table("fulfillment")
