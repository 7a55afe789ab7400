"""sms and deliveries

Revision: 0014, after 0013
"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    C = sa.Text(collation="C")
    at = sa.DateTime(timezone=True)
    op.add_column("notice", sa.Column("attempts_before", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("notice", sa.Column("is_unsure", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.add_column("notice", sa.Column("reference", C, nullable=True))
    op.add_column("notice", sa.Column("receipt", C, nullable=True))
    op.add_column("notice", sa.Column("receipt_at", at, nullable=True))
    op.create_check_constraint(op.f("ck_notice_medium_known"), "notice", "medium IN ('EMAIL', 'SMS')")
    op.create_check_constraint(op.f("ck_notice_receipt_known"), "notice", "receipt IN ('DELIVERED', 'UNDELIVERED')")
    op.create_check_constraint(
        op.f("ck_notice_sms_to_a_number"),
        "notice",
        "medium <> 'SMS' OR recipient = '' OR recipient ~ '^[+][1-9][0-9]{6,14}$'",
    )
    op.create_check_constraint(op.f("ck_notice_tries_counted"), "notice", "attempts_before BETWEEN 0 AND attempts")
    op.create_check_constraint(op.f("ck_notice_receipt_at_a_time"), "notice", "(receipt IS NULL) = (receipt_at IS NULL)")
    op.create_check_constraint(op.f("ck_notice_receipt_of_what_was_sent"), "notice", "receipt IS NULL OR state = 'SENT'")
    op.create_index("ix_notice_parked", "notice", ["created_at", "id"], postgresql_where=sa.text("state = 'DEAD'"))
    op.create_index("ix_notice_recipient", "notice", ["recipient", "created_at"])
    op.create_index("ix_notice_reference", "notice", ["reference"], postgresql_where=sa.text("reference IS NOT NULL"))
    op.drop_constraint(op.f("ck_message_template_medium_known"), "message_template", type_="check")
    op.create_check_constraint(op.f("ck_message_template_medium_known"), "message_template", "medium IN ('EMAIL', 'SMS')")
    op.add_column("cart", sa.Column("sms_phone", C, nullable=True))
    op.create_check_constraint(op.f("ck_cart_sms_phone_e164"), "cart", "sms_phone ~ '^[+][1-9][0-9]{6,14}$'")
    op.add_column("customer", sa.Column("wants_sms", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_check_constraint(op.f("ck_customer_sms_needs_phone"), "customer", "NOT wants_sms OR phone IS NOT NULL")


def downgrade() -> None:
    op.drop_column("customer", "wants_sms")
    op.drop_column("cart", "sms_phone")
    # Text messages have no place in the schema before: what was sent stays, as what it says.
    op.execute("UPDATE notice SET state = 'DEAD' WHERE medium = 'SMS' AND state IN ('QUEUED', 'SENDING')")
    op.execute("DELETE FROM message_template WHERE medium = 'SMS'")
    op.drop_constraint(op.f("ck_message_template_medium_known"), "message_template", type_="check")
    op.create_check_constraint(op.f("ck_message_template_medium_known"), "message_template", "medium IN ('EMAIL')")
    op.drop_index("ix_notice_reference", "notice")
    op.drop_index("ix_notice_recipient", "notice")
    op.drop_index("ix_notice_parked", "notice")
    op.drop_constraint(op.f("ck_notice_sms_to_a_number"), "notice", type_="check")
    op.drop_constraint(op.f("ck_notice_medium_known"), "notice", type_="check")
    for column in ("receipt_at", "receipt", "reference", "is_unsure", "attempts_before"):
        op.drop_column("notice", column)
