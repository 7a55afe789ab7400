"""Which tables the record watches: all but the plumbing, each by a trigger that keeps what a recorded transaction changes.

The triggers are made whenever the schema is brought up to date, so that a table of a later migration is watched without
anybody having to think of it. Outside a recorded deed they cost one look at a setting.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

PLUMBING = (
    "alembic_version",
    "audit_change",
    "audit_entry",
    "audit_head",
    "idempotency",
    "log_in_failure",
    "notice",
    "notification",
    "notification_place",
    "notification_read",
    "outbox_event",
    "outbox_task",
    "refresh_token",
    "schedule",
    "security_event",
    "stock_low",
)
"""Tables whose rows follow from others', or are records themselves."""
WORDS = ("permissions", "scopes", "currency", "country", "sku", "slug")
"""Columns whose text is shown in every table, besides those that a check holds to a closed set."""
_UNWATCHED = text(
    """
    SELECT c.relname,
        coalesce((
            SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_constraint k
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
            WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conname LIKE 'ck\\_%\\_known' AND cardinality(k.conkey) = 1
        ), '{}') AS words,
        coalesce((
            SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
            WHERE i.indrelid = c.oid AND i.indisprimary
        ), 'id') AS key
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = current_schema() AND c.relkind = 'r' AND c.relname <> ALL (:plumbing)
        AND to_regproc('audit_change') IS NOT NULL
        AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'audit_change')
    ORDER BY c.relname
    """
)


def watch(connection: Connection) -> list[str]:
    """Watches every table that is not watched yet; their names. Does nothing before the record has its own tables."""
    watched = []
    for table, words, key in connection.execute(_UNWATCHED, {"plumbing": list(PLUMBING)}).all():
        arguments = ", ".join(f"'{each}'" for each in (key, *sorted({*words, *WORDS})))
        connection.execute(
            text(
                f'CREATE TRIGGER audit_change AFTER INSERT OR UPDATE OR DELETE ON "{table}" FOR EACH ROW '
                "WHEN (coalesce(current_setting('vitrine.audit', true), '') <> '') "
                f"EXECUTE FUNCTION audit_change({arguments})"
            )
        )
        watched.append(table)
    return watched
