"""outgoing webhooks

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    C = sa.Text(collation="C")
    at = sa.DateTime(timezone=True)
    op.add_column("outbox_event", sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False))
    op.add_column("outbox_event", sa.Column("position", sa.BigInteger(), nullable=True))
    op.create_index("ix_outbox_event_unlogged", "outbox_event", ["number"], postgresql_where=sa.text("position IS NULL"))
    op.create_index("uq_outbox_event_position", "outbox_event", ["position"], unique=True)
    op.create_table(
        "event_log",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_event_log_alone")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_event_log_position_from_zero")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_log")),
    )
    op.execute("INSERT INTO event_log (id, position) VALUES (1, 0)")
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("url", C, nullable=False),
        sa.Column("description", C, server_default=sa.text("''"), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.Text(collation="C")), nullable=False),
        sa.Column("selection", C, nullable=True),
        sa.Column("permissions", postgresql.ARRAY(sa.Text(collation="C")), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("disabled_because", C, nullable=True),
        sa.Column("disabled_at", at, nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failing_since", at, nullable=True),
        sa.Column("resting_until", at, nullable=True),
        sa.Column("held_until", at, nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", at, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_webhook_endpoint_failures_counted")),
        sa.CheckConstraint(
            "is_active OR disabled_because IS NULL OR disabled_at IS NOT NULL",
            name=op.f("ck_webhook_endpoint_disabled_at_a_time"),
        ),
        sa.CheckConstraint(
            "(failures = 0) = (failing_since IS NULL)", name=op.f("ck_webhook_endpoint_failing_since_a_failure")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_table(
        "webhook_secret",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("valid_until", at, nullable=True),
        sa.Column("created_at", at, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoint.id"], name=op.f("fk_webhook_secret_endpoint_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_secret")),
    )
    op.create_index(
        "uq_webhook_secret_present",
        "webhook_secret",
        ["endpoint_id"],
        unique=True,
        postgresql_where=sa.text("valid_until IS NULL"),
    )
    op.create_index("ix_webhook_secret_endpoint", "webhook_secret", ["endpoint_id"])
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("state", C, server_default=sa.text("'PENDING'"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", at, server_default=sa.text("now()"), nullable=False),
        sa.Column("asked_at", at, server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", at, nullable=True),
        sa.Column("created_at", at, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('PENDING', 'DELIVERED', 'FAILED')", name=op.f("ck_webhook_delivery_state_known")
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_webhook_delivery_attempts_counted")),
        sa.CheckConstraint(
            "(state = 'PENDING') = (ended_at IS NULL)", name=op.f("ck_webhook_delivery_ended_at_its_end")
        ),
        sa.ForeignKeyConstraint(
            ["endpoint_id"], ["webhook_endpoint.id"], name=op.f("fk_webhook_delivery_endpoint_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["outbox_event.id"], name=op.f("fk_webhook_delivery_event_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index("uq_webhook_delivery_event", "webhook_delivery", ["endpoint_id", "event_id"], unique=True)
    op.create_index("ix_webhook_delivery_event", "webhook_delivery", ["event_id"])
    op.create_index("ix_webhook_delivery_created", "webhook_delivery", ["endpoint_id", "created_at", "id"])
    op.create_index(
        "ix_webhook_delivery_pending",
        "webhook_delivery",
        ["endpoint_id", "aggregate_id", "position"],
        postgresql_where=sa.text("state = 'PENDING'"),
    )
    op.create_table(
        "webhook_attempt",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("failure", C, nullable=True),
        sa.Column("response", C, server_default=sa.text("''"), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("at", at, nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_webhook_attempt_number_from_one")),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["webhook_delivery.id"], name=op.f("fk_webhook_attempt_delivery_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_webhook_attempt")),
    )


def downgrade() -> None:
    op.drop_table("webhook_attempt")
    op.drop_table("webhook_delivery")
    op.drop_table("webhook_secret")
    op.drop_table("webhook_endpoint")
    op.drop_table("event_log")
    op.drop_index("uq_outbox_event_position", table_name="outbox_event")
    op.drop_index("ix_outbox_event_unlogged", table_name="outbox_event")
    op.drop_column("outbox_event", "position")
    op.drop_column("outbox_event", "number")
