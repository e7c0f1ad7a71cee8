"""`understudy models`: list, add, export and delete models."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from understudy.cli.client import api_client
from understudy.cli.console import CommandGroup, local_time, out, print_rows
from understudy.cli.home_option import DEFAULT_HOME, Home
from understudy.cli.models.architecture import check_architecture
from understudy.cli.models.directory import ModelDirectoryError, ModelFacts, inspect_model_directory
from understudy.cli.models.export import export
from understudy.cli.models.hub import MODEL_FILES, fetch_from_hub
from understudy.cli.models.own_tokens import tokens_in_words
from understudy.cli.models.template_choice import (
    change_template,
    choose_template,
    show_template,
    templated_directory,
)
from understudy.cli.settings_file import write_model
from understudy.config.document import tuning_of_flags
from understudy.config.settings import Settings
from understudy.config.source import load_settings
from understudy.registry.catalogue import catalogue_of
from understudy.registry.tuning import TrainedWeights, Tuning, tuning_in_words

app = typer.Typer(
    cls=CommandGroup,
    help="List, add, export and delete models.",
    no_args_is_help=True,
)

app.command()(export)

# Colons are reserved for fine-tuned models; as a directory name it must not start with a dot.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")


@app.command("list")
def list_models() -> None:
    """List all models and aliases that the server offers."""
    with api_client() as client:
        models = list(client.models.list())
        overview = client.get("/x/overview", cast_to=dict[str, Any])
    served = {fit["model"]: fit for fit in (overview["engine"] or {"fits": []})["fits"]}
    rows = [(m.id, m.owned_by, local_time(m.created), _serving(served.get(m.id))) for m in models]
    print_rows(("name", "owner", "created", "serving"), rows, empty="No models yet.")
    for model, fit in served.items():
        out.print(f"{model} {fit['words']}.", markup=False, style="dim")


def _serving(fit: Mapping[str, Any] | None) -> str:
    """Say how a base that is loaded is served; nothing is known of the others yet."""
    if fit is None:
        return ""
    return "batched" if fit["is_batched"] else "one at a time"


@app.command()
def add(
    name: Annotated[
        str, typer.Argument(help="Name of the model; without --directory, a Hugging Face hub ID.")
    ],
    directory: Annotated[
        Path | None, typer.Option(help="Path of a transformers model directory.")
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
    """Add a base model from a local directory or from the Hugging Face hub.

    Only safetensors weights are accepted, and a model's own code is never run.

    A running server offers the new base model immediately.
    """
    settings = load_settings(home)
    _check_name(settings, name)
    given = {
        "training": None if training is None else str(training),
        "lora_rank": lora_rank,
        "lora_alpha": lora_alpha,
        "lora_targets": lora_target,
    }
    table = {key: value for key, value in given.items() if value is not None}
    tuning = tuning_of_flags(table)
    own = settings.bases_directory / name.replace("/", "--")
    if directory is None:
        out.print(f"Downloading {name} from the Hugging Face hub …", markup=False)
        fetch_from_hub(name, own)
        source = own
    else:
        source = directory.expanduser().absolute()
    template = choose_template(source, chat_template)
    facts = inspect_model_directory(source, None if template is None else template.renderer)
    left_out = check_architecture(source, lora_target or ())
    if copy and source != own:
        _copy_model(source, own)
        source = own
    settings.home.mkdir(parents=True, exist_ok=True)
    registered = templated_directory(settings, name, source, template)
    write_model(settings.settings_file, name, registered, table)
    _show(name, registered, facts, tuning)
    if left_out is not None and tuning.trained is TrainedWeights.LORA:
        out.print(f"  {left_out}", markup=False, soft_wrap=True)
    out.print(f"  tokens: {tokens_in_words(registered)}", markup=False, soft_wrap=True)
    show_template(settings, name, registered)


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
    out.print(f"Deleted {name}.", markup=False)


def _check_name(settings: Settings, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ModelDirectoryError(
            f"'{name}' is not a valid model name: use letters, digits, '.', '_' and '-', and "
            "at most one '/', as in Qwen/Qwen3-0.6B."
        )
    catalogue = catalogue_of(settings.models, settings.aliases, settings.tunings)
    if name in catalogue.aliases:
        raise ModelDirectoryError(f"'{name}' is already an alias in {settings.settings_file}.")
    if name in catalogue.bases and catalogue.bases[name].is_builtin:
        raise ModelDirectoryError(f"'{name}' is a built-in base model; choose another name.")


def _copy_model(source: Path, target: Path) -> None:
    """Copy what a model needs and nothing else; the target appears complete, by rename."""
    if target.exists():
        raise ModelDirectoryError(f"{target} already exists; remove it, or choose another name.")
    unfinished = target.with_name(f".{target.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for pattern in MODEL_FILES:
        for path in source.glob(pattern):
            shutil.copyfile(path, unfinished / path.name)
    unfinished.rename(target)


def _show(name: str, directory: Path, facts: ModelFacts, tuning: Tuning) -> None:
    out.print(f"Added {name}.", markup=False, style="bold green")
    out.print(
        f"  {facts.architecture}, {_count(facts.parameter_count)} parameters, "
        f"{facts.weight_bytes / 1e6:,.0f} MB, context length {facts.context_length:,} tokens",
        markup=False,
    )
    out.print(f"  directory: {directory}", markup=False, soft_wrap=True)
    out.print(f"  training: {tuning_in_words(tuning)}", markup=False)


def _count(number: int) -> str:
    for unit, size in (("B", 10**9), ("M", 10**6), ("K", 10**3)):
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return str(number)
