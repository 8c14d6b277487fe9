"""How Alembic reaches the database: through the connection, and the transaction, of the store."""

from __future__ import annotations

from alembic import context

from proxbalance_core.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
