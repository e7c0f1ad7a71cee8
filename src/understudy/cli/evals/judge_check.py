"""`understudy evals judge-check`: a grader beside the labels that people gave the same answers."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from understudy.cli.client import api_client
from understudy.cli.console import out, print_rows
from understudy.cli.evals.api import Json, find_run, get, post
from understudy.cli.evals.data_source import read_json
from understudy.cli.evals.tables import follow_run
from understudy.errors import InvalidRequestError
from understudy.evals.human_labels import are_labels_of, refusal, verdict_of
from understudy.ids import criterion_name
from understudy.wording import worded

_SHOWN = 10


def judge_check(
    file: Annotated[
        Path,
        typer.Argument(
            help='JSONL file: {"item": {…, "label": …}, "sample": {"output_text": …}} per line.'
        ),
    ],
    grader: Annotated[Path, typer.Option(help="JSON file with the grader.")],
    label: Annotated[str, typer.Option(help="Field of the item with the human label.")] = "label",
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check a grader, usually a judge, against human labels: agreement and Cohen's kappa.

    A label is true or false, "pass" or "fail", or one of the labels of a label_model grader.
    """
    wire = _grader(grader, label)
    items = _items(file)
    _check_labels(items, label, wire.get("labels") or (), file)
    body = {
        "name": f"Check of {wire.get('name') or wire.get('type')}",
        "data_source_config": {
            "type": "custom",
            "item_schema": _schema(items, label),
            "include_sample_schema": True,
        },
        "testing_criteria": [wire],
    }
    with api_client() as client:
        eval_id = post(client, "/evals", body)["id"]
        source = {"type": "file_id", "id": client.files.create(file=file, purpose="evals").id}
        data = {"data_source": {"type": "jsonl", "source": source}}
        run_id = post(client, f"/evals/{eval_id}/runs", data)["id"]
        ended = follow_run(lambda: find_run(client, run_id))
        if ended["status"] != "completed":
            reason = (ended["error"] or {}).get("message", "")
            raise InvalidRequestError(f"The run {run_id} is {ended['status']}. {reason}".strip())
        found = get(client, f"/x/evals/{eval_id}/runs/{run_id}/agreement", label=label)
    if as_json:
        out.print_json(data=found)
    else:
        _show(found, str(ended["report_url"]))


def _grader(path: Path, label: str) -> dict[str, Any]:
    value = read_json(path)
    wire = value.get("grader", value) if isinstance(value, dict) else value
    if not isinstance(wire, dict) or "type" not in wire:
        raise InvalidRequestError(
            worded(
                "cli.evals.no_grader_json_object",
                "{path} is no grader: a JSON object with a 'type'.",
                path=path,
            )
        )
    if re.search(rf"\bitem\.{re.escape(label)}\b", json.dumps(wire)):
        raise InvalidRequestError(
            worded(
                "cli.evals.grader_reads_item_very",
                "The grader reads item.{label}, the very label that it is checked "
                "against; take it out of the grader, or name another field with "
                "--label.",
                label=label,
            )
        )
    return cast("dict[str, Any]", wire)


def _items(file: Path) -> dict[int, dict[str, Any]]:
    """Return the items of a file by the numbers of their lines."""
    if not file.is_file():
        raise InvalidRequestError(
            worded("cli.file_not_found", "File not found: {file}.", file=str(file))
        )
    items: dict[int, dict[str, Any]] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InvalidRequestError(
                worded(
                    "cli.evals.line_not_json",
                    "Line {number} of {file} is not JSON: {error}.",
                    number=number,
                    file=file,
                    error=str(error),
                )
            ) from None
        item = row.get("item") if isinstance(row, dict) else None
        if not isinstance(item, dict):
            raise InvalidRequestError(
                worded(
                    "cli.evals.line_no_item_fields",
                    "Line {number} of {file} has no 'item' with fields.",
                    number=number,
                    file=file,
                )
            )
        items[number] = item
    return items


def _check_labels(
    items: Mapping[int, Mapping[str, Any]], field: str, own: Sequence[str], file: Path
) -> None:
    # Before the run: a judge may cost money, and its judgements are of no use without the labels.
    labels = {number: item[field] for number, item in items.items() if item.get(field) is not None}
    if not labels:
        raise InvalidRequestError(
            worded(
                "cli.evals.no_line_label_field",
                "No line of {file} has a label in its field '{field}'; name the "
                "field with --label.",
                file=file,
                field=field,
            )
        )
    if are_labels_of(list(labels.values()), own):
        return
    for number, label in labels.items():
        if verdict_of(label) is None:
            raise InvalidRequestError(refusal(f"in line {number} of {file}", label, own))


def _schema(items: Mapping[int, Mapping[str, Any]], label: str) -> dict[str, Any]:
    """Return a schema that knows every field of the items and demands the label."""
    fields = {str(name): {} for item in items.values() for name in item}
    return {"type": "object", "properties": fields, "required": [label]}


def _show(found: Json, address: str) -> None:
    for each in found["criteria"]:
        out.print(criterion_name(each["testing_criteria"]), markup=False, style="bold")
        # Rows of their own for what the columns are: tables have no headings outside a terminal.
        rows = [("", *(f"grader: {label}" for label in each["labels"]))]
        rows += [
            (f"people: {label}", *map(str, counts))
            for label, counts in zip(each["labels"], each["confusion"], strict=True)
        ]
        print_rows(("",) * len(rows[0]), rows, empty="")
        if each["errored"]:
            out.print(
                worded(
                    "cli.evals.items_errored_excluded",
                    "{errored} items errored and are excluded.",
                    errored=each["errored"],
                )
            )
        out.print(each["sentence"], markup=False, soft_wrap=True)
        for one in each["disagreements"][:_SHOWN]:
            out.print(
                worded(
                    "cli.evals.line_people_grader",
                    "  line {datasource_item_id}: people {human}, grader {grader} "
                    "({output_item_id})",
                    datasource_item_id=one["datasource_item_id"] + 1,
                    human=one["human"],
                    grader=one["grader"],
                    output_item_id=one["output_item_id"],
                ),
                markup=False,
                style="dim",
            )
        if len(each["disagreements"]) > _SHOWN:
            out.print("  …", style="dim")
    out.print(
        worded(
            "cli.evals.dashboard",
            "dashboard: {address}",
            address=address,
        ),
        markup=False,
        soft_wrap=True,
    )
