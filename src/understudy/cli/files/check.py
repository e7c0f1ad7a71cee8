"""`understudy check`: validate a training file locally, without a server."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from understudy.chat.rendering.renderer import ChatRenderer
from understudy.cli.files.report_tables import print_report
from understudy.cli.files.token_preview import print_preview
from understudy.cli.home_option import DEFAULT_HOME, Home
from understudy.config.source import load_settings
from understudy.data.files.formats import Method
from understudy.data.images.sources import ImageSource, LookedAtImages, text_only
from understudy.data.report.control_tokens import special_tokens
from understudy.data.report.examples import ReadFile, read_file
from understudy.data.report.preview import Preview, preview, read_line
from understudy.data.report.reporting import ReportModel, make_report
from understudy.errors import InvalidRequestError
from understudy.registry.catalogue import BaseModel, ResolvedBase
from understudy.registry.live_catalogue import catalogue_of_settings
from understudy.wording import worded

_DEFAULT_MODELS = ("understudy-mini", "understudy-nano")


def check(
    file: Annotated[Path, typer.Argument(help="Path of a training file.")],
    model: Annotated[
        str | None, typer.Option(help="Base model whose tokenizer counts the tokens.")
    ] = None,
    validation: Annotated[
        Path | None, typer.Option(help="Validation file to compare with the training file.")
    ] = None,
    method: Annotated[Method, typer.Option(help="Training method.")] = Method.SUPERVISED,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    show: Annotated[
        int | None,
        typer.Option(min=1, help="Print this line as tokens; trained tokens are marked."),
    ] = None,
    tokens_per_second: Annotated[
        float | None, typer.Option(min=0.001, help="Training speed, for a time estimate.")
    ] = None,
    split_turns: Annotated[
        bool | None,
        typer.Option(
            "--split-turns/--whole",
            help="Split examples that the chat template rewrites; by default as the base is set.",
        ),
    ] = None,
    home: Home = DEFAULT_HOME,
) -> None:
    """Check a training file: errors by line, tokens, duplicates, and an estimate of the job.

    Exits with code 1 when a job with this file would fail.
    """
    base = _base_of(home, model)
    renderer = ChatRenderer.from_directory(base.base.directory)
    splits_turns = base.base.splits_turns if split_turns is None else split_turns
    if show is not None:
        shown = _shown(file, show, method, renderer, splits_turns, base.base)
        if as_json:
            _print_json(asdict(shown))
        else:
            print_preview(shown)
        return
    judge = ReportModel(
        name=base.name,
        base=base.base.name,
        renderer=renderer,
        special_tokens=special_tokens(renderer.vocabulary),
        tokens_per_second=tokens_per_second,
        splits_turns=splits_turns,
    )
    other = _read(validation, method, base.base) if validation else None
    report = make_report(_read(file, method, base.base), other, judge)
    if as_json:
        _print_json(report.to_json())
    else:
        print_report(file.name, report)
    if not report.is_clean:
        raise typer.Exit(1)


def _base_of(home: Path, requested: str | None) -> ResolvedBase:
    settings = load_settings(home)
    catalogue = catalogue_of_settings(settings)
    for name in _DEFAULT_MODELS if requested is None else (requested,):
        if (base := catalogue.resolve(name) or catalogue.match(name)) is not None:
            return base
    raise InvalidRequestError(
        worded(
            "cli.files.there_no_base_model",
            "There is no base model '{requested}'; choose one of {names}.",
            requested=requested or _DEFAULT_MODELS[-1],
            names=", ".join(entry.name for entry in catalogue.names()),
        )
    )


def _shown(
    file: Path,
    line: int,
    method: Method,
    renderer: ChatRenderer,
    splits_turns: bool,
    base: BaseModel,
) -> Preview:
    _check_exists(file)
    with file.open("rb") as lines:
        read = read_line(lines, line, method, _images(base))
        return preview(read, renderer, splits_turns=splits_turns)


def _read(file: Path, method: Method, base: BaseModel) -> ReadFile:
    _check_exists(file)
    with file.open("rb") as lines:
        return read_file(lines, method, _images(base))


def _images(base: BaseModel) -> ImageSource:
    return LookedAtImages() if base.reads_images else text_only(base.name)


def _check_exists(file: Path) -> None:
    if not file.is_file():
        raise InvalidRequestError(
            worded("cli.file_not_found", "File not found: {file}.", file=str(file))
        )


def _print_json(value: dict[str, Any]) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))
