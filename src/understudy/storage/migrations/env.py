"""Tells Alembic which connection and tables to work with; `run.py` hands the connection over."""

from alembic import context

# Their tables are known once they are imported.
from understudy.storage.tables import answers, evals, jobs

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=jobs.Row.metadata,
    transactional_ddl=True,
)
assert answers.Row.metadata is evals.Row.metadata is jobs.Row.metadata
with context.begin_transaction():
    context.run_migrations()
