"""message templates

Revision: 0008, after 0007
"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    C = sa.Text(collation="C")
    at = sa.DateTime(timezone=True)
    op.create_table(
        "message_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", C, nullable=False),
        sa.Column("language", C, nullable=False),
        sa.Column("medium", C, nullable=False),
        sa.Column("subject", C, nullable=True),
        sa.Column("heading", C, nullable=True),
        sa.Column("body", C, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("updated_at", at, server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("medium IN ('EMAIL')", name=op.f("ck_message_template_medium_known")),
        sa.CheckConstraint("version > 0", name=op.f("ck_message_template_version_from_one")),
        sa.CheckConstraint(
            "(subject IS NULL) = (body IS NULL) AND (heading IS NULL) = (body IS NULL)",
            name=op.f("ck_message_template_said_whole_or_not"),
        ),
        sa.CheckConstraint(
            "length(subject) <= 200 AND length(heading) <= 200 AND length(body) <= 4000",
            name=op.f("ck_message_template_texts_bounded"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_template")),
        sa.UniqueConstraint("kind", "language", "medium", name=op.f("uq_message_template_kind_language_medium")),
    )


def downgrade() -> None:
    op.drop_table("message_template")
