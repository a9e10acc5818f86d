"""What Alembic runs; the connection is handed in by the functions of this package, already in a transaction."""

from alembic import context

from workflow.persistence.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
