"""Tells Alembic which connection and tables to work with; `run.py` hands the connection over."""

from alembic import context

from understudy.storage.rows import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
