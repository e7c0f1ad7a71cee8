"""Tells Alembic which connection and tables to work with; `run.py` hands the connection over."""

import importlib
import pkgutil

from alembic import context

from understudy.storage import tables
from understudy.storage.tables.base import Row

# Tables are known once their modules are imported.
for module in pkgutil.iter_modules(tables.__path__):
    importlib.import_module(f"{tables.__name__}.{module.name}")

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
