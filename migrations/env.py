"""Alembic's environment: runs on the connection that persistence.migrate opened and locked, or offline never."""

from alembic import context

from persistence.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    compare_type=True,
    compare_server_default=False,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
