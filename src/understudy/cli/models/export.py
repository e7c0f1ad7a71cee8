"""`understudy models export`: takes a model out of a home, in a format that others load."""

import asyncio
import re
from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.console import out
from understudy.cli.home_option import DEFAULT_HOME, Home
from understudy.config.settings import Settings
from understudy.config.source import load_settings
from understudy.errors import NotFoundError
from understudy.exporting.difference import Difference
from understudy.exporting.errors import ExportError
from understudy.exporting.finished import find_finished
from understudy.exporting.order import ExportFormat, ExportOrder, NumberType
from understudy.exporting.process import run_export
from understudy.jobs.exports import ExportRequest, order_of
from understudy.registry.live_catalogue import catalogue_of_settings
from understudy.storage.blobs import BlobStore
from understudy.storage.database import Database
from understudy.wording import worded

_ODD_LETTERS = re.compile(r"[^A-Za-z0-9._-]+")


def export(
    model: Annotated[str, typer.Argument(help="Name of the model, such as ft:…, or of a base.")],
    format: Annotated[ExportFormat, typer.Option(help="Format to export in.")],
    type: Annotated[
        NumberType | None, typer.Option(help="How a GGUF file holds its matrices; f16 by default.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Directory to create; named after the model by default.")
    ] = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Export a model as a PEFT adapter, a merged transformers model or a GGUF file.

    The export is loaded again and compared with the served model; one that differs too much is
    refused and leaves nothing. Works without a running server.
    """
    request = ExportRequest.of(model, format, type)
    order = _order(load_settings(home), request, output)
    found = find_finished(order)
    if found is not None:
        _show(order, found, "Found")
        return
    if order.output.exists():
        raise ExportError(
            worded(
                "cli.models.already_exists_not_export",
                "{output} already exists and is not this export; remove it, or "
                "choose another directory with --output.",
                output=order.output,
            )
        )
    difference = asyncio.run(
        run_export(order, lambda sentence: out.print(sentence, markup=False, style="dim"))
    )
    _show(order, difference, "Exported")


def _order(settings: Settings, request: ExportRequest, output: Path | None) -> ExportOrder:
    if not settings.home.is_dir():
        raise NotFoundError(
            worded(
                "cli.models.there_no_home_start",
                "There is no home in {home}; start 'understudy serve' first.",
                home=settings.home,
            )
        )
    target = output if output is not None else Path.cwd() / _directory_name(request)
    catalogue = catalogue_of_settings(settings)
    database = Database(settings.database_url)
    try:
        with database.read() as session:
            return order_of(
                session,
                BlobStore(settings.blobs_directory),
                catalogue,
                request,
                project_id=None,
                output=target.expanduser().absolute(),
            )
    finally:
        database.close()


def _directory_name(request: ExportRequest) -> str:
    parts = [_ODD_LETTERS.sub("-", request.model), str(request.format)]
    return "-".join(parts + ([str(request.number_type)] if request.number_type else []))


def _show(order: ExportOrder, difference: Difference, verb: str) -> None:
    size = sum(file.stat().st_size for file in order.output.iterdir())
    out.print(f"{verb} {order.output}", markup=False, style="bold green", soft_wrap=True)
    out.print(
        worded(
            "cli.models.mb",
            "  {format}, {size:,.0f} MB",
            format=order.format,
            size=size / 1000000.0,
        ),
        markup=False,
    )
    out.print(f"  {difference.sentence}", markup=False)
