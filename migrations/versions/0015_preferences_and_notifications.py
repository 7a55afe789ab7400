"""preferences and notifications

Revision: 0015, after 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

C = sa.Text(collation="C")
AT = sa.DateTime(timezone=True)
NOW = sa.text("now()")


def upgrade() -> None:
    op.add_column("notice", sa.Column("channel_id", sa.Uuid(), nullable=True))
    op.add_column("notice", sa.Column("unsubscribe_url", C, server_default=sa.text("''"), nullable=False))
    op.create_foreign_key(
        op.f("fk_notice_channel_id"), "notice", "channel", ["channel_id"], ["id"], ondelete="SET NULL"
    )
    _notice_states("'QUEUED', 'SENDING', 'SENT', 'DEAD', 'WITHHELD'")
    op.create_table(
        "message_opt_out",
        sa.Column("address_key", C, nullable=False),
        sa.Column("kind", C, nullable=False),
        sa.Column("medium", C, nullable=False),
        sa.Column("created_at", AT, server_default=NOW, nullable=False),
        sa.CheckConstraint("medium IN ('EMAIL', 'SMS')", name=op.f("ck_message_opt_out_medium_known")),
        sa.PrimaryKeyConstraint("address_key", "kind", "medium", name=op.f("pk_message_opt_out")),
    )
    op.create_table(
        "quiet_hours",
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("time_zone", C, nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.CheckConstraint("starts <> ends", name=op.f("ck_quiet_hours_end_at_another_time")),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_quiet_hours_channel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_quiet_hours")),
    )
    op.create_table(
        "stock_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("email", C, nullable=False),
        sa.Column("email_key", C, nullable=False),
        sa.Column("language", C, nullable=False),
        sa.Column("created_at", AT, server_default=NOW, nullable=False),
        sa.Column("told_at", AT, nullable=True),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variant.id"], name=op.f("fk_stock_notice_variant_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_stock_notice_channel_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_notice")),
    )
    op.create_index(
        "uq_stock_notice_open", "stock_notice", ["variant_id", "email_key"], unique=True,
        postgresql_where=sa.text("told_at IS NULL"),
    )
    op.create_index("ix_stock_notice_email", "stock_notice", ["email_key"])
    op.create_table(
        "stock_low",
        sa.Column("variant_id", sa.Uuid(), nullable=False),
        sa.Column("since", AT, server_default=NOW, nullable=False),
        sa.ForeignKeyConstraint(
            ["variant_id"], ["variant.id"], name=op.f("fk_stock_low_variant_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("variant_id", name=op.f("pk_stock_low")),
    )
    # What was low already is no news.
    op.execute("INSERT INTO stock_low (variant_id) SELECT variant_id FROM stock GROUP BY 1 HAVING sum(on_hand - reserved) <= 5")
    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("kind", C, nullable=False),
        sa.Column("permission", C, nullable=True),
        sa.Column("channel_id", sa.Uuid(), nullable=True),
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("aggregate", C, nullable=False),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("data", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("created_at", AT, server_default=NOW, nullable=False),
        sa.CheckConstraint(
            "(permission IS NULL) <> (customer_id IS NULL)", name=op.f("ck_notification_for_staff_or_a_customer")
        ),
        sa.ForeignKeyConstraint(
            ["channel_id"], ["channel.id"], name=op.f("fk_notification_channel_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customer.id"], name=op.f("fk_notification_customer_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
    )
    op.create_index("uq_notification_seq", "notification", ["seq"], unique=True)
    op.create_index(
        "uq_notification_staff", "notification", ["event_id"], unique=True,
        postgresql_where=sa.text("customer_id IS NULL"),
    )
    op.create_index(
        "uq_notification_customer", "notification", ["event_id", "customer_id"], unique=True,
        postgresql_where=sa.text("customer_id IS NOT NULL"),
    )
    op.create_index(
        "ix_notification_customer", "notification", ["customer_id", "seq"],
        postgresql_where=sa.text("customer_id IS NOT NULL"),
    )
    op.create_index(
        "ix_notification_staff", "notification", ["seq"], postgresql_where=sa.text("customer_id IS NULL")
    )
    op.create_index("ix_notification_order", "notification", ["order_id"])
    op.create_index("ix_notification_created", "notification", ["created_at"])
    op.create_table(
        "notification_read",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_notification_read_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_notification_read_notification_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "notification_id", name=op.f("pk_notification_read")),
    )
    op.create_index("ix_notification_read_notification", "notification_read", ["notification_id"])
    op.create_table(
        "notification_place",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_notification_place_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_notification_place")),
    )


def downgrade() -> None:
    for table in (
        "notification_place", "notification_read", "notification", "stock_low", "stock_notice", "quiet_hours", "message_opt_out",
    ):
        op.drop_table(table)
    op.execute("UPDATE notice SET state = 'DEAD', failure = 'its reader wants none of its kind' WHERE state = 'WITHHELD'")
    _notice_states("'QUEUED', 'SENDING', 'SENT', 'DEAD'")
    op.drop_column("notice", "unsubscribe_url")
    op.drop_column("notice", "channel_id")


def _notice_states(known: str) -> None:
    op.drop_constraint(op.f("ck_notice_state_known"), "notice", type_="check")
    op.create_check_constraint(op.f("ck_notice_state_known"), "notice", f"state IN ({known})")
