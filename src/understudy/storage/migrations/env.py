"""Tells Alembic which connection and tables to work with; `run.py` hands the connection over."""

from alembic import context

# Their tables are known once they are imported.
from understudy.storage import answer_rows, eval_rows, rows

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=rows.Row.metadata,
    transactional_ddl=True,
)
assert answer_rows.Row.metadata is eval_rows.Row.metadata is rows.Row.metadata
with context.begin_transaction():
    context.run_migrations()
