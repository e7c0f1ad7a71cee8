"""Tells Alembic which connection and tables to work with; `run.py` hands the connection over."""

from alembic import context

# Their tables are known once they are imported.
from understudy.storage.tables import (
    answers,
    distillations,
    evals,
    exports,
    history,
    jobs,
    model_aliases,
    projects,
    screenings,
)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=projects.Row.metadata,
    transactional_ddl=True,
)
assert all(
    each.Row is projects.Row
    for each in (answers, distillations, evals, exports, history, jobs, model_aliases, screenings)
)
with context.begin_transaction():
    context.run_migrations()
