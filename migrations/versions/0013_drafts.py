"""drafts

Revision: 0013, after 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    C = sa.Text(collation="C")
    op.drop_constraint(op.f("ck_cart_state_known"), "cart", type_="check")
    op.create_check_constraint(op.f("ck_cart_state_known"), "cart", "state IN ('OPEN', 'COMPLETED', 'MERGED', 'DRAFT')")
    op.add_column("cart", sa.Column("reduction_basis_points", sa.Integer(), nullable=True))
    op.add_column("cart", sa.Column("reduction_amount", sa.BigInteger(), nullable=True))
    op.create_check_constraint(
        op.f("ck_cart_reduction_bounds"),
        "cart",
        "reduction_basis_points BETWEEN 1 AND 10000 AND reduction_amount IS NULL"
        " OR reduction_amount > 0 AND reduction_basis_points IS NULL"
        " OR num_nonnulls(reduction_basis_points, reduction_amount) = 0",
    )
    op.create_check_constraint(
        op.f("ck_cart_reduced_by_staff"),
        "cart",
        "state IN ('DRAFT', 'COMPLETED') OR num_nonnulls(reduction_basis_points, reduction_amount) = 0",
    )
    op.add_column("cart_line", sa.Column("own_price", sa.BigInteger(), nullable=True))
    op.create_check_constraint(op.f("ck_cart_line_own_price_positive"), "cart_line", "own_price >= 0")
    op.create_table(
        "draft_order",
        sa.Column("cart_id", sa.Uuid(), nullable=False),
        sa.Column("state", C, server_default=sa.text("'DRAFT'"), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("reduction_reason", C, server_default=sa.text("''"), nullable=False),
        sa.Column("created_by", C, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('DRAFT', 'COMPLETED', 'DELETED')", name=op.f("ck_draft_order_state_known")),
        sa.CheckConstraint("(state = 'COMPLETED') = (order_id IS NOT NULL)", name=op.f("ck_draft_order_completed_has_order")),
        sa.CheckConstraint("(state = 'DRAFT') = (closed_at IS NULL)", name=op.f("ck_draft_order_closed_has_time")),
        sa.ForeignKeyConstraint(["cart_id"], ["cart.id"], name=op.f("fk_draft_order_cart_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_draft_order_order_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("cart_id", name=op.f("pk_draft_order")),
        sa.UniqueConstraint("order_id", name=op.f("uq_draft_order_order_id")),
    )
    op.create_index("ix_draft_order_created", "draft_order", ["created_at", "cart_id"])
    op.create_index(
        "ix_draft_order_open", "draft_order", ["created_at", "cart_id"], postgresql_where=sa.text("state = 'DRAFT'")
    )


def downgrade() -> None:
    # Without drafts their carts would be anybody's: they go, with all that hangs on them. Orders made of them stay.
    op.execute("DELETE FROM cart k USING draft_order d WHERE d.cart_id = k.id AND d.state <> 'COMPLETED'")
    op.drop_table("draft_order")
    op.drop_column("cart_line", "own_price")
    op.drop_constraint(op.f("ck_cart_reduced_by_staff"), "cart", type_="check")
    op.drop_constraint(op.f("ck_cart_reduction_bounds"), "cart", type_="check")
    op.drop_column("cart", "reduction_amount")
    op.drop_column("cart", "reduction_basis_points")
    op.drop_constraint(op.f("ck_cart_state_known"), "cart", type_="check")
    op.create_check_constraint(op.f("ck_cart_state_known"), "cart", "state IN ('OPEN', 'COMPLETED', 'MERGED')")
