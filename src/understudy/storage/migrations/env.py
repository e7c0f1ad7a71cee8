"""Tells Alembic which connection and tables to work with; `run.py` hands the connection over."""

from alembic import context

# Their tables are known once they are imported.
from understudy.storage.tables import answers, evals, exports, jobs, projects

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=projects.Row.metadata,
    transactional_ddl=True,
)
assert answers.Row is evals.Row is exports.Row is jobs.Row is projects.Row
with context.begin_transaction():
    context.run_migrations()
