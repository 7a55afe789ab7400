"""returns

Revision: 0011, after 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
TIME = sa.DateTime(timezone=True)
GOODS = ("UNFULFILLED", "PARTIALLY_SHIPPED", "SHIPPED", "DELIVERED", "RETURNED")
GOODS_NOW = (*GOODS[:-1], "PARTIALLY_RETURNED", "RETURNED")
REASONS = ("SEEDED", "IMPORTED", "ADJUSTED", "SHIPPED", "RETURNED")
TABLES = (
    "order_return_exchange",
    "order_return_refund",
    "order_return_receipt",
    "order_return_line",
    "order_return",
)


def upgrade() -> None:
    op.add_column("channel", sa.Column("return_days", sa.Integer(), server_default=sa.text("30"), nullable=False))
    op.create_check_constraint(op.f("ck_channel_return_days_bounds"), "channel", "return_days BETWEEN 0 AND 3650")
    one_of("orders", "fulfillment_status", GOODS_NOW)
    one_of("stock_movement", "reason", (*REASONS, "RESTOCKED"))
    returns()
    settlements()


def one_of(table: str, column: str, values: tuple[str, ...]) -> None:
    name = op.f(f"ck_{table}_{column}_known")
    op.drop_constraint(name, table)
    op.create_check_constraint(name, table, f"{column} IN {values}")


def key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), ondelete="RESTRICT")


def returns() -> None:
    op.create_table(
        "order_return",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("note", TEXT, server_default=sa.text("''"), nullable=False),
        sa.Column("decline_reason", TEXT, nullable=True),
        sa.Column("requested_by", TEXT, nullable=False),
        sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_at", TIME, nullable=True),
        sa.Column("cancelled_at", TIME, nullable=True),
        sa.Column("received_at", TIME, nullable=True),
        sa.Column("completed_at", TIME, nullable=True),
        sa.CheckConstraint(
            "state IN ('REQUESTED', 'APPROVED', 'DECLINED', 'CANCELLED', 'RECEIVED', 'COMPLETED')",
            name=op.f("ck_order_return_state_known"),
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_order_return_number_from_one")),
        sa.CheckConstraint(
            "state NOT IN ('APPROVED', 'DECLINED', 'RECEIVED', 'COMPLETED') OR decided_at IS NOT NULL",
            name=op.f("ck_order_return_decided_when"),
        ),
        sa.CheckConstraint("(state = 'DECLINED') = (decline_reason IS NOT NULL)", name=op.f("ck_order_return_declined_why")),
        sa.CheckConstraint("(state = 'CANCELLED') = (cancelled_at IS NOT NULL)", name=op.f("ck_order_return_cancelled_when")),
        sa.CheckConstraint(
            "(state IN ('RECEIVED', 'COMPLETED')) = (received_at IS NOT NULL)", name=op.f("ck_order_return_received_when")
        ),
        sa.CheckConstraint("(state = 'COMPLETED') = (completed_at IS NOT NULL)", name=op.f("ck_order_return_completed_when")),
        key("order_return", "order_id", "orders.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_return")),
    )
    op.create_index("uq_order_return_number", "order_return", ["order_id", "number"], unique=True)
    op.create_index("ix_order_return_state", "order_return", ["state", "id"])
    op.create_table(
        "order_return_line",
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("accepted", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("exchanged", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "reason IN ('UNWANTED', 'DOES_NOT_FIT', 'NOT_AS_DESCRIBED', 'WRONG_GOODS', 'DAMAGED', 'DEFECTIVE', 'OTHER')",
            name=op.f("ck_order_return_line_reason_known"),
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_return_line_quantity_positive")),
        sa.CheckConstraint("accepted BETWEEN 0 AND quantity", name=op.f("ck_order_return_line_accepted_bounds")),
        sa.CheckConstraint("exchanged BETWEEN 0 AND accepted", name=op.f("ck_order_return_line_exchanged_bounds")),
        key("order_return_line", "return_id", "order_return.id"),
        key("order_return_line", "order_line_id", "order_line.id"),
        sa.PrimaryKeyConstraint("return_id", "order_line_id", name=op.f("pk_order_return_line")),
    )
    op.create_index(op.f("ix_order_return_line_order_line_id"), "order_return_line", ["order_line_id"])
    op.create_table(
        "order_return_receipt",
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("condition", TEXT, nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "condition IN ('NEW', 'OPENED', 'USED', 'DAMAGED')", name=op.f("ck_order_return_receipt_condition_known")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_order_return_receipt_quantity_positive")),
        sa.CheckConstraint("position > 0", name=op.f("ck_order_return_receipt_position_from_one")),
        key("order_return_receipt", "return_id", "order_return.id"),
        key("order_return_receipt", "order_line_id", "order_line.id"),
        key("order_return_receipt", "warehouse_id", "warehouse.id"),
        sa.PrimaryKeyConstraint("return_id", "position", name=op.f("pk_order_return_receipt")),
    )
    op.create_index(op.f("ix_order_return_receipt_order_line_id"), "order_return_receipt", ["order_line_id"])
    op.create_index(op.f("ix_order_return_receipt_warehouse_id"), "order_return_receipt", ["warehouse_id"])


def settlements() -> None:
    for table, column, target in (
        ("order_return_refund", "request_id", "refund_request.id"),
        ("order_return_exchange", "replacement_id", "orders.id"),
    ):
        op.create_table(
            table,
            sa.Column(column, sa.Uuid(), nullable=False),
            sa.Column("return_id", sa.Uuid(), nullable=False),
            key(table, column, target),
            key(table, "return_id", "order_return.id"),
            sa.PrimaryKeyConstraint(column, name=op.f(f"pk_{table}")),
        )
        op.create_index(op.f(f"ix_{table}_return_id"), table, ["return_id"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.execute("ALTER TABLE stock_movement DISABLE TRIGGER USER")
    op.execute("UPDATE stock_movement SET reason = 'RETURNED' WHERE reason = 'RESTOCKED'")
    op.execute("ALTER TABLE stock_movement ENABLE TRIGGER USER")
    one_of("stock_movement", "reason", REASONS)
    op.execute("UPDATE orders SET fulfillment_status = 'DELIVERED' WHERE fulfillment_status = 'PARTIALLY_RETURNED'")
    one_of("orders", "fulfillment_status", GOODS)
    op.drop_column("channel", "return_days")
