"""trusted documents

Revision: 0010, after 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    C = sa.Text(collation="C")
    op.create_table(
        "trusted_document",
        sa.Column("hash", C, nullable=False),
        sa.Column("name", C, nullable=False),
        sa.Column("body", C, nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "hash = encode(sha256(convert_to(body, 'UTF8')), 'hex')", name=op.f("ck_trusted_document_hash_of_body")
        ),
        sa.CheckConstraint("name <> ''", name=op.f("ck_trusted_document_name_given")),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_trusted_document")),
    )


def downgrade() -> None:
    op.drop_table("trusted_document")
