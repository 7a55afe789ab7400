"""order editing

Revision: 0012, after 0011
"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    # What staff's list of orders is read by: a channel's newest, totals of a currency, and lines by how their SKU begins.
    op.create_index("ix_orders_channel", "orders", ["channel_id", "placed_at", "id"])
    op.create_index("ix_orders_total", "orders", ["currency", "total", "id"])
    op.create_index("ix_order_line_sku", "order_line", [sa.text("lower(sku)"), "order_id"])
    notes()
    edits()
    corrections()


def notes() -> None:
    op.create_table(
        "order_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("author", TEXT, nullable=False),
        sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(text) <= 2000", name=op.f("ck_order_note_text_bounded")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_note_order_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_note")),
    )
    op.create_index("ix_order_note_order", "order_note", ["order_id", "created_at", "id"])


def edits() -> None:
    op.add_column("orders", sa.Column("edited_back", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.create_check_constraint(op.f("ck_orders_edited_back_came_in"), "orders", "edited_back BETWEEN 0 AND captured")


def corrections() -> None:
    """An order that was edited has one invoice after the other, each taken back whole before the next."""
    op.add_column("invoice", sa.Column("edition", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column("invoice", sa.Column("corrects_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_invoice_corrects_id"), "invoice", "invoice", ["corrects_id"], ["id"], ondelete="RESTRICT")
    op.create_check_constraint(op.f("ck_invoice_edition_from_one"), "invoice", "edition > 0")
    op.drop_constraint(op.f("ck_invoice_credit_of_a_refund"), "invoice")
    op.create_check_constraint(
        op.f("ck_invoice_credit_of_one_thing"),
        "invoice",
        "num_nonnulls(refund_id, corrects_id) = CASE kind WHEN 'CREDIT_NOTE' THEN 1 ELSE 0 END",
    )
    op.drop_index("uq_invoice_order", table_name="invoice")
    op.create_index(
        "uq_invoice_order", "invoice", ["order_id", "edition"], unique=True, postgresql_where=sa.text("kind = 'INVOICE'")
    )
    op.create_index("uq_invoice_corrects", "invoice", ["corrects_id"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_invoice_corrects", table_name="invoice")
    op.drop_index("uq_invoice_order", table_name="invoice")
    op.create_index("uq_invoice_order", "invoice", ["order_id"], unique=True, postgresql_where=sa.text("kind = 'INVOICE'"))
    op.drop_constraint(op.f("ck_invoice_credit_of_one_thing"), "invoice")
    op.create_check_constraint(
        op.f("ck_invoice_credit_of_a_refund"), "invoice", "(kind = 'CREDIT_NOTE') = (refund_id IS NOT NULL)"
    )
    op.drop_constraint(op.f("ck_invoice_edition_from_one"), "invoice")
    op.drop_constraint(op.f("fk_invoice_corrects_id"), "invoice")
    op.drop_column("invoice", "corrects_id")
    op.drop_column("invoice", "edition")
    op.drop_constraint(op.f("ck_orders_edited_back_came_in"), "orders")
    op.drop_column("orders", "edited_back")
    op.drop_table("order_note")
    op.drop_index("ix_order_line_sku", table_name="order_line")
    op.drop_index("ix_orders_total", table_name="orders")
    op.drop_index("ix_orders_channel", table_name="orders")
