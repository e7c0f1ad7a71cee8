"""`understudy models add-embedder`: adds an embedding model of this server."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from understudy.bases.adding import BasesHome
from understudy.bases.embedders import KNOWN, prepare_embedder, prepare_pooled
from understudy.cli.console import out
from understudy.cli.home_option import DEFAULT_HOME, Home
from understudy.cli.models.adding import shown_progress
from understudy.config.settings_file import write_embedder
from understudy.config.source import load_settings
from understudy.registry.embedders import Pooling
from understudy.registry.live_catalogue import catalogue_of_settings
from understudy.wording import worded


class PoolingChoice(StrEnum):
    """How the states of a text's tokens become one vector, as it is typed."""

    MEAN = "mean"
    LAST = "last"


_KNOWN = ", ".join(known.name for known in KNOWN)


def add_embedder(
    name: Annotated[
        str, typer.Argument(help=f"Name of the model; without --directory, one of: {_KNOWN}.")
    ],
    directory: Annotated[
        Path | None, typer.Option(help="Directory as sentence-transformers writes it.")
    ] = None,
    base: Annotated[
        str | None, typer.Option(help="Make vectors of the states of this base instead.")
    ] = None,
    pooling: Annotated[
        PoolingChoice, typer.Option(help="With --base: what becomes of the states of the tokens.")
    ] = PoolingChoice.MEAN,
    home: Home = DEFAULT_HOME,
) -> None:
    """Add an embedding model, for /v1/embeddings and for graders that compare with cosine.

    A running server offers it immediately.
    """
    if base is not None and directory is not None:
        raise typer.BadParameter("Give either --base or --directory.")
    settings = load_settings(home)
    bases = BasesHome(directory=settings.bases_directory, catalogue=catalogue_of_settings(settings))
    with shown_progress() as show:
        if base is None:
            prepared = prepare_embedder(name, directory, bases, show)
        else:
            prepared = prepare_pooled(name, base, Pooling[pooling.name], bases)
    write_embedder(settings.settings_file, name, prepared.directory)
    shape = prepared.shape
    out.print(
        worded(
            "cli.models.added",
            "Added {name}.",
            name=name,
        ),
        markup=False,
        style="bold green",
    )
    out.print(
        worded(
            "cli.models.vectors_numbers_texts_up",
            "  vectors of {dimensions} numbers, texts of up to {max_tokens} tokens",
            dimensions=shape.dimensions,
            max_tokens=shape.max_tokens,
        ),
        markup=False,
    )
    if prepared.note is not None:
        out.print(f"  {prepared.note}", markup=False)
    out.print(
        worded(
            "cli.models.directory",
            "  directory: {directory}",
            directory=prepared.directory,
        ),
        markup=False,
        soft_wrap=True,
    )
