"""One attempt at an export: done in a process of its own, each step recorded."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from understudy.errors import UnderstudyError
from understudy.exporting.process import ExportBrokenError, run_export
from understudy.jobs.export_rows import complete, fail, order_of_hold, record_step
from understudy.registry.catalogue import CatalogueSource
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.storage.tables.exports import ExportRow
from understudy.work.lease import Hold, LeaseLostError


@dataclass(frozen=True, kw_only=True)
class ExportContext:
    """What every export of one runner works with."""

    database: Database
    blobs: BlobStore
    catalogue: CatalogueSource
    directory: Path
    """Where exports lie."""


async def export(context: ExportContext, hold: Hold[ExportRow]) -> None:
    """Export what is held and record how that ended; raises LeaseLostError.

    What broke without an answer is raised as ExportBrokenError, so that it is tried again.
    """
    database = context.database
    try:
        order = await asyncio.to_thread(
            order_of_hold,
            *(database, context.blobs, context.catalogue(), hold, context.directory),
        )
        # Steps are few; a write is faster than what it is about.
        difference = await run_export(order, lambda step: record_step(database, hold, step))
    except (LeaseLostError, ExportBrokenError):
        raise
    except UnderstudyError as error:
        await asyncio.to_thread(fail, database, hold, error.message)
        return
    await asyncio.to_thread(complete, database, hold, difference)
