"""invoices

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

TEXT = sa.Text(collation="C")
TIME = sa.DateTime(timezone=True)
APPEND_ONLY = ("invoice", "invoice_print")


def upgrade() -> None:
    invoices()


def invoices() -> None:
    op.create_table(
        "invoice_settings",
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("seller", postgresql.ARRAY(sa.Text(collation="C")), nullable=False),
        sa.Column("tax_id", TEXT, server_default=sa.text("''"), nullable=False),
        sa.Column("footer", TEXT, server_default=sa.text("''"), nullable=False),
        sa.Column("invoice_prefix", TEXT, server_default=sa.text("''"), nullable=False),
        sa.Column("credit_note_prefix", TEXT, server_default=sa.text("''"), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_invoice_settings_channel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_invoice_settings")),
    )
    op.create_table(
        "invoice_series",
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('INVOICE', 'CREDIT_NOTE')", name=op.f("ck_invoice_series_kind_known")),
        sa.CheckConstraint("last >= 0", name=op.f("ck_invoice_series_last_from_zero")),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_invoice_series_channel_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("channel_id", "kind", name=op.f("pk_invoice_series")),
    )
    op.create_table(
        "invoice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("tax_total", sa.BigInteger(), nullable=False),
        sa.Column("facts", postgresql.JSONB(), nullable=False),
        sa.Column("issued_at", TIME, nullable=False),
        sa.CheckConstraint("kind IN ('INVOICE', 'CREDIT_NOTE')", name=op.f("ck_invoice_kind_known")),
        sa.CheckConstraint("number > 0", name=op.f("ck_invoice_number_from_one")),
        sa.CheckConstraint("(kind = 'CREDIT_NOTE') = (refund_id IS NOT NULL)", name=op.f("ck_invoice_credit_of_a_refund")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_invoice_order_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_invoice_channel_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["refund_id"], ["refund.id"], name=op.f("fk_invoice_refund_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice")),
    )
    op.create_index("uq_invoice_number", "invoice", ["channel_id", "kind", "number"], unique=True)
    op.create_index("uq_invoice_order", "invoice", ["order_id"], unique=True, postgresql_where=sa.text("kind = 'INVOICE'"))
    op.create_index("uq_invoice_refund", "invoice", ["refund_id"], unique=True)
    op.create_index("ix_invoice_order", "invoice", ["order_id", "issued_at", "id"])
    op.create_table(
        "invoice_print",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["invoice_id"], ["invoice.id"], name=op.f("fk_invoice_print_invoice_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("invoice_id", name=op.f("pk_invoice_print")),
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    op.drop_table("invoice_print")
    op.drop_table("invoice")
    op.drop_table("invoice_series")
    op.drop_table("invoice_settings")
