"""`understudy split`: splits a file into a training and a validation file."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from understudy.cli.console import out, print_rows
from understudy.data.examples import ChatExample
from understudy.data.files.formats import Method
from understudy.data.splitting.split import Split, SplitOptions
from understudy.data.splitting.split import split as divide
from understudy.data.splitting.split_file import PARTS, chosen_lines, part_name, read_to_divide
from understudy.errors import InvalidRequestError
from understudy.wording import worded

_MAX_KINDS = 20


def split(
    file: Annotated[Path, typer.Argument(help="Path of a training file.")],
    validation: Annotated[
        float, typer.Option(min=0.001, max=0.999, help="Share of examples for validation.")
    ] = 0.2,
    by_duplicate_group: Annotated[
        bool, typer.Option(help="Keep near-duplicate prompts in the same file.")
    ] = True,
    stratify: Annotated[
        bool, typer.Option(help="Give both files the same mix of prompts and completions.")
    ] = True,
    seed: Annotated[int, typer.Option(help="Random seed; the same seed gives the same split.")] = 0,
    method: Annotated[Method, typer.Option(help="Training method.")] = Method.SUPERVISED,
    directory: Annotated[
        Path | None, typer.Option(help="Output directory; by default that of the file.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Overwrite existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Split FILE into FILE.train.jsonl and FILE.validation.jsonl without near-duplicates across."""
    examples = _read(file, method)
    options = SplitOptions(
        validation=validation, by_duplicate_group=by_duplicate_group, stratify=stratify, seed=seed
    )
    made = divide(examples, options)
    targets = [(directory or file.parent) / part_name(file.name, part) for part in PARTS]
    for target in targets:
        if target.exists() and not force:
            raise InvalidRequestError(
                worded(
                    "cli.files.already_exists_use_force",
                    "{target} already exists; use --force to overwrite it.",
                    target=target,
                )
            )
    for target, lines in zip(targets, (made.training, made.validation), strict=True):
        _write(file, target, set(lines))
    if as_json:
        names = {"training_file": str(targets[0]), "validation_file": str(targets[1])}
        print(json.dumps(names | asdict(made), ensure_ascii=False, indent=2))
    else:
        _show(made, targets)


def _read(file: Path, method: Method) -> tuple[ChatExample, ...]:
    if not file.is_file():
        raise InvalidRequestError(
            worded("cli.file_not_found", "File not found: {file}.", file=str(file))
        )
    with file.open("rb") as lines:
        return read_to_divide(lines, method, name=str(file), shown_by=f"'understudy check {file}'")


def _write(source: Path, target: Path, lines: set[int]) -> None:
    """Copy lines as they are; the file appears complete or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".part")
    with source.open("rb") as pieces, unfinished.open("wb") as copy:
        copy.writelines(chosen_lines(pieces, lines))
    unfinished.replace(target)


def _show(made: Split, targets: list[Path]) -> None:
    sizes = len(made.training), len(made.validation)
    shown = made.kinds[:_MAX_KINDS]
    rows = [
        (each.kind, _share(each.training, sizes[0]), _share(each.validation, sizes[1]))
        for each in shown
    ]
    if len(made.kinds) > len(shown):
        rest = made.kinds[len(shown) :]
        counts = sum(each.training for each in rest), sum(each.validation for each in rest)
        rows.append(
            (f"{len(rest)} more kinds", _share(counts[0], sizes[0]), _share(counts[1], sizes[1]))
        )
    rows.append(("total", str(sizes[0]), str(sizes[1])))
    print_rows(("kind of example", "training", "validation"), rows, empty="")
    out.print()
    out.print(
        worded(
            "cli.files.groups_near_duplicate_prompts",
            "{groups} groups of near-duplicate prompts (largest: {largest_group}); "
            "{shared} validation prompts have a near-duplicate in the training file.",
            groups=made.groups,
            largest_group=made.largest_group,
            shared=made.shared,
        ),
        soft_wrap=True,
    )
    for target in targets:
        out.print(str(target), markup=False, soft_wrap=True)


def _share(part: int, whole: int) -> str:
    return f"{part} ({100 * part / whole:.1f} %)"
