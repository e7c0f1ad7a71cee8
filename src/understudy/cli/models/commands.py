"""`understudy models`: list, add, export and delete models."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from understudy.bases.adding import BasesHome, NewBase
from understudy.bases.directory import ModelDirectoryError
from understudy.cli.client import api_client
from understudy.cli.console import CommandGroup, local_time, out, print_rows
from understudy.cli.home_option import DEFAULT_HOME, Home
from understudy.cli.language import named
from understudy.cli.models.adding import prepare_showing, show_added
from understudy.cli.models.aliasing import put_alias
from understudy.cli.models.catalog import show_catalogue
from understudy.cli.models.embedder import add_embedder
from understudy.cli.models.export import export
from understudy.cli.models.own_tokens import tokens_in_words
from understudy.cli.models.releasing import check, release
from understudy.cli.models.remove import remove
from understudy.cli.models.shadowing import cutover, shadow
from understudy.cli.models.template_choice import change_template, show_template
from understudy.config.document import tuning_of_flags
from understudy.config.settings import Settings
from understudy.config.settings_file import write_model
from understudy.config.source import load_settings
from understudy.registry.catalogue import Catalogue
from understudy.registry.live_catalogue import catalogue_of_settings
from understudy.registry.tuning import TrainedWeights
from understudy.wording import Sentence, worded

app = typer.Typer(
    cls=CommandGroup,
    help="List, add, export and delete models.",
    no_args_is_help=True,
)

app.command("catalog")(show_catalogue)
app.command("remove")(remove)
app.command("add-embedder")(add_embedder)
app.command()(export)
app.command()(check)
app.command()(release)
app.command()(shadow)
app.command()(cutover)


@app.command("list")
def list_models() -> None:
    """List all models, aliases and patterns of names that the server offers."""
    with api_client() as client:
        models = list(client.models.list())
        overview = client.get("/x/overview", cast_to=dict[str, Any])
        aliases = client.get("/x/model_aliases", cast_to=dict[str, Any])["data"]
    served = {fit["model"]: fit for fit in (overview["engine"] or {"fits": []})["fits"]}
    rows = [
        (m.id, m.owned_by, local_time(m.created), _serving(served.get(m.id), m.to_dict()))
        for m in models
    ]
    rows += [
        (f"{each['id']} (pattern)", "system", "", _answered_by(each["model"]))
        for each in aliases
        if each["is_pattern"]
    ]
    print_rows(
        ("name", "owner", "created", "serving"),
        rows,
        empty=worded("cli.models.none", "No models yet."),
    )
    for model, fit in served.items():
        out.print(f"{model} {fit['words']}.", markup=False, style="dim")


def _serving(fit: Mapping[str, Any] | None, model: Mapping[str, object]) -> str:
    """Say how a loaded base is served, and what answers for an alias."""
    if "alias_of" in model:
        return _answered_by(model["alias_of"])
    if fit is None:
        return named("embeddings") if model.get("task") == "embedding" else ""
    return named("batched" if fit["is_batched"] else "one at a time")


def _answered_by(model: object) -> Sentence:
    return worded("cli.models.answered_by", "answered by {model}", model=str(model))


@app.command()
def alias(
    name: Annotated[str, typer.Argument(help="The name that code asks for.")],
    model: Annotated[
        str, typer.Argument(help="The fine-tuned or remote model that answers from now on.")
    ],
) -> None:
    """Let a fine-tuned or remote model answer under a further name, in this project.

    `understudy models delete NAME` ends it, and the model stays.
    """
    with api_client() as client:
        put_alias(client, name, model)
    out.print(
        worded(
            "cli.models.answered_now",
            "{name} is answered by {model} now.",
            name=name,
            model=model,
        ),
        markup=False,
    )


@app.command()
def add(
    name: Annotated[
        str,
        typer.Argument(
            help="Name of the model; without --directory or --gguf, a name that `understudy models "
            "catalog` lists, or a Hugging Face hub ID."
        ),
    ],
    directory: Annotated[
        Path | None, typer.Option(help="Path of a transformers model directory.")
    ] = None,
    gguf: Annotated[
        Path | None, typer.Option(help="Path of a GGUF file; its weights are unpacked.")
    ] = None,
    copy: Annotated[bool, typer.Option("--copy", help="Copy the directory into the home.")] = False,
    chat_template: Annotated[
        str | None,
        typer.Option(help="Chat template: the name of a shipped one, or a Jinja file."),
    ] = None,
    training: Annotated[
        TrainedWeights | None, typer.Option(help="What jobs train: a LoRA adapter, or all weights.")
    ] = None,
    lora_rank: Annotated[int | None, typer.Option(help="LoRA rank; 16 by default.")] = None,
    lora_alpha: Annotated[
        float | None, typer.Option(help="LoRA alpha; twice the rank by default.")
    ] = None,
    lora_target: Annotated[
        list[str] | None,
        typer.Option(
            help="Linear layer to adapt, such as q_proj; default: all but the head. Repeatable."
        ),
    ] = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Add a base model: a known one, one from the Hugging Face hub, a directory or a GGUF file.

    Only safetensors weights are accepted, and a model's own code is never run.

    A running server offers the new base model immediately.
    """
    settings = load_settings(home)
    if directory is not None and gguf is not None:
        raise ModelDirectoryError(
            worded(
                "cli.models.give_directory_gguf_not",
                "Give --directory or --gguf, not both.",
            )
        )
    given = {
        "training": None if training is None else str(training),
        "lora_rank": lora_rank,
        "lora_alpha": lora_alpha,
        "lora_targets": lora_target,
    }
    table = {key: value for key, value in given.items() if value is not None}
    tuning = tuning_of_flags(table)
    prepared = prepare_showing(
        NewBase(
            name=name,
            directory=directory,
            gguf=gguf,
            is_copied=copy,
            lora_targets=tuple(lora_target or ()),
            chat_template=chat_template,
        ),
        BasesHome(directory=settings.bases_directory, catalogue=_catalogue(settings)),
    )
    write_model(settings.settings_file, name, prepared.directory, table)
    show_added(name, prepared, tuning)
    tokens = tokens_in_words(prepared.directory)
    out.print(
        worded(
            "cli.models.tokens",
            "  tokens: {tokens}",
            tokens=tokens,
        ),
        markup=False,
        soft_wrap=True,
    )
    show_template(settings, name, prepared.directory)


@app.command("set-template")
def set_template(
    name: Annotated[str, typer.Argument(help="Name of a base model that was added.")],
    template: Annotated[
        str, typer.Argument(help="Name of a chat template, 'own', or the path of a Jinja file.")
    ],
    home: Home = DEFAULT_HOME,
) -> None:
    """Give a base model another chat template, for later jobs and requests.

    Models that were tuned before keep the template that they were trained with.
    """
    change_template(load_settings(home), name, template)


@app.command()
def delete(
    name: Annotated[str, typer.Argument(help="Name of a fine-tuned model, such as ft:…")],
) -> None:
    """Delete a fine-tuned model; its job stays."""
    with api_client() as client:
        client.models.delete(name)
    out.print(
        worded(
            "cli.models.deleted",
            "Deleted {name}.",
            name=name,
        ),
        markup=False,
    )


def _catalogue(settings: Settings) -> Catalogue:
    return catalogue_of_settings(settings)
