"""`understudy evals import`: evals, ended runs and rows of other places, without a silent loss."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from openai import APIError, NotFoundError, OpenAI

from understudy.cli.client import api_client
from understudy.cli.console import out, problems
from understudy.cli.evals.api import Json, post
from understudy.errors import InvalidRequestError
from understudy.evals.exchange.documents import documents
from understudy.evals.exchange.plan import PlannedEval, plan_import
from understudy.evals.exchange.problems import Remark, Remarks
from understudy.evals.exchange.sorting import Sorter
from understudy.wording import worded

_MAX_SHOWN = 100

Files = Annotated[
    list[Path],
    typer.Argument(
        help="JSON, JSON Lines or YAML: evals, runs and output items of OpenAI's API, an export, "
        "a configuration of promptfoo, or a grader."
    ),
]
Judges = Annotated[
    list[str] | None,
    typer.Option(
        "--judge", metavar="OLD=NEW", help="Model to ask instead of a judge; can be repeated."
    ),
]
Partial = Annotated[bool, typer.Option(help="Import the rest when something has to be left out.")]


def import_(
    files: Files,
    name: Annotated[str | None, typer.Option(help="Name of the eval.")] = None,
    judge: Judges = None,
    partial: Partial = False,
) -> None:
    """Import evals with their past runs; exit with 1 and import nothing if anything would be lost.

    Criteria that cannot be used here, because their judge is gone, are imported switched off.
    """
    remarks = Remarks()
    judges = _judges(judge or [])
    planned = _plan(files, judges, remarks)
    _show("Left out", remarks.left_out)
    if name is not None:
        if len(planned) != 1:
            raise typer.BadParameter(f"--name needs one eval, but there are {len(planned)}.")
        planned[0].request["name"] = name
    if remarks.left_out and not partial:
        raise InvalidRequestError(
            worded(
                "cli.evals.nothing_imported_because_above",
                "Nothing was imported, because the above would be lost. Add "
                "--partial to import the rest without it.",
            )
        )
    if not planned:
        raise InvalidRequestError(
            worded(
                "cli.evals.there_no_eval_files",
                "There is no eval in the files.",
            )
        )
    with api_client() as client:
        _demand_models(client, judges.values())
        for each in planned:
            _import(client, each)


def _plan(files: Sequence[Path], judges: Mapping[str, str], remarks: Remarks) -> list[PlannedEval]:
    sorter = Sorter(remarks)
    for path in files:
        for document in documents(path.name, _text(path), remarks):
            sorter.sort(document)
    return plan_import(sorter.found, judges, remarks)


def _text(path: Path) -> str:
    if not path.is_file():
        raise InvalidRequestError(
            worded("cli.file_not_found", "File not found: {file}.", file=str(path))
        )
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequestError(
            worded(
                "cli.evals.not_utf_8",
                "{path} is not UTF-8: {reason}.",
                path=path,
                reason=error.reason,
            )
        ) from None


def _judges(given: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        old, equals, new = text.partition("=")
        if not (old and equals and new):
            raise typer.BadParameter(f"--judge is OLD=NEW, not '{text}'.")
        found[old] = new
    return found


def _demand_models(client: OpenAI, names: Iterable[str]) -> None:
    # A judge that is gone from the file is switched off; one that was asked for is a mistake.
    for name in names:
        try:
            client.models.retrieve(name)
        except NotFoundError:
            raise InvalidRequestError(
                worded(
                    "cli.evals.nothing_imported_judge_names",
                    "Nothing was imported: --judge names the model '{name}', which "
                    "does not exist here. See: understudy models list",
                    name=name,
                )
            ) from None


def _import(client: OpenAI, planned: PlannedEval) -> None:
    """Import an eval with all that belongs to it; when a part fails, the eval goes with it."""
    made = post(client, "/x/evals/import", planned.request)
    try:
        runs = [post(client, f"/x/evals/{made['id']}/runs/import", run) for run in planned.runs]
        rows = _upload(client, made, planned.rows)
    except APIError:
        client.evals.delete(made["id"])
        raise
    out.print(made["id"])
    _show("Switched off", _switched_off(made))
    if any("switched_off" in each and "model" in each for each in made["testing_criteria"]):
        problems.print(
            worded(
                "cli.evals.import_judge_old_new",
                "Import with --judge OLD=NEW to have another model judge.",
            )
        )
    if runs:
        items = sum(len(run["output_items"]) for run in planned.runs)
        problems.print(
            worded(
                "cli.evals.past_runs_output_items",
                "Past runs: {runs}, with {items} output items.",
                runs=len(runs),
                items=items,
            ),
            soft_wrap=True,
        )
    if rows:
        problems.print(
            worded(
                "cli.evals.rows_data_without_run",
                "Rows of data without a run: {rows} ({rows2} lines). Use them with: "
                "understudy evals run {id} {rows}",
                rows=rows,
                rows2=len(planned.rows),
                id=made["id"],
            ),
            soft_wrap=True,
        )


def _upload(client: OpenAI, made: Json, rows: Iterable[Json]) -> str | None:
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    if not lines:
        return None
    content = "\n".join(lines).encode()
    return client.files.create(file=(f"{made['id']}.jsonl", content), purpose="evals").id


def _switched_off(made: Json) -> list[Remark]:
    return [
        Remark(place=criterion["name"], text=criterion["switched_off"])
        for criterion in made["testing_criteria"]
        if "switched_off" in criterion
    ]


def _show(title: str, remarks: Sequence[Remark]) -> None:
    for remark in remarks[:_MAX_SHOWN]:
        problems.print(f"{title}: {remark}", markup=False, soft_wrap=True)
    if len(remarks) > _MAX_SHOWN:
        problems.print(
            worded(
                "cli.evals.more",
                "{title}: {remarks} more.",
                title=title,
                remarks=len(remarks) - _MAX_SHOWN,
            )
        )
