"""Tells Alembic which connection and tables to work with; `run.py` hands the connection over."""

from alembic import context

# Their tables are known once they are imported.
from understudy.storage.tables import (
    answers,
    batches,
    distillations,
    evals,
    exports,
    history,
    images,
    jobs,
    model_aliases,
    projects,
    uploads,
)

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=projects.Row.metadata,
    transactional_ddl=True,
)
assert all(
    each.Row is projects.Row
    for each in (
        answers,
        batches,
        distillations,
        evals,
        exports,
        history,
        images,
        jobs,
        model_aliases,
        uploads,
    )
)
with context.begin_transaction():
    context.run_migrations()
